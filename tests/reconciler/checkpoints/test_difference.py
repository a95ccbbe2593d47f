"""Comparing tables by key."""

from __future__ import annotations

import pytest

from reconciler.checkpoints.difference import NotComparable, difference
from tests.reconciler.checkpoints.tables import session, sessions, table_of


def test_added_removed_and_changed_records() -> None:
    before = table_of([session(1), session(2), session(3)], left=1)
    after = table_of([session(4), session(3, state=8, first_packets=9), session(1)], left=2)
    found = difference(before, after)
    assert before.only(found.removed).records["first_port"].tolist() == [40002]
    assert after.only(found.added).records["first_port"].tolist() == [40004]
    (changed,) = found.differs
    assert before.records["first_port"][found.before[changed]] == 40003
    assert after.records["first_port"][found.after[changed]] == 40003
    fields = [name for name, differs in found.changed.items() if differs[changed]]
    assert fields == ["state", "first_packets"]
    assert not found.empty


def test_deadlines_do_not_count() -> None:
    records = [session(1), session(2)]
    assert difference(table_of(records, left=1), table_of(records[::-1], left=9)).empty


def test_times_since_boot_can_be_left_out() -> None:
    pair = table_of([session(1)]), table_of([session(1, opened=1)])
    assert not difference(*pair).empty
    assert difference(*pair, moments=False).empty


def test_empty_tables() -> None:
    some, none = table_of([session(1)]), table_of([])
    assert difference(none, none).empty
    assert difference(none, some).added.tolist() == [0]
    assert difference(some, none).removed.tolist() == [0]


def test_layouts_are_compared_where_they_agree() -> None:
    older = sessions().layouts[0]
    found = difference(table_of([session(1)], older), table_of([session(1, first_packets=3)]))
    assert set(found.only_before) == {"first_scale", "second_scale"}
    assert set(found.only_after) == {"syn_sequence", "scales", "first_bytes", "second_bytes"}
    assert [name for name, differs in found.changed.items() if differs[0]] == ["first_packets"]


def test_other_keys_cannot_be_compared() -> None:
    state = sessions().current
    fields = [
        field.model_copy(update={"name": "port"}) if field.name == "first_port" else field
        for field in state.fields
    ]
    other = table_of([], state.model_copy(update={"fields": tuple(fields)}))
    with pytest.raises(NotComparable, match=r"first_port \(u16\).* and by .*port \(u16\)"):
        difference(table_of([]), other)
