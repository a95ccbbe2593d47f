"""The output of a traffic program: one JSON object a line, the last one the result."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from typing import Any

BIN_SECONDS = 0.05


class Samples:
    """Amounts over time, in bins of 50 ms of the wall clock."""

    def __init__(self) -> None:
        self.bins: Counter[int] = Counter()

    def add(self, amount: int, at: float | None = None) -> None:
        """Count `amount` at `at` (seconds since the epoch; now when left out)."""
        self.bins[int((time.time() if at is None else at) / BIN_SECONDS)] += amount

    def as_json(self) -> list[tuple[float, int]]:
        """Return pairs of (start of the bin in seconds since the epoch, amount), in order."""
        return [(round(index * BIN_SECONDS, 2), self.bins[index]) for index in sorted(self.bins)]


def say(kind: str, **values: Any) -> None:
    """Write one line: `{"kind": ..., ...}`."""
    sys.stdout.write(json.dumps({"kind": kind, **values}, separators=(",", ":")) + "\n")
    sys.stdout.flush()
