"""What benchmarks share: a site of their own to measure on, and how figures are printed."""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from reconciler.demo.network import network
from reconciler.demo.sandbox import SandboxError, enter
from reconciler.demo.site import Site
from reconciler.demo.telling import Teller
from reconciler.library import load_library

ROOT = Path(__file__).parents[1]
Figures = dict[str, list[float]]
"""Measured values by the name of what was measured."""
Measure = Callable[[Site, argparse.Namespace, Teller], Coroutine[Any, Any, Figures]]


def run(name: str, measure: Measure, parser: argparse.ArgumentParser, unit: str) -> int:
    """Measure in a sandbox, print, and write the figures; returns the exit code."""
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
    for what, values in found.items():
        print(told(what, values, unit))
    if wanted.json:
        wanted.json.write_text(json.dumps({"unit": unit, "figures": found}, indent=2) + "\n")
    return 0


def told(name: str, values: Sequence[float], unit: str) -> str:
    """One line: name, median, smallest and largest value, how often it was measured."""
    if not values:
        return f"{name:36} not measured"
    middle, low, high = statistics.median(values), min(values), max(values)
    spread = f"{low:.3g} to {high:.3g} {unit}"
    return f"{name:36} median {middle:8.3g} {unit}, {spread}, {len(values)} times"
