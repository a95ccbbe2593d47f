"""Lets competing programs take turns on one processor.

Each runs in a process of its own on the same processor, and all but one are stopped. A rate is
packets per processor time, and ratios are taken within a round, so that other load of the machine
affects all of them alike.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.contests import COUNT, Contest, Entry, Traffic
from benchmarks.figures import Figures
from benchmarks.programs import Program, Running, add_arguments, pin, programs, running
from reconciler.authoring.packets import write_pcap
from reconciler.demo.telling import Teller
from reconciler.errors import DeviceUnreachable
from reconciler.testbed.site import Site

SETTLE_SECONDS = 0.05
PATIENCE_SECONDS, POLL_SECONDS = 90.0, 0.02
LEAST_FLOWS = 0.98
"""Least share of the requested flows to wait for: ports are random, so some flows coincide."""
LEAST_PACKETS = 0.98
"""Least share of a capture's packets that must come out."""


def arguments(description: str | None) -> argparse.ArgumentParser:
    """Return a parser with the options of all benchmarks whose programs take turns."""
    parser = argparse.ArgumentParser(description=description)
    add_arguments(parser)
    parser.add_argument("--rounds", type=int, default=11, help="of each program, in memory")
    parser.add_argument("--seconds", type=float, default=0.3, help="a turn in memory takes")
    parser.add_argument("--flows", type=int, default=100_000, help="at a time")
    return parser


async def turns(
    site: Site,
    contests: Iterable[Contest],
    classes: Iterable[str],
    wanted: argparse.Namespace,
    tell: Teller,
) -> tuple[Figures, list[Program]]:
    """Return packets a second of processor time by entry, and the programs that were found.

    Our driver is built for `classes` and for what the contests need.
    """
    contests = list(contests)
    needed = {*classes, *(one for contest in contests for one in contest.classes)}
    ready = await programs(site, sorted(needed), wanted, tell)
    ring = _Ring({one.name: one for one in ready}, wanted, site.folder, tell)
    found: Figures = {}
    for contest in contests:
        found |= await ring.of(contest)
    return found, ready


@dataclass(frozen=True)
class _Ring:
    """Holds contests between the programs that were found."""

    ready: Mapping[str, Program]
    wanted: argparse.Namespace
    folder: Path
    tell: Teller

    async def of(self, contest: Contest) -> Figures:
        """Return the figures of the entries whose program was found and can do the job."""
        there = (entry for entry in contest.entries if entry.program in self.ready)
        entries = {f"{entry.who}, {contest.what}": entry for entry in there}
        if contest.traffic:
            return await self._passes(contest.what, entries, contest.traffic)
        return await self._floods(contest.what, entries)

    async def _floods(self, what: str, entries: Mapping[str, Entry]) -> Figures:
        """Run all entries at the same time, each going on for a while in every round."""
        self.tell.say("►", what)
        found: Figures = {}
        async with AsyncExitStack() as stack:
            started: dict[str, Running] = {}
            for number, (name, entry) in enumerate(entries.items()):
                try:
                    one = await stack.enter_async_context(self._pinned(entry, number))
                    await _warm(one, entry, self.wanted.flows)
                except DeviceUnreachable as error:
                    self.tell.say("✗", f"{entry.who} is left out: {error}")
                    continue
                one.halt()
                started[name] = one
            for _ in range(self.wanted.rounds):
                for name, one in started.items():
                    found.setdefault(name, []).append(await self._turn(one))
        return found

    async def _turn(self, one: Running) -> float:
        one.go_on()
        await asyncio.sleep(SETTLE_SECONDS)
        rate = await one.packets_a_cpu_second(COUNT, self.wanted.seconds)
        one.halt()
        return rate

    async def _passes(self, what: str, entries: dict[str, Entry], traffic: Traffic) -> Figures:
        """In every round, start each entry anew and let it go through the capture once."""
        capture = self.folder / traffic.name
        if not capture.exists():
            self.tell.say("►", f"capturing {traffic.packets:,} packets")
            write_pcap(capture, traffic.frames())
        self.tell.say("►", what)
        found: Figures = {}
        for _ in range(self.wanted.rounds):
            for name, entry in list(entries.items()):
                try:
                    async with self._pinned(entry, 0, capture) as one:
                        found.setdefault(name, []).append(await _pass(one, traffic.packets))
                except DeviceUnreachable as error:
                    self.tell.say("✗", f"{entry.who} is left out: {error}")
                    del entries[name]
        return found

    @asynccontextmanager
    async def _pinned(
        self, entry: Entry, number: int, capture: Path = Path()
    ) -> AsyncIterator[Running]:
        folder = self.folder / str(number)
        folder.mkdir(exist_ok=True)
        text = entry.graph.replace("{capture}", str(capture))
        async with running(self.ready[entry.program], text, folder) as one:
            pin(one.process)
            yield one


async def _warm(one: Running, entry: Entry, flows: int) -> None:
    """Wait until it has met every flow: by its count, or after twenty packets per flow."""
    handler, least = (entry.flows, flows * LEAST_FLOWS) if entry.flows else (COUNT, 20 * flows)
    await _until(one, handler, least)


async def _pass(one: Running, packets: int) -> float:
    """Start the source, wait for its last packet, and return the rate."""
    cpu = one.cpu_seconds()
    await one.write("in.active", "true")
    await _until(one, "in.count", packets)
    rate = packets / (one.cpu_seconds() - cpu)
    if (out := await one.number(COUNT)) < packets * LEAST_PACKETS:
        raise DeviceUnreachable(f"{out:,} of {packets:,} packets came out")
    return rate


async def _until(one: Running, handler: str, least: float) -> None:
    """Wait until `handler` counts `least`. Raises DeviceUnreachable when that takes too long."""
    ends = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while (count := await one.number(handler)) < least:
        if asyncio.get_running_loop().time() > ends:
            raise DeviceUnreachable(f"{handler} is {count:,} after {PATIENCE_SECONDS:.0f} s")
        await asyncio.sleep(POLL_SECONDS)
