"""What checkpoints take and what they cost: `python -m benchmarks.checkpoint`.

A supervisor and its worker, which forwards packets of UDP flows in memory, at full speed, through
CheckIPHeader and CheckSession; one session a flow, picked at random, and at least as many as a
figure's name says.

`write N records` is how long a checkpoint takes (it rests three quarters of the time). How long
restoring takes is `restore N records`: the first takeover of a supervisor that has just begun, from
the request until the release forwards with the restored table, which includes that the file is read
and verified and the index made. `begin without N records` is the same takeover with no checkpoint
there; what restoring adds is the difference.

Then, in turns with one table, packets a second while checkpoints are written and while none are,
first the one and then the other in every second turn; `lost` is what the difference is in each
turn, by the clock and by the worker's processor time. `memory` is what a table takes up.
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
    """Milliseconds, percent, megabytes and packets a second, as their names say."""
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


@dataclass
class Turns:
    """Rates with and without checkpoints, measured one after the other for about as long."""

    place: Place
    pid: int
    beside: list[tuple[float, float]] = field(default_factory=list)
    alone: list[tuple[float, float]] = field(default_factory=list)
    seconds: float = 0.0

    async def with_one(self) -> None:
        """While a checkpoint is written."""
        began = time.monotonic()
        wait = self.place.supervised.asked("checkpoint", "measured")
        self.beside.append(await self._rates(wait))
        self.seconds = time.monotonic() - began

    async def without(self) -> None:
        """For as long as the last checkpoint took."""
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
