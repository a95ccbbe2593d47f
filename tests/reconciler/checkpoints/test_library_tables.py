"""Every table of the element library is shown in words for people, not in raw values."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from reconciler.checkpoints.columns import Column, Kind, Value, columns
from reconciler.cli.state_records import select_records
from schemas.layout import CLOCK_UNIT, DATE_UNIT, StateTable
from tests.libraries import todays_library
from tests.reconciler.checkpoints.tables import BOOT, NOW, SECOND, checkpoint_of, table_of, wide
from tests.records import Record

ADDRESSES = (Kind.ADDRESS, Kind.MAC)
# Packets, pieces of streams, and an annotation that is of either IP version.
OPAQUE = {"data", "tail", "stretches", "destination"}
# Small numbers that count or measure. All others encode something, and are shown as words.
PLAIN = {
    *("asked_times", "detail", "header_length", "link_length", "mark", "one", "paint"),
    *("retransmissions", "scales", "traffic_class"),
}


@cache
def tables() -> dict[str, StateTable]:
    """Return all state tables by class and name."""
    manifests = todays_library().elements.items()
    return {
        f"{name}/{state.table}": state for name, manifest in manifests for state in manifest.states
    }


def shown(name: str, record: Record) -> list[Column]:
    """Return the columns of a table with one record."""
    state = tables()[name]
    table = table_of([record], name=name, state=state)
    return list(columns(checkpoint_of(table), table, [state]))


def printed(name: str, record: Record) -> dict[str, Value]:
    """Return what `click-up state show` prints of one record."""
    state = tables()[name]
    checkpoint = checkpoint_of(table_of([record], name=name, state=state))
    (selected,) = select_records(checkpoint, [state], None, None, None)
    (row,) = selected.rows(1)
    return dict(zip([column.name for column in selected.columns], row, strict=True))


@pytest.mark.parametrize("name", sorted(tables()))
def test_no_column_is_raw_that_means_something(name: str) -> None:
    found = {column.name: column.kind for column in shown(name, {})}
    for field in tables()[name].current.fields:
        kind = found[field.name]
        if field.unit in (CLOCK_UNIT, DATE_UNIT):
            assert kind is Kind.MOMENT, field.name
        elif field.is_bytes and field.name not in OPAQUE:
            assert kind in (*ADDRESSES, Kind.TEXT), field.name
        elif field.type == "u8" and field.name not in PLAIN:
            assert kind in (Kind.NAMED, Kind.BITS), field.name


@pytest.mark.parametrize("name", sorted(tables()))
def test_every_name_of_a_value_is_read_back(name: str) -> None:
    for field in tables()[name].current.fields:
        for number, word in {**field.names, **field.bits}.items():
            (column,) = (one for one in shown(name, {field.name: number}) if one.name == field.name)
            assert column.values() == [word]
            assert column.raw == np.array([number])


HOST, SERVER, OUTSIDE = (wide(a)[12:] for a in ("10.0.0.1", "192.0.2.80", "203.0.113.1"))
LEFT: dict[str, Value] = {"seconds_left": 30.0}
RECORDS: list[tuple[str, Record, dict[str, Value]]] = [
    (
        "Nat/translations",
        {"inside_address": HOST, "inside_port": 5000, "remote_address": SERVER, "remote_port": 80,
         "protocol": 6, "state": 3, "flags": 6, "outside_address": OUTSIDE, "outside_port": 5002},
        {"inside_address": "10.0.0.1", "inside_port": 5000, "remote_address": "192.0.2.80",
         "remote_port": 80, "protocol": "tcp", "state": "established", "flags": "answered|assured",
         "outside_address": "203.0.113.1", "outside_port": 5002},
    ),
    (
        "Nat/mappings",
        {"inside_address": HOST, "inside_port": 7, "protocol": 1, "outside_address": OUTSIDE,
         "outside_port": 9},
        {"inside_address": "10.0.0.1", "inside_port": 7, "protocol": "icmp",
         "outside_address": "203.0.113.1", "outside_port": 9},
    ),
    (
        "BalanceTable/balanced_flows",
        {"client_address": wide("2001:db8::1"), "client_port": 4000, "protocol": 17, "state": 7,
         "service_address": wide("2001:db8:f::80"), "service_port": 53,
         "backend_address": wide("10.0.0.2"), "backend_port": 5353},
        {"client_address": "2001:db8::1", "client_port": 4000, "protocol": "udp",
         "state": "stream", "service_address": "2001:db8:f::80", "service_port": 53,
         "backend_address": "10.0.0.2", "backend_port": 5353},
    ),
    (
        "StreamTable/streams",
        {"first_address": wide("10.0.0.1"), "first_port": 4000, "second_port": 80,
         "second_address": wide("192.0.2.80"), "from_second": 1, "flags": 1},
        {"first_address": "10.0.0.1", "first_port": 4000, "second_address": "192.0.2.80",
         "second_port": 80, "from_second": "yes", "flags": "found"},
    ),
    (
        "TokenBuckets/buckets",
        {"address": wide("10.0.0.1"), "peer": wide("192.0.2.80"), "port": 4000, "peer_port": 80,
         "detail": 6, "kind": 4, "tokens": 5},
        {"address": "10.0.0.1", "peer": "192.0.2.80", "port": 4000, "peer_port": 80,
         "detail": "tcp", "kind": "flow"},
    ),
    (
        "TokenBuckets/buckets",
        {"address": wide("10.1.0.0"), "detail": 16, "kind": 3},
        {"address": "10.1.0.0", "peer": "", "port": 0, "peer_port": 0, "detail": 16,
         "kind": "prefix"},
    ),
    (
        "TokenBuckets/buckets",
        {"address": b"lan".ljust(16, b"\0"), "kind": 1},
        {"address": "lan", "peer": "", "port": 0, "peer_port": 0, "detail": 0, "kind": "named"},
    ),
    (
        "TokenBuckets/buckets",
        {"port": 7, "kind": 2},
        {"address": "", "peer": "", "port": 7, "peer_port": 0, "detail": 0, "kind": "mark"},
    ),
    (
        "FlowTable/flows",
        {"source": wide("10.0.0.1"), "source_port": 4000, "destination_port": 80,
         "destination": wide("192.0.2.80"), "protocol": 6, "mark": 7, "tcp_flags": 18},
        {"source": "10.0.0.1", "source_port": 4000, "destination": "192.0.2.80",
         "destination_port": 80, "protocol": "tcp", "mark": 7, "tcp_flags": "syn|ack"},
    ),
    (
        "StationTable/stations",
        {"address": bytes.fromhex("02000000000a"), "vlan": 5, "port": b"lan".ljust(15, b"\0"),
         "settled": 1},
        {"address": "02:00:00:00:00:0a", "vlan": 5, "port": "lan", "settled": "yes"},
    ),
    (
        "NeighbourTable/neighbours",
        {"address": wide("192.0.2.7"), "ether": bytes.fromhex("020000000007"), "state": 1},
        {"address": "192.0.2.7", "ether": "02:00:00:00:00:07", "state": "known"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "record", "expected"), RECORDS, ids=[one[0] for one in RECORDS])
def test_what_is_printed(name: str, record: Record, expected: dict[str, Value]) -> None:
    assert printed(name, record) == expected | LEFT


def test_times_of_day_are_those_of_the_record() -> None:
    heard, sent = BOOT - 60 * SECOND, NOW - 60 * SECOND
    for name, field, moment in (
        ("NeighbourTable/neighbours", "heard", heard),
        ("TokenBuckets/shaped", "timestamp", sent),
    ):
        (column,) = (one for one in shown(name, {field: moment}) if one.name == field)
        assert column.values() == ["2027-01-15T07:59:00.000Z"]
