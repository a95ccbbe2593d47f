"""Display of records, with the names that the library gives to values."""

from __future__ import annotations

import re

import numpy as np
import pytest
from pydantic import ValidationError

from reconciler.checkpoints.columns import Column, Kind, columns
from reconciler.layouts import layout_hash
from schemas.layout import Layout, LayoutField
from tests.libraries import todays_library
from tests.objects import LIBRARY
from tests.reconciler.checkpoints.tables import (
    BOOT,
    NOW,
    SECOND,
    checkpoint_of,
    session,
    sessions,
    table_of,
    wide,
)
from tests.records import Record

HEADER = LIBRARY / "support" / "tcp_tracker" / "tracking_state.hh"


def shown(
    *records: Record, known: bool = True, layout: int = 2, left: float = 30.0
) -> dict[str, Column]:
    state = sessions()
    (chosen,) = (one for one in state.layouts if one.version == layout)
    table = table_of(records, chosen, left=left)
    found = columns(checkpoint_of(table), table, [state] if known else [])
    return {column.name: column for column in found}


@pytest.mark.parametrize("layout", [1, 2])
def test_fields_mean_something_to_people(layout: int) -> None:
    found = shown(session(1, first_address=wide("2001:db8::1")), layout=layout, left=12.5)
    values = {name: column.values()[0] for name, column in found.items()}
    assert values["first_address"] == "2001:db8::1"
    assert values["second_address"] == "192.0.2.7"
    assert values["second_port"] == 443
    assert values["protocol"] == "tcp"
    assert values["state"] == "established"
    assert values["flags"] == "answered|assured"
    assert values["seconds_left"] == 12.5


def test_times_since_boot_are_times_of_day() -> None:
    before_boot = (BOOT - 7200 * SECOND) % (1 << 64)
    moments = shown(session(1), session(2, opened=before_boot), session(3, opened=0))["opened"]
    assert NOW == 1_800_000_000 * SECOND  # 2027-01-15T08:00:00Z
    assert moments.values() == ["2027-01-15T07:59:00.000Z", "2027-01-15T06:00:00.000Z", None]


def test_numbers_without_a_name_stay_numbers() -> None:
    found = shown(session(1, protocol=47, state=99, flags=0x31), session(2, flags=0))
    assert found["protocol"].values() == [47, "tcp"]
    assert found["state"].values() == [99, "established"]
    assert found["flags"].values() == ["opened_by_second|0x30", "-"]


def test_unknown_layouts_are_shown_plainly() -> None:
    found = shown(session(1), known=False)
    assert found["first_address"].kind is Kind.BYTES
    assert found["first_address"].values() == ["00000000000000000000ffff0a000001"]
    assert found["state"].values() == [3]
    assert found["opened"].kind is Kind.MOMENT


def test_text_ends_at_the_first_zero() -> None:
    raw = np.frombuffer(b"lan\0\0wan2\0", np.uint8).reshape(2, 5)
    assert Column("port", Kind.TEXT, raw).values() == ["lan", "wan2"]


def test_no_records_no_values() -> None:
    assert all(column.values() == [] for column in shown().values())


def test_states_have_the_names_of_the_driver() -> None:
    body = HEADER.read_text().partition("enum class SessionState")[2].partition("};")[0]
    numbers = {int(n): name for name, n in re.findall(r"^  (\w+) = (\d+),", body, re.MULTILINE)}
    state = sessions().current.field("state")
    assert state is not None and dict(state.names) == numbers


def test_flags_have_the_bits_of_the_driver() -> None:
    constants = dict(re.findall(r"constexpr uint8_t k(\w+) = (\d+);", HEADER.read_text()))
    flags = sessions().current.field("flags")
    assert flags is not None
    assert flags.bits[int(constants["OpenedBySecond"])] == "opened_by_second"
    assert flags.bits[int(constants["Answered"])] == "answered"
    assert flags.bits[int(constants["Assured"])] == "assured"


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ({"type": "u32", "shown": "address"}, "is for bytes"),
        ({"type": "bytes[8]", "shown": "mac"}, "is for bytes\\[6\\], it is bytes\\[8\\]"),
        ({"type": "bytes[4]", "names": {1: "one"}}, "names and bits are for numbers"),
        ({"type": "u8", "bits": {3: "three"}}, "bits are 1, 2, 4, 8"),
        ({"type": "u8", "names": {1: "two words"}}, "pattern"),
        ({"type": "u8", "otherwise": [{"when": {"kind": ["a"]}, "shown": "text"}]}, "is for bytes"),
        ({"type": "u8", "otherwise": [{"when": {}, "names": {1: "one"}}]}, "at least 1 item"),
    ],
)
def test_a_field_cannot_be_shown_as_what_it_is_not(more: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        LayoutField.model_validate({"name": "it", "summary": "", **more})


@pytest.mark.parametrize(("name", "word"), [("kind", "flaw"), ("kinds", "flow")])
def test_what_decides_how_a_field_is_read_is_there(name: str, word: str) -> None:
    kind = {"name": "kind", "type": "u8", "key": True, "names": {1: "flow"}, "summary": ""}
    other = {"when": {name: [word]}, "names": {6: "tcp"}}
    detail = {"name": "detail", "type": "u8", "otherwise": [other], "summary": ""}
    with pytest.raises(ValidationError, match=f"no field {name} has a value named {word}"):
        Layout.model_validate({"version": 1, "fields": [kind, detail]})


@pytest.mark.parametrize("owner", ["SessionTable", "TokenBuckets"])
def test_names_are_no_part_of_a_layout(owner: str) -> None:
    state = todays_library().elements[owner].states[0]
    said: dict[str, object] = {"shown": None, "names": {}, "bits": {}, "otherwise": ()}
    plain = [field.model_copy(update=said) for field in state.current.fields]
    without = state.current.model_copy(update={"fields": tuple(plain)})
    assert layout_hash(state.table, without) == layout_hash(state.table, state.current)
