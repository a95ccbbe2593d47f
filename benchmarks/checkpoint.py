"""Duration and cost of checkpoints: `python -m benchmarks.checkpoint`.

A supervisor and its worker, which forwards packets of UDP flows in memory, at full speed, through
CheckIPHeader and CheckSession. Flows are picked at random, with one session each, and there are at
least as many as a figure's name says.

`write N records` is the duration of a checkpoint (its writer rests three quarters of the time).
`restore N records` is the first takeover of a newly started supervisor, from the request until the
release forwards with the restored table, including the time to read and verify the file and to
build the index. `begin without N records` is the same takeover without a checkpoint; the difference
is what restoring adds.

Then, with one table, packets a second while a checkpoint is written and while none is, in an order
that alternates from turn to turn; `lost` is the difference within each turn, by the clock and by
the worker's processor time. `memory` is the size of a table.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.figures import Figures, run
from benchmarks.supervised import Supervised
from benchmarks.tables import CLASSES, Place, memory
from reconciler.demo.telling import Teller
from reconciler.testbed.site import Site

TICKS = os.sysconf("SC_CLK_TCK")


def arguments() -> argparse.ArgumentParser:
    """What to measure, and how often."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--records", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--times", type=int, default=5, help="checkpoints and restores each")
    parser.add_argument("--turns", type=int, default=15, help="with and without, at most records")
    return parser


async def figures(site: Site, wanted: argparse.Namespace, tell: Teller) -> Figures:
    """Return milliseconds, percent, megabytes and packets a second, as their names say."""
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
    tell.say("►", "memory")
    return found | await memory(place)


async def _times(place: Place, times: int) -> Figures:
    name = f"{place.records:,} records"
    write, restore, empty = f"write {name}, ms", f"restore {name}, ms", f"begin without {name}, ms"
    found: Figures = {write: [], restore: [], empty: []}
    for _ in range(times):
        async with place.supervised.running(restoring=False):
            found[empty].append(1000 * await place.take_over(active=True))
            await place.fill()
            found[write].append((await place.supervised.asked("checkpoint", "measured"))["ms"])
        async with place.supervised.running():
            found[restore].append(1000 * await place.take_over(active=False))
            assert await place.sessions() >= place.records
    return found


@dataclass(frozen=True)
class Moment:
    """Packets forwarded and time used by the worker so far, at one moment."""

    packets: int
    clock: float
    processor: float

    @classmethod
    async def now(cls, place: Place, pid: int) -> Moment:
        """Read the counter and the clocks, one after the other."""
        packets = int(await place.supervised.read("forwarded.count", "control.sock"))
        return cls(packets, time.monotonic(), _processor_seconds(pid))

    def rates(self, since: Moment) -> tuple[float, float]:
        """Return packets a second by the clock, and by processor time."""
        packets = self.packets - since.packets
        return packets / (self.clock - since.clock), packets / (self.processor - since.processor)


def _processor_seconds(pid: int) -> float:
    spent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, spent)) / TICKS


@dataclass
class Turns:
    """Rates with and without checkpoints, measured one after the other for about equal times."""

    place: Place
    pid: int
    beside: list[tuple[float, float]] = field(default_factory=list)
    alone: list[tuple[float, float]] = field(default_factory=list)
    seconds: float = 0.0

    async def with_one(self) -> None:
        """Measure while a checkpoint is written."""
        began = time.monotonic()
        wait = self.place.supervised.asked("checkpoint", "measured")
        self.beside.append(await self._rates(wait))
        self.seconds = time.monotonic() - began

    async def without(self) -> None:
        """Measure without a checkpoint, for as long as the last one took."""
        self.alone.append(await self._rates(asyncio.sleep(self.seconds)))

    async def _rates(self, wait: Awaitable[object]) -> tuple[float, float]:
        begin = await Moment.now(self.place, self.pid)
        await wait
        return (await Moment.now(self.place, self.pid)).rates(begin)


async def _cost(place: Place, turns: int) -> Figures:
    async with place.supervised.running():
        await place.take_over(active=True)
        await place.fill()
        measured = Turns(place, (await place.supervised.status())["active"]["pid"])
        for turn in range(turns):
            steps = (measured.with_one, measured.without)
            for step in steps if turn % 2 == 0 else steps[::-1]:
                await step()
    pairs = list(zip(measured.beside, measured.alone, strict=True))
    lost = [tuple(100 * (1 - a / b) for a, b in zip(*pair, strict=True)) for pair in pairs]
    return {
        "with checkpoints, packets/s": [beside for (beside, _), _ in pairs],
        "without, packets/s": [alone for _, (alone, _) in pairs],
        "lost by the clock, %": [clock for clock, _ in lost],
        "lost by processor time, %": [processor for _, processor in lost],
    }


if __name__ == "__main__":
    sys.exit(run("checkpoint", figures, arguments(), ""))
