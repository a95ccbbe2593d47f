"""Packets a second that one core routes with a full table: `python -m benchmarks.routing`.

Our RadixIPLookup, whose table LookupRoute uses too, is compared with Click's and FastClick's
RadixIPLookup and DirectIPLookup, if they are on PATH; in memory, all with the same 500,000
prefixes, mostly of 24 bits, and with destinations spread at random over all addresses. Destinations
are the ports of 100,000 flows, read as an address, since these are what the source that all
programs have can make random.

How programs take turns is described in `turns.py`. Sources cost more than lookups, ours least, so
the same graph with a single route is measured too: the difference is the cost of the lookup itself.
"""

from __future__ import annotations

import argparse
import random
import sys
from ipaddress import IPv4Network

from benchmarks import graphs, turns
from benchmarks.contests import COUNTED, Contest, Entry
from benchmarks.figures import Figures, run
from benchmarks.programs import CLICK, FASTCLICK, OURS
from reconciler.demo.telling import Teller
from reconciler.testbed.site import Site

PORTS_AT = 34
"""Offset of a frame's UDP ports: 32 random bits."""
LENGTHS = [24] * 60 + [23, 22, 22, 21, 20, 20, 19, 18, 17, 16] * 4
"""Prefix lengths, about as frequent as in a full table."""


def arguments() -> argparse.ArgumentParser:
    """What to measure, and how often."""
    parser = turns.arguments(__doc__)
    parser.add_argument("--routes", type=int, default=500_000, help="prefixes in the table")
    return parser


async def figures(site: Site, wanted: argparse.Namespace, tell: Teller) -> Figures:
    """Packets a second, by name."""
    table = routes(wanted.routes)
    tables = {"one route": table[:1], f"{wanted.routes:,} routes": table}
    contests = (contest(what, one, wanted.flows) for what, one in tables.items())
    found, _ = await turns.turns(site, contests, graphs.CLASSES, wanted, tell)
    return found


def routes(count: int) -> list[str]:
    """Return distinct prefixes, the default route first; the same ones every time."""
    draw = random.Random(1)
    found = {IPv4Network("0.0.0.0/0")}
    while len(found) < count:
        length = draw.choice(LENGTHS)
        found.add(IPv4Network((draw.getrandbits(length) << (32 - length), length)))
    return [f"{prefix} 0" for prefix in sorted(found)]


def contest(what: str, prefixes: list[str], flows: int) -> Contest:
    """Random destinations, looked up and counted; for Click and FastClick by their two fastest
    classes."""

    def entry(program: str, element: str, who: str) -> Entry:
        lookup = f"GetIPAddress({PORTS_AT}) -> {element}({', '.join(prefixes)})"
        text = f"{graphs.flows_to(program, flows)} -> {lookup} -> {COUNTED}"
        return Entry(who, program, text)

    others = [
        entry(program, element, f"{program}-{element}")
        for program in (CLICK, FASTCLICK)
        for element in ("RadixIPLookup", "DirectIPLookup")
    ]
    ours = entry(OURS, "RadixIPLookup", OURS)
    return Contest(what, ("GetIPAddress", "RadixIPLookup"), (ours, *others))


if __name__ == "__main__":
    sys.exit(run("routing", figures, arguments(), "packets/s", OURS))
