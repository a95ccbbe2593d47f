"""Estimates how long the rest of a run takes, from how long each part took last time."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

# The least share of a part seen for the first time that allows an estimate.
FORETELLING_SHARE = 0.1


@dataclass
class Pace:
    """Seconds by part. `parts` are those of this run in order, `last` what they took last time."""

    parts: Sequence[str] = ()
    last: Mapping[str, float] = field(default_factory=dict)
    taken: dict[str, float] = field(default_factory=dict)

    def seconds_left(self, part: str, elapsed: float, share: float) -> float | None:
        """Return the seconds to the end of the whole run, or None when unknown.

        `share` of `part` is done after `elapsed` seconds.
        """
        coming = list(self.parts)[list(self.parts).index(part) + 1 :] if part in self.parts else ()
        expected = self.expected(part, elapsed, share)
        if expected is None or any(other not in self.last for other in coming):
            return None
        return max(0.0, expected - elapsed) + sum(self.last[other] for other in coming)

    def expected(self, part: str, elapsed: float, share: float) -> float | None:
        """Return the seconds that a part takes: as last time, or extrapolated from its
        share done.
        """
        if part in self.last:
            return self.last[part]
        return elapsed / share if share >= FORETELLING_SHARE else None


def read(file: Path, parts: Sequence[str]) -> Pace:
    """Read what an earlier run left in `file`, if any."""
    try:
        known = json.loads(file.read_text())
        return Pace(parts, {str(part): float(seconds) for part, seconds in known.items()})
    except (OSError, ValueError, AttributeError, TypeError):
        return Pace(parts)


def write(file: Path, pace: Pace) -> None:
    """Write what this run took, for the next one."""
    seconds = {part: round(value, 1) for part, value in {**pace.last, **pace.taken}.items()}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(seconds, indent=2) + "\n")
