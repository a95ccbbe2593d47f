"""A checkpoint with as many sessions as are wanted: quicker than to open each by a packet."""

from __future__ import annotations

import time
from ipaddress import IPv6Address
from pathlib import Path
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from reconciler.layouts import key_size, layout_descriptor, place
from reconciler.state.checkpoint import Checkpoint, Descriptor, Table
from reconciler.state.checkpoint_file import write_checkpoint
from schemas.layout import CLOCK_UNIT, StateTable

TABLE = "sessions/sessions"
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
FIRST, SECOND = IPv6Address("::ffff:10.1.0.0"), IPv6Address("::ffff:10.2.0.1")
UDP, STREAM, ANSWERED, ASSURED = 17, 18, 2, 4
HOURS = 10


def write_sessions(path: Path, table: StateTable, count: int, capacity: int) -> None:
    """UDP sessions between hosts that send nothing, as `table` lays them out today."""
    text = layout_descriptor(table.table, table.current)
    descriptor = Descriptor.read(text)
    rows = np.zeros(count, np.dtype([("deadline", "<u8"), ("value", descriptor.dtype)]))
    now = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    rows["deadline"] = now + HOURS * 3600 * 1_000_000_000
    _fill(rows["value"], now)
    clocks = [one.offset for one in place(table.current) if one.field.unit == CLOCK_UNIT]
    written = Table(
        name=TABLE,
        text=text,
        descriptor=descriptor,
        key_size=key_size(table.current),
        capacity=capacity,
        hash_seed=1,
        rows=rows.view(np.dtype((np.void, rows.dtype.itemsize))),
        clock_fields=tuple(clocks),
    )
    write_checkpoint(
        path,
        Checkpoint(
            sequence=1,
            instance="benchmark",
            release="filled",
            reason="benchmark",
            boot_id=UUID(BOOT_ID.read_text().strip()),
            boot_time_ns=now,
            real_time_ns=time.time_ns(),
            tables=(written,),
        ),
    )


def _fill(sessions: NDArray[np.void], now: int) -> None:
    numbers = np.arange(len(sessions), dtype=np.uint32)
    hosts = (int.from_bytes(FIRST.packed[12:]) + (numbers >> 12)).astype(">u4")
    first = np.tile(np.frombuffer(FIRST.packed, np.uint8), (len(sessions), 1))
    first[:, 12:] = hosts.view(np.uint8).reshape(-1, 4)
    sessions["first_address"] = first
    sessions["second_address"] = np.frombuffer(SECOND.packed, np.uint8)
    sessions["first_port"] = 1024 + (numbers & 0xFFF)
    sessions["second_port"] = 443
    sessions["protocol"] = UDP
    sessions["state"] = STREAM
    sessions["flags"] = ANSWERED | ASSURED
    sessions["opened"] = now
