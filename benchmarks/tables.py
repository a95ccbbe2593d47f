"""A worker that fills its table of sessions, and the memory that the table takes up."""

from __future__ import annotations

import asyncio
import os
import struct
import time
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.figures import Figures
from benchmarks.supervised import LONGEST_SECONDS, Supervised

CLASSES = (
    *("FastUDPFlows", "Strip", "CheckIPHeader", "SessionTable", "CheckSession", "OpenSession"),
    *("Counter", "Discard"),
)
GRAPH = """
sessions :: SessionTable(CAPACITY {capacity}, UDP 1h);
flows :: FastUDPFlows(0, -1, 60, 02:00:00:00:00:01, 10.0.0.1, 02:00:00:00:00:02, 10.0.0.2, {flows},
  1000000000, ACTIVE {active});
flows -> Strip(14) -> CheckIPHeader -> check :: CheckSession(sessions) -> forwarded :: Counter;
check[1] -> OpenSession(sessions) -> forwarded;
check[2] -> Discard; check[3] -> Discard;
forwarded -> Discard;
"""
SPARE_FLOWS = 1.05
"""Flows per wanted record: they are picked at random, so the last ones would take long to occur."""
SPARE_CAPACITY = 1.1
FEW = 1000
RECORD_SIZE_OFFSET = 32  # StateHeader::record_size


@dataclass(frozen=True)
class Place:
    """A supervisor, the driver of its worker, and the least number of records in its table.

    `capacity` is that of the table; 0: enough for all flows.
    """

    supervised: Supervised
    driver: Path
    records: int
    capacity: int = 0

    async def take_over(self, active: bool) -> float:
        """Start the first release; return the seconds until it forwards."""
        capacity = self.capacity or round(self.records * SPARE_CAPACITY)
        flows = round(self.records * SPARE_FLOWS)
        text = GRAPH.format(capacity=capacity, flows=flows, active=str(active).lower())
        began = time.monotonic()
        await self.supervised.take_over("measured", self.driver, text)
        return time.monotonic() - began

    async def fill(self) -> None:
        """Wait until the table has all records."""
        async with asyncio.timeout(LONGEST_SECONDS):
            while await self.sessions() < self.records:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.1)

    async def sessions(self) -> int:
        """Return the worker's number of sessions."""
        return int(await self.supervised.read("sessions.count", "control.sock"))


async def memory(full: Place) -> Figures:
    """Measure the memory of a table with room for the records of `full`, with few and with all."""
    capacity = full.records
    few = min(FEW, capacity)
    little, _ = await _taken(replace(full, records=few, capacity=capacity))
    all_of_it, size = await _taken(replace(full, capacity=capacity))
    return {
        f"memory, {few:,} of {capacity:,} records, MB": [little / 1e6],
        "memory, full, times records x record size": [all_of_it / (capacity * size)],
    }


async def _taken(place: Place) -> tuple[int, int]:
    """Return the bytes that its table takes up, and those of one record."""
    async with place.supervised.running(restoring=False):
        await place.take_over(active=True)
        await place.fill()
        pid = (await place.supervised.status())["pid"]
        with _table_of(pid).open("rb") as file:
            (size,) = struct.unpack("<I", os.pread(file.fileno(), 4, RECORD_SIZE_OFFSET))
            return os.fstat(file.fileno()).st_blocks * 512, size


def _table_of(pid: int) -> Path:
    files = Path(f"/proc/{pid}/fd").iterdir()
    (table,) = [path for path in files if "click-up sessions/sessions" in os.readlink(path)]
    return table
