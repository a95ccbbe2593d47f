"""How many packets a second one core routes with a full table: `python -m benchmarks.routing`.

Our RadixIPLookup, which is the table of LookupRoute too, beside Click's and FastClick's
RadixIPLookup and DirectIPLookup, as far as they are on PATH; in memory, all with the same 500,000
prefixes, mostly of 24 bits, and with destinations spread at random over all addresses. Destinations
are the ports of 100,000 flows, read as an address, since that is what the source that all of them
have makes random.

The programs take turns as in benchmarks.forwarding. Sources cost more than lookups, ours least, so
the same graph with a single route is measured too: what the lookup itself costs is the difference.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
from contextlib import AsyncExitStack
from ipaddress import IPv4Network

from benchmarks import graphs
from benchmarks.figures import Figures, run
from benchmarks.programs import OURS, Program, Running, add_arguments, pin, programs, running
from reconciler.demo.site import Site
from reconciler.demo.telling import Teller

SETTLE_SECONDS = 0.05
PORTS_AT = 34
"""Where a frame's UDP ports are: 32 random bits."""
LENGTHS = [24] * 60 + [23, 22, 22, 21, 20, 20, 19, 18, 17, 16] * 4
"""Prefix lengths about as often as in a full table."""
CLASSES = [*graphs.CLASSES, "GetIPAddress", "RadixIPLookup"]


def arguments() -> argparse.ArgumentParser:
    """What to measure, and how often."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("--rounds", type=int, default=11, help="of each program")
    parser.add_argument("--seconds", type=float, default=0.3, help="a turn takes")
    parser.add_argument("--routes", type=int, default=500_000, help="prefixes in the table")
    parser.add_argument("--flows", type=int, default=100_000, help="different destinations")
    return parser


async def figures(site: Site, wanted: argparse.Namespace, tell: Teller) -> Figures:
    """Packets a second, by name."""
    ready = await programs(site, CLASSES, wanted, tell)
    table = routes(wanted.routes)
    found: Figures = {}
    for what, prefixes in (("one route", table[:1]), (f"{wanted.routes:,} routes", table)):
        found |= await _turns(site, ready, what, prefixes, wanted, tell)
    return found


def routes(count: int) -> list[str]:
    """Different prefixes, the default route first; the same ones every time."""
    draw = random.Random(1)
    found = {IPv4Network("0.0.0.0/0")}
    while len(found) < count:
        length = draw.choice(LENGTHS)
        found.add(IPv4Network((draw.getrandbits(length) << (32 - length), length)))
    return [f"{prefix} 0" for prefix in sorted(found)]


def graph(program: str, element: str, prefixes: list[str], flows: int) -> str:
    """Destinations at random, looked up and counted."""
    return (
        f"{graphs.flows_to(program, flows)} -> GetIPAddress({PORTS_AT})"
        f" -> {element}({', '.join(prefixes)}) -> {graphs.COUNTED}"
    )


async def _turns(
    site: Site,
    ready: list[Program],
    what: str,
    prefixes: list[str],
    wanted: argparse.Namespace,
    tell: Teller,
) -> Figures:
    tell.say("►", f"in memory: {what}")
    found: Figures = {}
    async with AsyncExitStack() as stack:
        started: list[tuple[str, Running]] = []
        for program, element in _contenders(ready):
            text = graph(program.name, element, prefixes, wanted.flows)
            who = OURS if program.name == OURS else f"{program.name}-{element}"
            named = Program(who, program.path)
            one = await stack.enter_async_context(running(named, text, site.folder))
            pin(one.process)
            one.halt()
            started.append((f"{who}, {what}", one))
        for _ in range(wanted.rounds):
            for name, one in started:
                one.go_on()
                await asyncio.sleep(SETTLE_SECONDS)
                rate = await one.packets_a_cpu_second(graphs.COUNT, wanted.seconds)
                one.halt()
                found.setdefault(name, []).append(rate)
    return found


def _contenders(ready: list[Program]) -> list[tuple[Program, str]]:
    """Click's two quickest classes each; ours are all the same."""
    others = [program for program in ready if program.name != OURS]
    ours = [(program, "RadixIPLookup") for program in ready if program.name == OURS]
    return ours + [(one, name) for one in others for name in ("RadixIPLookup", "DirectIPLookup")]


if __name__ == "__main__":
    sys.exit(run("routing", figures, arguments(), "packets/s", OURS))
