"""How figures are printed: median and spread, one line a way."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

Figures = dict[str, list[float]]
"""Measured values by the name of what was measured."""


def told(name: str, values: Sequence[float], unit: str) -> str:
    """One line: name, median, smallest and largest value, how often it was measured."""
    if not values:
        return f"{name:36} not measured"
    middle, low, high = statistics.median(values), min(values), max(values)
    spread = f"{low:.3g} to {high:.3g} {unit}"
    return f"{name:36} median {middle:8.3g} {unit}, {spread}, {len(values)} times"
