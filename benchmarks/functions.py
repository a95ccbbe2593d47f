"""Packets a second that one core takes through network functions: `python -m benchmarks.functions`.

In memory, with 100,000 flows addressed at random, compared with what Click and FastClick have for
the same job, if they are on PATH. `source` is the cost of generating the packets.

How programs take turns is described in `turns.py`, the contests in `rewriting.py`, `search.py` and
`links.py`.
"""

from __future__ import annotations

import argparse
import sys

from benchmarks import links, rewriting, search, turns
from benchmarks.contests import Function
from benchmarks.figures import Figures, run
from benchmarks.programs import OURS
from reconciler.demo.telling import Teller
from reconciler.testbed.site import Site

FUNCTIONS: dict[str, Function] = {
    "nat": rewriting.nat,
    "nat-of-tcp": rewriting.nat_of_tcp,
    "balance": rewriting.balance,
    "match": search.match,
    "streams": search.streams,
    "police": links.police,
    "shape": links.shape,
    "flows": links.flows,
    "bridge": links.bridge,
    "neighbours": links.neighbours,
}
OF_ALL = ("Counter", "Discard", "FastUDPFlows", "Strip")


def arguments() -> argparse.ArgumentParser:
    """What to measure, and how often."""
    parser = turns.arguments(__doc__)
    parser.add_argument(
        "functions", nargs="*", metavar="FUNCTION", help=f"of {', '.join(FUNCTIONS)}; all"
    )
    return parser


async def figures(site: Site, wanted: argparse.Namespace, tell: Teller) -> Figures:
    """Packets a second of processor time, by name."""
    names = wanted.functions or list(FUNCTIONS)
    contests = [one for name in names for one in FUNCTIONS[name](wanted.flows)]
    found, _ = await turns.turns(site, contests, OF_ALL, wanted, tell)
    return found


if __name__ == "__main__":
    sys.exit(run("functions", figures, arguments(), "packets/s", OURS))
