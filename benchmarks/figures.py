"""Shared by all benchmarks: provides a site to measure on, and prints and writes the figures."""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from reconciler.demo.telling import Teller
from reconciler.library import load_library
from reconciler.testbed.network import network
from reconciler.testbed.sandbox import SandboxError, enter
from reconciler.testbed.site import Site

ROOT = Path(__file__).parents[1]
Figures = dict[str, list[float]]
"""Measured values by the name of what was measured."""
Measure = Callable[[Site, argparse.Namespace, Teller], Coroutine[Any, Any, Figures]]


def run(
    name: str,
    measure: Measure,
    parser: argparse.ArgumentParser,
    unit: str | Mapping[str, str],
    ours: str = "",
) -> int:
    """Measure in a sandbox, print, and write the figures; return the exit code.

    A figure's name is `WHO` or `WHO, WHAT`; `unit` is one for all, or one for each WHAT. Figures of
    a WHAT are compared with those of `ours` value by value, so that values measured at about the
    same time are compared.
    """
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure to FILE")
    wanted = parser.parse_args()
    try:
        enter([sys.executable, "-m", f"benchmarks.{name}", *sys.argv[1:]])
    except SandboxError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 3
    with tempfile.TemporaryDirectory(prefix="click-up-") as folder, network() as joined:
        site = Site(joined, Path(folder), load_library())
        found = asyncio.run(measure(site, wanted, Teller(Console(stderr=True))))
    compared = ratios(found, ours)
    for what, values in found.items():
        print(told(what, values, unit if isinstance(unit, str) else unit[what.partition(", ")[2]]))
    for what, values in compared.items():
        print(told(what, values, "x"))
    if wanted.json:
        units = unit if isinstance(unit, str) else dict(unit)
        everything = {"unit": units, "figures": found, "ratios": compared}
        wanted.json.write_text(json.dumps(everything, indent=2) + "\n")
    return 0


def ratios(found: Figures, ours: str) -> Figures:
    """Return the ratios of figures of `ours` to those of each other WHO, for every common WHAT."""
    compared: Figures = {}
    for name, values in found.items():
        who, comma, what = name.partition(", ")
        mine = found.get(f"{ours}{comma}{what}")
        if mine and values and who != ours:
            pairs = zip(mine, values, strict=False)
            compared[f"{ours} / {name}"] = [one / other for one, other in pairs]
    return compared


def told(name: str, values: Sequence[float], unit: str) -> str:
    """Return a line: name, median, smallest and largest value, number of measurements."""
    if not values:
        return f"{name:52} not measured"
    middle, low, high = (
        _number(value) for value in (statistics.median(values), min(values), max(values))
    )
    return f"{name:52} median {middle:>10} {unit}, {low} to {high} {unit}, {len(values)} times"


def _number(value: float) -> str:
    """Format with three significant digits: 12.3, 0.00456, 12,300,000."""
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.0f}" if rounded >= 100 else f"{rounded:.3g}"
