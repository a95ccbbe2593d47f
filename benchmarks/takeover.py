"""Time for which a firewall does not forward while it is upgraded: `python -m benchmarks.takeover`.

The demo's upgrade in three ways (`ways`), and click-up's takeover by itself: by number of sessions,
by packets a second, and with records that keep or change their layout (`loaded`).
"""

from __future__ import annotations

import argparse
import sys

from benchmarks.figures import Figures, run
from benchmarks.loaded import USUAL_RATE, by_load
from benchmarks.ways import three_ways
from reconciler.demo.telling import Teller
from reconciler.testbed.site import Site


def arguments() -> argparse.ArgumentParser:
    """What to measure, and how often."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--takeovers", type=int, default=20, help="by click-up, of the three ways")
    parser.add_argument("--stateless", type=int, default=3, help="upgrades without state")
    parser.add_argument("--cold", type=int, default=1, help="upgrades that build everything")
    sessions, rates = [0, 10_000, 100_000, 1_000_000], [10_000, 50_000, 100_000, 200_000]
    parser.add_argument("--sessions", type=int, nargs="*", default=sessions)
    parser.add_argument("--rates", type=int, nargs="*", default=rates, help="packets/s")
    parser.add_argument("--rate", type=int, default=USUAL_RATE, help="packets/s of --sessions")
    parser.add_argument("--times", type=int, default=10, help="takeovers of each kind under load")
    return parser


async def figures(site: Site, wanted: argparse.Namespace, tell: Teller) -> Figures:
    """Return milliseconds and packets, as their names say."""
    found = await by_load(site, wanted, tell) if wanted.sessions or wanted.rates else {}
    if wanted.takeovers or wanted.stateless or wanted.cold:
        found |= await three_ways(site, wanted, tell)
    return found


if __name__ == "__main__":
    sys.exit(run("takeover", figures, arguments(), ""))
