"""How a pass ended, and what the commits of the last seconds mean for the next one. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

FIRST_DELAY = 1.0
LONGEST_DELAY = 60.0
QUIET_SECONDS = 1.5
LONGEST_BURST = 15.0


class OutcomeKind(StrEnum):
    """One word for what happened; the loop's switch is over this."""

    UNCHANGED = "Unchanged"
    APPLIED = "Applied"
    DRIFTED = "Drifted"  # and left so, because the rollout says report
    REVERTED = "Reverted"
    REJECTED = "Rejected"  # failed before on this device, not tried again
    STALLED = "Stalled"
    WAITING = "Waiting"
    SUPERSEDED = "Superseded"
    TRANSIENT = "Transient"
    SUSPENDED = "Suspended"
    REMOVED = "Removed"
    BROKEN = "Broken"  # a bug of ours


@dataclass(frozen=True)
class Outcome:
    """`reason` is CamelCase for conditions; `healthy` is None when nobody could tell."""

    kind: OutcomeKind
    reason: str
    message: str = ""
    retry_after: float | None = None
    healthy: bool | None = None

    @property
    def exit_code(self) -> int:
        """For `run --once`: 0 converged, 3 reverted or rejected, 1 anything else that needs
        attention.
        """
        if self.kind in (OutcomeKind.REVERTED, OutcomeKind.REJECTED):
            return 3
        fine = (
            OutcomeKind.UNCHANGED, OutcomeKind.APPLIED, OutcomeKind.DRIFTED,
            OutcomeKind.SUSPENDED, OutcomeKind.REMOVED,
        )  # fmt: skip
        return 0 if self.kind in fine else 1


def backoff(failures: int) -> float:
    """Seconds before the next try after so many failures in a row: 1, 2, 4, ... 60."""
    return float(min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(failures - 1, 16)))


def damping(commits: Sequence[float], last_takeover: float | None, now: float) -> float:
    """Seconds to wait before a takeover, so that a burst of commits costs few of them.

    `commits` are the times at which this instance's desired state changed, ascending. A lone commit
    acts at once. Commits less than QUIET_SECONDS apart are a burst, which acts when it is over, at
    the latest LONGEST_BURST after it began or after the last takeover in it.
    """
    burst = list(commits[-1:])
    for earlier in reversed(commits[:-1]):
        if burst[0] - earlier >= QUIET_SECONDS:
            break
        burst.insert(0, earlier)
    if len(burst) < 2:
        return 0.0
    began = burst[0] if last_takeover is None else max(burst[0], last_takeover)
    return max(0.0, min(burst[-1] + QUIET_SECONDS, began + LONGEST_BURST) - now)
