"""Checkpoints with sessions, as the supervisor writes them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from ipaddress import IPv6Address, ip_address
from uuid import UUID

import numpy as np

from reconciler.checkpoints.checkpoint import Checkpoint, Descriptor, Table
from reconciler.layouts import key_size, layout_descriptor, place_fields
from schemas.layout import CLOCK_UNIT, Layout, StateTable
from tests.libraries import todays_library
from tests.records import Record, pack

SECOND = 1_000_000_000
BOOT = 5_000 * SECOND
NOW = 1_800_000_000 * SECOND


@cache
def sessions() -> StateTable:
    (table,) = todays_library().elements["SessionTable"].states
    return table


def wide(address: str) -> bytes:
    """Return an address as sessions store it."""
    found = ip_address(address)
    mapped = found if isinstance(found, IPv6Address) else IPv6Address(f"::ffff:{address}")
    return mapped.packed


def session(number: int = 1, **more: int | bytes) -> Record:
    return {
        "first_address": wide(f"10.0.0.{number}"),
        "second_address": wide("192.0.2.7"),
        "first_port": 40000 + number,
        "second_port": 443,
        "protocol": 6,
        "state": 3,
        "flags": 6,
        "opened": BOOT - 60 * SECOND,
        **more,
    }


def table_of(
    records: Iterable[Record],
    layout: Layout | None = None,
    name: str = "sessions/sessions",
    left: float = 30.0,
    state: StateTable | None = None,
) -> Table:
    """Return a table with these records, whose deadlines are `left` seconds away; of sessions
    unless another state is given.
    """
    state = state or sessions()
    layout = layout or state.current
    text = layout_descriptor(state.table, layout)
    deadline = (BOOT + int(left * SECOND)).to_bytes(8, "little")
    data = b"".join(deadline + pack(layout, record) for record in records)
    descriptor = Descriptor.read(text)
    return Table(
        name=name,
        text=text,
        descriptor=descriptor,
        key_size=key_size(layout),
        capacity=1024,
        hash_seed=99,
        rows=np.frombuffer(data, f"V{8 + descriptor.size}"),
        clock_fields=tuple(
            placed.offset for placed in place_fields(layout) if placed.field.unit == CLOCK_UNIT
        ),
    )


def checkpoint_of(*tables: Table, sequence: int = 1) -> Checkpoint:
    return Checkpoint(
        sequence=sequence,
        instance="edge1/edge-firewall",
        release="0123456789abcdef",
        reason="interval",
        boot_id=UUID(int=5),
        boot_time_ns=BOOT,
        real_time_ns=NOW,
        tables=tables,
    )
