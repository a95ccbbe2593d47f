"""Shows where the time of a build goes: `make build-report`.

The whole element library and the supervisor are compiled once with an empty cache, and the
processor time of each source is recorded.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.metered import Cost, costs, metered
from reconciler.build.builder import Builder
from reconciler.build.compiler import find_compiler
from reconciler.library import Library, load_library

KINDS = {
    "classes": "element classes",
    "migrations": "state: checkpoints and migrations",
    "support": "what elements share",
    "parts": "driver and supervisor",
}
HEADERS, LINK = "standard headers", "linking"


def kind_of(source: str) -> str:
    """Return the kind of a source, by its folder below the library or the generated files."""
    if not source:
        return LINK
    parts = Path(source).parts[-3:-1]
    return next((text for folder, text in KINDS.items() if folder in parts), HEADERS)


def by_kind(noted: Iterable[Cost]) -> Mapping[str, list[Cost]]:
    """Group costs by the kind of their source, most expensive kind first."""
    kinds: dict[str, list[Cost]] = {}
    for cost in noted:
        kinds.setdefault(kind_of(cost.source), []).append(cost)
    return dict(sorted(kinds.items(), key=lambda item: -total(item[1])))


def total(noted: Iterable[Cost]) -> float:
    """Sum up the processor seconds."""
    return sum(cost.seconds for cost in noted)


async def build_all(library: Library, folder: Path, console: Console) -> list[Cost]:
    """Compile everything once in `folder`."""
    log = folder / "costs"
    builder = Builder(folder / "cache", library, metered(find_compiler(), log))
    with console.status("compiling the whole element library") as status:

        def tell(done: int, of: int, what: str) -> None:
            status.update(f"compiling {done} of {of}: {what}")

        await builder.build(library.elements.keys(), tell)
        await builder.supervisor(tell)
    return costs(log)


def print_report(noted: list[Cost], dearest: int, console: Console) -> None:
    """Return the lines of the report: the cost of each kind, and the most expensive sources."""
    everything = total(noted)
    kinds = Table("what", "sources", "seconds", "share", "median", "dearest", box=None)
    for kind, found in by_kind(noted).items():
        seconds = [cost.seconds for cost in found]
        kinds.add_row(
            kind, str(len(found)), f"{sum(seconds):.1f}", f"{sum(seconds) / everything:.0%}",
            f"{statistics.median(seconds):.2f}", f"{max(seconds):.2f}",
        )  # fmt: skip
    single = Table("source", "seconds", "memory", box=None)
    for cost in sorted(noted, key=lambda cost: -cost.seconds)[:dearest]:
        name = "/".join(Path(cost.source).parts[-2:]) if cost.source else LINK
        single.add_row(name, f"{cost.seconds:.2f}", f"{cost.megabytes:.0f} MB")
    console.print(f"{everything:.1f} s of processor time in {len(noted)} commands\n")
    console.print(kinds, "", single)


def main() -> int:
    """Compile, then print and write the report."""
    parser = argparse.ArgumentParser(prog="build-report", description=__doc__)
    parser.add_argument("--dearest", type=int, default=15, metavar="N", help="sources to name")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every cost to FILE")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="click-up-") as folder:
        told = Console(stderr=True)
        noted = asyncio.run(build_all(load_library(), Path(folder), told))
    print_report(noted, wanted.dearest, Console())
    if wanted.json:
        wanted.json.write_text(json.dumps([asdict(cost) for cost in noted], indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
