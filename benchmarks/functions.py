"""Packets a second that one core takes through network functions: `python -m benchmarks.functions`.

In memory, with 100,000 flows addressed at random, beside what Click and FastClick have for the same
job, as far as they are on PATH. Each program runs in a process of its own on the same processor;
all but one are stopped, and they take turns for a fraction of a second, round by round. A rate is
packets by processor time, and ratios are those within a round, so that what else the machine does
falls on all of them. `source` is what the packets themselves cost.

What each contest is about: `rewriting.py`, `search.py` and `links.py`.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from contextlib import AsyncExitStack

from benchmarks import links, rewriting, search
from benchmarks.contests import Contest, Entry, Function
from benchmarks.figures import Figures, run
from benchmarks.programs import (
    OURS,
    Program,
    Running,
    add_arguments,
    pin,
    programs,
    running,
)
from reconciler.demo.site import Site
from reconciler.demo.telling import Teller
from reconciler.errors import DeviceUnreachable

SETTLE_SECONDS = 0.05
WARM_SECONDS = 90.0
LEAST_FLOWS = 0.98
"""Of those asked for: ports are random, some flows have the same ones."""
COUNT = "c.count"


FUNCTIONS: dict[str, Function] = {
    "nat": rewriting.nat,
    "balance": rewriting.balance,
    "match": search.match,
    "police": links.police,
    "flows": links.flows,
    "bridge": links.bridge,
    "neighbours": links.neighbours,
}
OF_ALL = ("Counter", "Discard", "FastUDPFlows", "Strip")


def arguments() -> argparse.ArgumentParser:
    """What to measure, and how often."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("--rounds", type=int, default=11, help="of each program")
    parser.add_argument("--seconds", type=float, default=0.3, help="a turn takes")
    parser.add_argument("--flows", type=int, default=100_000)
    parser.add_argument(
        "functions", nargs="*", metavar="FUNCTION", help=f"of {', '.join(FUNCTIONS)}; all"
    )
    return parser


async def figures(site: Site, wanted: argparse.Namespace, tell: Teller) -> Figures:
    """Packets a second of processor time, by name."""
    names = wanted.functions or list(FUNCTIONS)
    contests = [contest for name in names for contest in FUNCTIONS[name](wanted.flows)]
    classes = {*OF_ALL, *(one for contest in contests for one in contest.classes)}
    ready = {one.name: one for one in await programs(site, sorted(classes), wanted, tell)}
    found: Figures = {}
    for contest in contests:
        tell.say("►", contest.what)
        found |= await _turns(site, ready, contest, wanted, tell)
    return found


async def _turns(
    site: Site,
    ready: dict[str, Program],
    contest: Contest,
    wanted: argparse.Namespace,
    tell: Teller,
) -> Figures:
    """Let the entries run in turns."""
    found: Figures = {}
    async with AsyncExitStack() as stack:
        started: list[tuple[str, Running]] = []
        for number, entry in enumerate(contest.entries):
            if entry.program not in ready:
                continue
            folder = site.folder / str(number)
            folder.mkdir(exist_ok=True)
            try:
                one = await stack.enter_async_context(
                    running(ready[entry.program], entry.graph, folder)
                )
                pin(one.process)
                await _warm(one, entry, wanted.flows)
            except DeviceUnreachable as error:
                tell.say("✗", f"{entry.who} is left out: {error}")
                continue
            one.halt()
            found[f"{entry.who}, {contest.what}"] = []
            started.append((f"{entry.who}, {contest.what}", one))
        for _ in range(wanted.rounds):
            for name, one in started:
                one.go_on()
                await asyncio.sleep(SETTLE_SECONDS)
                found[name].append(await one.packets_a_cpu_second(COUNT, wanted.seconds))
                one.halt()
    return found


async def _warm(one: Running, entry: Entry, flows: int) -> None:
    """Until it has met every flow: it tells so, or twenty packets a flow have passed."""
    handler, least = (entry.flows, flows * LEAST_FLOWS) if entry.flows else (COUNT, 20 * flows)
    async with asyncio.timeout(WARM_SECONDS):
        while await one.number(handler) < least:  # noqa: ASYNC110 - a process
            await asyncio.sleep(0.2)


if __name__ == "__main__":
    sys.exit(run("functions", figures, arguments(), "packets/s", OURS))
