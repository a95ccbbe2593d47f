"""Migrations between layouts: their losses, and reasons why there may be no migration."""

from __future__ import annotations

import json

from reconciler.layouts import layout_descriptor
from reconciler.layouts.migration import Rule, explain, field_changes, migration_path
from reconciler.layouts.records import hash_text
from schemas.layout import Layout
from tests.libraries import todays_library
from tests.reconciler.layouts.tables import KEY, field, manifest

THREE = manifest(
    [KEY, field("a", "u8"), field("b")],
    {"drops": ["b"], "fields": [KEY, field("a", "u16"), field("c", default=4)]},
    [KEY, field("a", "u16"), field("d", renamed_from="c")],
    reserved=("b", "c"),
)
ITEMS = THREE.states[0]
HASHES = [hash_text("items", layout) for layout in ITEMS.layouts]


def test_every_field_has_one_way() -> None:
    ways = {change.name: change.rule for change in field_changes(*ITEMS.layouts[:2])}
    assert ways == {"key": Rule.KEPT, "a": Rule.WIDENED, "b": Rule.DROPPED, "c": Rule.ADDED}


def test_the_way_back_is_the_reverse() -> None:
    ways = {change.name: change.rule for change in field_changes(*ITEMS.layouts[1::-1])}
    assert ways == {"key": Rule.KEPT, "a": Rule.NARROWED, "b": Rule.ADDED, "c": Rule.DROPPED}


def test_a_path_goes_through_the_layouts_between() -> None:
    up = migration_path(ITEMS, HASHES[0], HASHES[2])
    assert up is not None and [layout.version for layout in up.layouts] == [1, 2, 3]
    assert str(up) == (
        "layout 1 -> 2: adds c; widens a; drops b; layout 2 -> 3: renames c to d; drops nothing"
    )
    assert up.losses == ("layout 1 -> 2 drops b",)


def test_a_downgrade_says_what_is_lost() -> None:
    down = migration_path(ITEMS, HASHES[2], HASHES[0])
    assert down is not None
    assert down.losses == ("layout 2 -> 1 narrows a", "layout 2 -> 1 drops c")


def test_the_same_layout_loses_nothing() -> None:
    same = migration_path(ITEMS, HASHES[1], HASHES[1])
    assert same is not None and same.losses == () and str(same) == "layout 2 stays"


def test_there_is_no_way_to_a_layout_that_the_manifest_does_not_list() -> None:
    assert migration_path(ITEMS, HASHES[0], "17") is None
    assert migration_path(ITEMS, "17", HASHES[0]) is None


def test_sessions_migrate_both_ways() -> None:
    (sessions,) = todays_library().elements["SessionTable"].states
    hashes = [hash_text("sessions", layout) for layout in sessions.layouts]
    up, down = (
        migration_path(sessions, hashes[0], hashes[1]),
        migration_path(sessions, hashes[1], hashes[0]),
    )
    assert up is not None and up.losses == ()
    assert str(up).startswith("layout 1 -> 2: adds first_bytes, second_bytes, syn_sequence; ")
    assert down is not None
    assert {loss.split()[-1] for loss in down.losses} == {
        "first_bytes", "second_bytes", "syn_sequence",
    }  # fmt: skip


def layout(*fields: dict[str, object]) -> Layout:
    return Layout.model_validate({"version": 7, "fields": fields})


def explained(before: Layout, after: Layout) -> tuple[str, ...]:
    return explain(layout_descriptor("items", before), after)


def test_explanations_name_fields_and_reasons() -> None:
    before = layout(
        field("id", key=True), KEY, field("gone"), field("size", "u64"), field("age", unit="ms")
    )
    after = layout(KEY, field("id"), field("size"), field("age", unit="s"))
    assert explained(before, after) == (
        "field id is part of the key in one of the two only",
        "layout 7 has no field gone",
        "field size is u64, in layout 7 u32",
        "field age is in ms, in layout 7 in s",
    )


def test_an_unlisted_layout_without_obstacles_is_named() -> None:
    before = layout(KEY, field("a"))
    assert explained(before, layout(KEY, field("a"), field("b"))) == (
        "no library at hand lists its layout 7 beside 7",
    )


def test_a_damaged_descriptor_is_said_to_be_so() -> None:
    whole = layout_descriptor("items", layout(KEY))
    damaged = (whole[:-5], "", "[]", "7", json.dumps({"version": 1, "fields": [{"name": "a"}]}))
    for text in (*damaged, whole.replace('"u32"', '"u33"')):
        assert explain(text, layout(KEY)) == ("its descriptor cannot be read",)
