"""Layouts that a manifest may not declare, and the message for each."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.layouts.rules import layout_mistakes
from reconciler.library import load_library
from schemas.element import ElementParameter, ParameterType
from tests.libraries import sessions_1
from tests.reconciler.layouts.tables import KEY, field, manifest

CLOCK = {"unit": "ns, CLOCK_BOOTTIME"}


def found(*layouts: Any, reserved: tuple[str, ...] = (), header: str | None = None) -> list[str]:
    made = manifest(*layouts, reserved=reserved, migrations=header)
    return [f"{one.summary}: {one.detail}" for one in layout_mistakes(made)]


LAWFUL = {
    "an added field": (([KEY], [KEY, field("more", default=3)]), ()),
    "a field between others": (([KEY, field("a")], [KEY, field("b"), field("a")]), ()),
    "another order": (([KEY, field("a"), field("b")], [KEY, field("b"), field("a")]), ()),
    "another default": (([KEY, field("a")], [KEY, field("a", default=1)]), ()),
    "a wider number": (([KEY, field("a", "u8")], [KEY, field("a", "u64")]), ()),
    "more bytes": (([KEY, field("a", "bytes[2]")], [KEY, field("a", "bytes[8]")]), ()),
    "another name": (([KEY, field("a")], [KEY, field("b", renamed_from="a")]), ("a",)),
    "another name and wider": (
        ([KEY, field("a")], [KEY, field("b", "u64", renamed_from="a")]),
        ("a",),
    ),
    "a key with another name": (([KEY], [field("id", key=True, renamed_from="key")]), ("key",)),
    "a declared drop": (([KEY, field("a")], {"drops": ["a"], "fields": [KEY]}), ("a",)),
    "a reserved name that was never used": (([KEY],), ("future",)),
}


@pytest.mark.parametrize("case", LAWFUL)
def test_lawful_changes(case: str) -> None:
    layouts, reserved = LAWFUL[case]
    assert found(*layouts, reserved=reserved) == []


UNLAWFUL = {
    "Lost field: layout 1 -> 2: a was removed": ([KEY, field("a")], [KEY]),
    "No rule for this change: layout 1 -> 2: a changes from u32 to u16": (
        [KEY, field("a")], [KEY, field("a", "u16")],
    ),
    "No rule for this change: layout 1 -> 2: a changes from u32 to i64": (
        [KEY, field("a")], [KEY, field("a", "i64")],
    ),
    "No rule for this change: layout 1 -> 2: a changes from bytes[4] to bytes[2]": (
        [KEY, field("a", "bytes[4]")], [KEY, field("a", "bytes[2]")],
    ),
    "No rule for this change: layout 1 -> 2: a changes its unit from 'ms' to 'ns'": (
        [KEY, field("a", unit="ms")], [KEY, field("a", unit="ns")],
    ),
    "No rule for this change: layout 1 -> 2: key changes from u32 to u64 in the key": (
        [KEY], [field("key", "u64", key=True)],
    ),
    "No rule for this change: layout 1 -> 2: key enters or leaves the key": (
        [KEY, field("a")], [field("a2", key=True), field("a"), field("key")],
    ),
    "Nothing to drop: b is not a field of the previous layout that is removed in 2": (
        [KEY], {"drops": ["b"], "fields": [KEY]},
    ),
    "Nothing to convert: b is not a field of layout 2 or of the previous one": (
        [KEY], {"converts": ["b"], "fields": [KEY]},
    ),
    "Nothing to convert: key is not a field of layout 1 or of the previous one": (
        {"converts": ["key"], "fields": [KEY]},
    ),
    "Two ways for one field: a is dropped and converted in layout 2": (
        [KEY, field("a")], {"drops": ["a"], "converts": ["a"], "fields": [KEY]},
    ),
    "Renamed from nothing: the layout before 2 has no field b": (
        [KEY], [KEY, field("a", renamed_from="b")],
    ),
    "Renamed from nothing: the layout before 1 has no field b": (
        [KEY, field("a", renamed_from="b")],
    ),
    "Two ways for one field: a continues as b and elsewhere": (
        [KEY, field("a")], [KEY, field("a"), field("b", renamed_from="a")],
    ),
    "Name not reserved: a was removed, but old records still have it": (
        [KEY, field("a")], [KEY, field("b", renamed_from="a")],
    ),
    "Reserved name: a meant something else before layout 3": (
        [KEY, field("a")], {"drops": ["a"], "fields": [KEY]}, [KEY, field("a")],
    ),
    "Conversion without a function: table items has converted fields, but no function that "
    "converts them": ([KEY, field("a")], {"converts": ["a"], "fields": [KEY, field("a", "u16")]}),
    "Default out of range: 256 is not a u8: 0 to 255": ([KEY, field("a", "u8", default=256)],),
    "Default out of range: -1 is not a u32: 0 to 4294967295": ([KEY, field("a", default=-1)],),
    "Clock of another type: a is a u32, nanoseconds since boot are u64": (
        [KEY, field("a", **CLOCK)],
    ),
    "Too many clocks: 15 fields in ns, CLOCK_BOOTTIME, at most 14 are rebased": (
        [KEY, *(field(f"t{n}", "u64", **CLOCK) for n in range(15))],
    ),
}  # fmt: skip


@pytest.mark.parametrize("words", UNLAWFUL)
def test_unlawful_changes(words: str) -> None:
    assert words in found(*UNLAWFUL[words])


def test_a_reserved_name_is_no_field() -> None:
    assert found([KEY], reserved=("key",)) == ["Reserved name: key is a field of layout 1"]


def test_a_key_field_may_be_converted() -> None:
    layouts = ([KEY], {"converts": ["key"], "fields": [field("key", "u64", key=True)]})
    assert found(*layouts, header="sample.hh") == []


def test_key_fields_come_first_and_bytes_have_no_default() -> None:
    (words,) = found([field("a"), KEY])
    assert words.startswith("Impossible layout") and "declare key fields first" in words
    (words,) = found([KEY, field("a", "bytes[4]", default=7)])
    assert words.startswith("Impossible layout") and "leave it out" in words


def test_migrations_without_states() -> None:
    bare = manifest([KEY], migrations="x.hh").model_copy(update={"states": ()})
    assert [one.summary for one in layout_mistakes(bare)] == ["Nothing to migrate"]


def test_the_library_of_layout_1_is_lawful(tmp_path) -> None:
    (sessions,) = load_library(sessions_1(tmp_path)).elements["SessionTable"].states
    assert [layout.version for layout in sessions.layouts] == [1]


@pytest.mark.parametrize(
    ("capacity", "mistake"),
    [
        ("128", []), ("2 * CAPACITY", []), ("CAPACITY", []), (None, []),
        ("2 * SIZE", ["Unknown capacity"]), ("NAME", ["Unknown capacity"]),
    ],
)  # fmt: skip
def test_a_capacity_is_a_number_among_the_parameters(
    capacity: str | None, mistake: list[str]
) -> None:
    made = manifest([KEY])
    parameters = (
        ElementParameter(name="CAPACITY", type=ParameterType.INT, default=16, summary="x"),
        ElementParameter(name="NAME", summary="x"),
    )
    tables = (made.states[0].model_copy(update={"capacity": capacity}),)
    sized = made.model_copy(update={"parameters": parameters, "states": tables})
    assert [one.summary for one in layout_mistakes(sized)] == mistake
