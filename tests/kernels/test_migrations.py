"""Generated migrations, field by field and in both directions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.element import ElementManifest
from schemas.layout import Layout, LayoutField
from tests.kernels.conversation import Conversation
from tests.kernels.migrating import Migrations, compile_migrations
from tests.kernels.programs import compile_named, keeping
from tests.libraries import todays_library
from tests.records import Record

QUICK = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def field(name: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "summary": "x", **more}


KEY = field("key", "u32", key=True)
SAMPLE = ElementManifest.model_validate({
    "class": "Sample",
    "summary": "A class with every kind of change.",
    "ports": {"inputs": "0", "outputs": "0"},
    "processing": "a/a",
    "click": False,
    "migrations": "sample_migrations.hh",
    "states": [{
        "table": "items",
        "reserved": ["speed", "mark", "minutes"],
        "layouts": [
            {"version": 1, "fields": [
                KEY, field("count", "u8"), field("tag", "bytes[3]"), field("speed", "u16"),
                field("mark", "u32", default=9), field("minutes", "u32", unit="min"),
                field("offset", "i64"),
            ]},
            {"version": 2, "drops": ["mark"], "converts": ["minutes", "seconds"], "fields": [
                field("number", "u32", key=True, renamed_from="key"), field("tag", "bytes[5]"),
                field("count", "u32"), field("rate", "u16", renamed_from="speed"),
                field("seconds", "u64", unit="s"), field("offset", "i64"),
                field("limit", "u32", default=77),
            ]},
            {"version": 5, "fields": [
                field("number", "u32", key=True), field("tag", "bytes[9]"), field("count", "u64"),
                field("rate", "u32"), field("seconds", "u64", unit="s"), field("offset", "i64"),
                field("limit", "u32", default=5),
            ]},
        ],
    }],
})  # fmt: skip
HAND_WRITTEN = """
#pragma once
#include "layouts/Sample.layout.hh"
namespace clickup {
template <class Layout>
inline bool assured(const Layout& item) { return item.count > 7; }
inline void migrate(const ItemsLayoutV1& from, ItemsLayoutV2& to) {
  to.seconds = from.minutes * 60ull;
}
inline void migrate(const ItemsLayoutV2& from, ItemsLayoutV1& to) {
  to.minutes = uint32_t(from.seconds / 60);
}
}
"""


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Migrations]:
    program = compile_migrations(
        tmp_path_factory.mktemp("sample") / "sample", SAMPLE, header=HAND_WRITTEN
    )
    with Conversation(program) as running:
        yield Migrations(SAMPLE, running)


@pytest.fixture(scope="module")
def todays(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Migrations]]:
    """Migrations of the first table of each class whose full tables prefer some records."""
    program = compile_named("todays_migrations", tmp_path_factory.mktemp("todays"))
    with Conversation(program) as running:
        yield {state.class_name: Migrations(state, running) for state in keeping()}


@pytest.fixture(scope="module")
def sessions(todays: dict[str, Migrations]) -> Migrations:
    return todays["SessionTable"]


def records(layout: Layout, **special: st.SearchStrategy[int]) -> st.SearchStrategy[Record]:
    """Draw any values; for the fields in `special`, draw as given there."""
    return st.fixed_dictionaries({
        one.name: special[one.name] if one.name in special else values(one)
        for one in layout.fields
    })  # fmt: skip


def values(field: LayoutField) -> st.SearchStrategy[int] | st.SearchStrategy[bytes]:
    if field.is_bytes:
        return st.binary(min_size=field.size, max_size=field.size)
    return st.integers(*field.bounds)


SAMPLES = {layout.version: records(layout) for layout in SAMPLE.states[0].layouts}
SESSIONS = {
    layout.version: layout for layout in todays_library().elements["SessionTable"].states[0].layouts
}
LASTING, SCALE = st.integers(0, 7), st.integers(0, 14)
OLD_SESSIONS = records(SESSIONS[1], flags=LASTING, first_scale=SCALE, second_scale=SCALE)
NEW_SESSIONS = records(SESSIONS[2])
GONE = ("first_scale", "second_scale")
ADDED = ("syn_sequence", "first_bytes", "second_bytes")


@QUICK
@given(old=SAMPLES[1])
def test_upgrade_by_name_and_by_function(sample: Migrations, old: Record) -> None:
    assert sample.convert(1, 2, old) == {
        "number": old["key"],
        "tag": bytes(old["tag"]) + bytes(2),
        "count": old["count"],
        "rate": old["speed"],
        "seconds": int(old["minutes"]) * 60,
        "offset": old["offset"],
        "limit": 77,
    }


@QUICK
@given(new=SAMPLES[2])
def test_downgrade_saturates_and_cuts(sample: Migrations, new: Record) -> None:
    assert sample.convert(2, 1, new) == {
        "key": new["number"],
        "count": min(int(new["count"]), 255),
        "tag": bytes(new["tag"])[:3],
        "speed": new["rate"],
        "mark": 9,
        "minutes": int(new["seconds"]) // 60 % 2**32,
        "offset": new["offset"],
    }


@QUICK
@given(old=SAMPLES[1], new=SAMPLES[5])
def test_longer_ways_go_through_the_layouts_between(
    sample: Migrations, old: Record, new: Record
) -> None:
    assert sample.convert(1, 5, old) == sample.convert(2, 5, sample.convert(1, 2, old))
    assert sample.convert(5, 1, new) == sample.convert(2, 1, sample.convert(5, 2, new))


@QUICK
@given(old=SAMPLES[1])
def test_what_every_layout_has_survives_the_way_there_and_back(
    sample: Migrations, old: Record
) -> None:
    assert sample.round_trip(1, 5, old) == old | {"mark": 9}


@QUICK
@given(old=SAMPLES[1])
def test_a_change_of_capacity_changes_no_record(sample: Migrations, old: Record) -> None:
    assert sample.convert(1, 1, old) == old


def test_the_header_says_what_a_full_table_keeps(sample: Migrations) -> None:
    assert sample.assured(5, {"count": 8}) and not sample.assured(5, {"count": 7})
    assert sample.assured(1, {"count": 8})


@QUICK
@given(old=OLD_SESSIONS)
def test_sessions_go_from_1_to_2_and_back_unchanged(sessions: Migrations, old: Record) -> None:
    new = sessions.convert(1, 2, old)
    assert new == {
        **{name: value for name, value in old.items() if name not in GONE},
        "scales": int(old["first_scale"]) | int(old["second_scale"]) << 4,
        **dict.fromkeys(ADDED, 0),
    }
    assert sessions.convert(2, 1, new) == old


@QUICK
@given(new=NEW_SESSIONS)
def test_sessions_go_from_2_to_1_and_lose_only_what_1_has_not(
    sessions: Migrations, new: Record
) -> None:
    flags = int(new["flags"]) & 7
    assert sessions.convert(2, 1, new)["flags"] == flags, "bits that layout 1 does not know"
    assert sessions.round_trip(2, 1, new) == new | dict.fromkeys(ADDED, 0) | {"flags": flags}


KEPT: list[tuple[str, Record, Record]] = [
    ("BalanceTable", {"state": 2}, {"state": 1}),
    ("NeighbourTable", {"state": 1}, {"state": 2}),
    ("Nat", {"flags": 4}, {"flags": 2}),
    ("SessionTable", {"flags": 4}, {"flags": 2}),
    ("StationTable", {"settled": 1}, {"settled": 0}),
    ("StreamTable", {"flags": 1}, {"flags": 2}),
]


@pytest.mark.parametrize(("name", "kept", "other"), KEPT)
def test_a_smaller_table_keeps_what_a_full_one_keeps(
    todays: dict[str, Migrations], name: str, kept: Record, other: Record
) -> None:
    migrations = todays[name]
    newest = max(migrations.layouts)
    assert migrations.assured(newest, kept)
    assert not migrations.assured(newest, other)


@QUICK
@given(old=OLD_SESSIONS)
def test_what_is_assured_stays_assured(sessions: Migrations, old: Record) -> None:
    assert sessions.assured(1, old) == sessions.assured(2, sessions.convert(1, 2, old))
