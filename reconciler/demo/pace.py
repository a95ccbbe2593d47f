"""How long each part took the last time, and what is left by that."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

# Of a part that was never seen before: less of it tells nothing of the rest.
FORETELLING_SHARE = 0.1


@dataclass
class Pace:
    """Seconds by part. `parts` are those of this run in order, `last` what they took before."""

    parts: Sequence[str] = ()
    last: Mapping[str, float] = field(default_factory=dict)
    taken: dict[str, float] = field(default_factory=dict)

    def left(self, part: str, elapsed: float, share: float) -> float | None:
        """Seconds to the end of the whole run, None when that is not known.

        `share` of `part` is done after `elapsed` seconds of it.
        """
        coming = list(self.parts)[list(self.parts).index(part) + 1 :] if part in self.parts else ()
        expected = self.expected(part, elapsed, share)
        if expected is None or any(other not in self.last for other in coming):
            return None
        return max(0.0, expected - elapsed) + sum(self.last[other] for other in coming)

    def expected(self, part: str, elapsed: float, share: float) -> float | None:
        """Seconds that a part takes: as the last time, or by what is done of it."""
        if part in self.last:
            return self.last[part]
        return elapsed / share if share >= FORETELLING_SHARE else None


def read(file: Path, parts: Sequence[str]) -> Pace:
    """What an earlier run left in `file`, if any did."""
    try:
        known = json.loads(file.read_text())
        return Pace(parts, {str(part): float(seconds) for part, seconds in known.items()})
    except (OSError, ValueError, AttributeError, TypeError):
        return Pace(parts)


def write(file: Path, pace: Pace) -> None:
    """Leave for the next run what this one found."""
    seconds = {part: round(value, 1) for part, value in {**pace.last, **pace.taken}.items()}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(seconds, indent=2) + "\n")
