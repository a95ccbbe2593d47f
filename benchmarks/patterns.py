"""Replacing a set of ten thousand patterns under traffic: `python -m benchmarks.patterns`.

A worker searches datagrams of English text as fast as it can, on a processor of its own, and two
sets alternate. `pause`: how long packets waited while a set was put in place. `in place`: time from
the write handler's call to its answer, during which the set is compiled at idle priority.
`searching` and `searching while a set is compiled`: packets by time, not by processor time, so that
they include the compiler's share of the processor.
"""

from __future__ import annotations

import argparse
import random
import sys
import time

from benchmarks.contests import COUNT, COUNTED, source
from benchmarks.figures import ROOT, Figures, run
from benchmarks.functions import OF_ALL
from benchmarks.programs import OURS, Running, pin, programs, running
from reconciler.demo.telling import Teller
from reconciler.testbed.here import connected_here
from reconciler.testbed.site import Site

FLOWS, SIZE, RULES = 1000, 1000, 10_000
CLASSES = ("CheckIPHeader", "MatchPatterns", "SessionTable", "StoreData", "StreamTable")
PAUSE, PLACED = "pause", "in place"
ALONE, BESIDE = "searching", "searching while a set is compiled"
LOAD_SECONDS, BETWEEN_SECONDS = 30.0, 0.2
UNITS = {PAUSE: "ms", PLACED: "ms", ALONE: "packets/s", BESIDE: "packets/s"}


def arguments() -> argparse.ArgumentParser:
    """How often."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="sets put in place")
    return parser


async def figures(site: Site, wanted: argparse.Namespace, tell: Teller) -> Figures:
    """Milliseconds and packets a second, by name."""
    nobody = argparse.Namespace(click="", fastclick="")
    (ours,) = await programs(site, sorted({*OF_ALL, *CLASSES}), nobody, tell)
    sets = [site.folder / f"{number}.rules" for number in range(2)]
    for number, path in enumerate(sets):
        path.write_text(_rules(number))
    text = (ROOT / "README.md").read_bytes()[: SIZE - 28].hex()
    graph = (
        f"t :: SessionTable; s :: StreamTable; {source(OURS, FLOWS, length=SIZE)}"
        f" -> StoreData(28, \\<{text}>) -> CheckIPHeader"
        f" -> match :: MatchPatterns(t, s, PATTERNS {sets[0]}) -> {COUNTED}"
    )
    found: Figures = {f"{OURS}, {what}": [] for what in UNITS}
    async with running(ours, graph, site.folder) as one:
        pin(one.process)
        for number in range(1, wanted.rounds + 1):
            await _load(one, str(sets[number % 2]), found)
    return found


def _rules(seed: int) -> str:
    chance = random.Random(seed)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = {"".join(chance.choices(letters, k=chance.randint(6, 24))) for _ in range(RULES)}
    return "".join(f'{number} "{word}"\n' for number, word in enumerate(sorted(words), start=1))


async def _load(one: Running, path: str, found: Figures) -> None:
    async with connected_here(one.socket) as control:

        async def counted() -> tuple[float, int]:
            return time.perf_counter(), int(await control.read(COUNT))

        begin = await counted()
        while (rest := await counted())[0] - begin[0] < BETWEEN_SECONDS:
            pass
        await control.write("match.patterns", path, LOAD_SECONDS)
        end = await counted()
        measured = {
            PAUSE: int(await control.read("match.pause_ns")) / 1e6,
            PLACED: (end[0] - rest[0]) * 1000,
            ALONE: (rest[1] - begin[1]) / (rest[0] - begin[0]),
            BESIDE: (end[1] - rest[1]) / (end[0] - rest[0]),
        }
        for what, value in measured.items():
            found[f"{OURS}, {what}"].append(value)


if __name__ == "__main__":
    sys.exit(run("patterns", figures, arguments(), UNITS))
