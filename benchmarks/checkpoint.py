"""What checkpoints take and what they cost: `python -m benchmarks.checkpoint`.

A supervisor and its worker, which forwards packets of UDP flows in memory, at full speed, through
CheckIPHeader and CheckSession; one session a flow, picked at random. Figures by number of records:
how long a checkpoint takes (it rests three quarters of the time), how long a takeover takes that
restores the records, and one that begins with none. Then, in turns with one table, packets a second
while checkpoints are written and while none are; `lost` is what the difference is in each turn, by
the clock and by the worker's processor time.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import Figures, run
from benchmarks.supervised import LONGEST_SECONDS, Supervised
from reconciler.demo.site import Site
from reconciler.demo.telling import Teller

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
FILLED = 0.97
"""Of the flows: several may have the same ports, and the last ones are long in coming."""
TICKS = os.sysconf("SC_CLK_TCK")


def arguments() -> argparse.ArgumentParser:
    """What to measure, and how often."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--times", type=int, default=5, help="checkpoints and restores each")
    parser.add_argument("--turns", type=int, default=15, help="with and without, at most records")
    return parser


async def figures(site: Site, wanted: argparse.Namespace, tell: Teller) -> Figures:
    """Milliseconds, percent and packets a second, as their names say."""
    builder = site.builder("cache")
    tell.say("►", "building driver and supervisor")
    supervisor, artifact = await builder.supervisor(), await builder.build(CLASSES)
    found: Figures = {}
    for records in sorted(wanted.records):
        tell.say("►", f"{records:,} records")
        supervised = Supervised(supervisor, site.folder / str(records))
        place = Place(supervised, artifact.driver, records)
        found |= await _times(place, wanted.times)
    tell.say("►", f"{wanted.turns} turns with and without checkpoints")
    found |= await _cost(place, wanted.turns)
    return found


@dataclass(frozen=True)
class Place:
    """A supervisor, the driver of its worker, and how many flows there are."""

    supervised: Supervised
    driver: Path
    records: int

    async def take_over(self, active: bool) -> float:
        """Let a first release begin; seconds until it forwards."""
        capacity = self.records * 11 // 10
        text = GRAPH.format(capacity=capacity, flows=self.records, active=str(active).lower())
        began = time.monotonic()
        await self.supervised.take_over("measured", self.driver, text)
        return time.monotonic() - began

    async def fill(self) -> None:
        """Wait until nearly every flow has its session."""
        async with asyncio.timeout(LONGEST_SECONDS):
            while await self.sessions() < self.records * FILLED:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.1)

    async def sessions(self) -> int:
        """How many the worker has."""
        return int(await self.supervised.read("sessions.count", "control.sock"))


async def _times(place: Place, times: int) -> Figures:
    name = f"{place.records:,} records"
    write, restore, empty = f"write {name}, ms", f"restore {name}, ms", f"begin without {name}, ms"
    found: Figures = {write: [], restore: [], empty: []}
    for _ in range(times):
        shutil.rmtree(place.supervised.checkpoints, ignore_errors=True)
        async with place.supervised.running():
            found[empty].append(1000 * await place.take_over(active=True))
            await place.fill()
            found[write].append((await place.supervised.asked("checkpoint", "measured"))["ms"])
        async with place.supervised.running():
            found[restore].append(1000 * await place.take_over(active=False))
            assert await place.sessions() >= place.records * FILLED
    return found


@dataclass(frozen=True)
class Moment:
    """What the worker has done so far."""

    packets: int
    clock: float
    processor: float

    @classmethod
    async def now(cls, place: Place, pid: int) -> Moment:
        """Reads clock and counter one after the other."""
        packets = int(await place.supervised.read("forwarded.count", "control.sock"))
        return cls(packets, time.monotonic(), _processor_seconds(pid))

    def rates(self, since: Moment) -> tuple[float, float]:
        """Packets a second by the clock, and by processor time."""
        packets = self.packets - since.packets
        return packets / (self.clock - since.clock), packets / (self.processor - since.processor)


def _processor_seconds(pid: int) -> float:
    spent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, spent)) / TICKS


async def _cost(place: Place, turns: int) -> Figures:
    names = ("with checkpoints, packets/s", "without, packets/s")
    lost = ("lost by the clock, %", "lost by processor time, %")
    found: Figures = {name: [] for name in (*names, *lost)}
    async with place.supervised.running():
        await place.take_over(active=True)
        await place.fill()
        pid = json.loads(await place.supervised.read("status"))["active"]["pid"]
        for _ in range(turns):
            begin = await Moment.now(place, pid)
            await place.supervised.asked("checkpoint", "measured")
            middle = await Moment.now(place, pid)
            await asyncio.sleep(middle.clock - begin.clock)
            end = await Moment.now(place, pid)
            beside, alone = middle.rates(begin), end.rates(middle)
            found[names[0]].append(beside[0])
            found[names[1]].append(alone[0])
            for name, one, other in zip(lost, beside, alone, strict=True):
                found[name].append(100 * (1 - one / other))
    return found


if __name__ == "__main__":
    sys.exit(run("checkpoint", figures, arguments(), ""))
