"""Conditions on records."""

from __future__ import annotations

import pytest

from reconciler.checkpoints.columns import Column, columns
from reconciler.checkpoints.where import WhereError, select
from tests.libraries import todays_library
from tests.reconciler.checkpoints.tables import (
    BOOT,
    SECOND,
    checkpoint_of,
    session,
    sessions,
    table_of,
    wide,
)
from tests.records import Record

RECORDS = [
    session(1),
    session(2, protocol=17, state=18, flags=2, second_port=53),
    session(3, first_address=wide("2001:db8::3"), state=8, first_bytes=1 << 40),
    session(
        4, first_address=wide("10.1.0.4"), protocol=47, opened=(BOOT - 7200 * SECOND) % (1 << 64)
    ),
]


@pytest.fixture(scope="module")
def shown() -> tuple[Column, ...]:
    table = table_of(RECORDS)
    return columns(checkpoint_of(table), table, [sessions()])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("state == established", [1, 4]),
        ("state != established", [2, 3]),
        ("state == 18", [2]),
        ("state > established", [2, 3]),
        ("protocol == 47", [4]),
        ("second_port < 0x40", [2]),
        ("second_port==53", [2]),
        ("first_bytes >= 1099511627776", [3]),
        ("first_address == 10.0.0.1", [1]),
        ("first_address != 10.0.0.1", [2, 3, 4]),
        ("first_address == 2001:db8::3", [3]),
        ("first_address in 10.0.0.0/24", [1, 2]),
        ("first_address in 10.0.0.0/8", [1, 2, 4]),
        ("first_address in 2001:db8::/32", [3]),
        ("first_address in ::/0", [1, 2, 3, 4]),
        ("flags has assured", [1, 3, 4]),
        ("not flags has assured", [2]),
        ("flags == 2", [2]),
        ("opened < 2027-01-15T07:00:00Z", [4]),
        ("seconds_left >= 29.5", [1, 2, 3, 4]),
        ("seconds_left > 30", []),
        ("protocol == tcp and state == close or protocol == udp", [2, 3]),
        ("protocol == tcp and (state == close or protocol == udp)", [3]),
        ("not (protocol == tcp or protocol == udp)", [4]),
        ("not not state == close", [3]),
    ],
)
def test_selects(shown: tuple[Column, ...], text: str, expected: list[int]) -> None:
    assert [number + 1 for number in select(text, shown).nonzero()[0]] == expected


BUCKETS: list[Record] = [
    {"address": b"lan".ljust(16, b"\0"), "kind": 1},
    {"address": wide("10.1.0.0"), "detail": 16, "kind": 3},
    {"address": wide("2001:db8::"), "detail": 6, "kind": 3},
    {"address": wide("10.1.0.0"), "peer": wide("192.0.2.1"), "detail": 6, "kind": 4},
]


@pytest.fixture(scope="module")
def buckets() -> tuple[Column, ...]:
    state = todays_library().elements["TokenBuckets"].states[0]
    table = table_of(BUCKETS, name="upstream/buckets", state=state)
    return columns(checkpoint_of(table), table, [state])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("address == lan", [1]),
        ("address != lan", [2, 3, 4]),
        ("address == 10.1.0.0", [2, 4]),
        ("address != 10.1.0.0", [1, 3]),
        ("address in ::/0", [2, 3, 4]),
        ("detail == tcp", [4]),
        ("detail == 6", [3, 4]),
        ("detail != tcp", [1, 2, 3]),
        ("peer in 192.0.2.0/24", [4]),
    ],
)
def test_a_field_is_asked_as_its_record_is_read(
    buckets: tuple[Column, ...], text: str, expected: list[int]
) -> None:
    assert [number + 1 for number in select(text, buckets).nonzero()[0]] == expected


def test_a_value_that_no_reading_knows(buckets: tuple[Column, ...]) -> None:
    with pytest.raises(WhereError, match="character 12: expected an address"):
        select("address == interface-of-the-lan", buckets)


@pytest.mark.parametrize(
    ("text", "place", "complaint"),
    [
        ("", 1, "expected a field"),
        ("stat == 3", 1, "no field 'stat'. Did you mean 'state'?"),
        ("state", 6, "expected ==, !="),
        ("state = 3", 7, "expected ==, !="),
        ("state ==", 9, "expected a value"),
        ("state == establishd", 10, "no value 'establishd'. Did you mean 'established'?"),
        ("state == 300", 10, "numbers from 0 to 255"),
        ("second_port == x", 16, "expected a number, found 'x'"),
        ("second_port in 10.0.0.0/8", 16, "`in` is for addresses"),
        ("state has close", 11, "`has` is for bits"),
        ("first_address < 10.0.0.1", 17, "has no order"),
        ("first_address == 10.0.0", 18, "expected an address"),
        ("first_address in 10.0.0.1/8", 18, "has host bits set"),
        ("opened < yesterday", 10, "expected a time in UTC"),
        ("seconds_left > soon", 16, "expected a number of seconds"),
        ("state == close state == close", 16, "expected `and`, `or` or the end"),
        ("(state == close", 16, "expected `)`"),
        ("not " * 60 + "state == 3", 201, "more than 50"),
    ],
)
def test_mistakes_are_told_with_their_place(
    shown: tuple[Column, ...], text: str, place: int, complaint: str
) -> None:
    with pytest.raises(WhereError) as error:
        select(text, shown)
    assert str(error.value).startswith(f"character {place}: ")
    assert complaint in str(error.value)
