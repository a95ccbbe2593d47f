"""How a pass ended, what that means, and when the next one starts. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum, StrEnum

from schemas.status import ConditionStatus, Phase

FIRST_DELAY = 1.0
LONGEST_DELAY = 60.0
QUIET_SECONDS = 1.5
LONGEST_BURST = 15.0
ONCE_TRIES = 3


class OutcomeKind(StrEnum):
    """How a pass ended, in one word; MEANINGS says what follows."""

    UNCHANGED = "Unchanged"
    APPLIED = "Applied"
    DRIFTED = "Drifted"
    """And left so, because the rollout says `report`."""
    REVERTED = "Reverted"
    REJECTED = "Rejected"
    """Failed before on this device, not tried again."""
    STALLED = "Stalled"
    WAITING = "Waiting"
    SUPERSEDED = "Superseded"
    TRANSIENT = "Transient"
    SUSPENDED = "Suspended"
    REMOVED = "Removed"
    BROKEN = "Broken"
    """A bug in click-up."""


class Retry(Enum):
    """When the next pass starts, unless a commit or a look at the device comes first."""

    NEVER = "never"
    BACKOFF = "after longer and longer delays"
    SELDOM = "after the longest delay: somebody may have put the device right"
    TOLD = "when the outcome says"


class Exit(IntEnum):
    """Exit codes of `run --once`."""

    CONVERGED = 0
    ATTENTION = 1
    REVERTED = 3


@dataclass(frozen=True)
class Meaning:
    """The meaning of an outcome for scripts, for people, for the loop and for the conditions."""

    exit_code: Exit
    glyph: str
    retry: Retry
    phase: Phase
    ready: ConditionStatus
    reconciling: ConditionStatus
    stalled: ConditionStatus
    synced: ConditionStatus


_T, _F, _U = ConditionStatus.TRUE, ConditionStatus.FALSE, ConditionStatus.UNKNOWN

# fmt: off
MEANINGS = {
    # exit code, glyph, retry, phase; Ready, Reconciling, Stalled, Synced
    OutcomeKind.UNCHANGED: Meaning(
        Exit.CONVERGED, "✔", Retry.NEVER, Phase.READY, _T, _F, _F, _T),
    OutcomeKind.APPLIED: Meaning(
        Exit.CONVERGED, "✔", Retry.NEVER, Phase.READY, _T, _F, _F, _T),
    OutcomeKind.DRIFTED: Meaning(
        Exit.CONVERGED, "✔", Retry.NEVER, Phase.READY, _T, _F, _F, _F),
    OutcomeKind.REMOVED: Meaning(
        Exit.CONVERGED, "✔", Retry.NEVER, Phase.READY, _T, _F, _F, _T),
    OutcomeKind.SUSPENDED: Meaning(
        Exit.CONVERGED, "✔", Retry.NEVER, Phase.SUSPENDED, _U, _F, _F, _U),
    OutcomeKind.REVERTED: Meaning(
        Exit.REVERTED, "✗", Retry.NEVER, Phase.DEGRADED, _F, _F, _T, _F),
    OutcomeKind.REJECTED: Meaning(
        Exit.REVERTED, "✗", Retry.NEVER, Phase.DEGRADED, _F, _F, _T, _F),
    OutcomeKind.STALLED: Meaning(
        Exit.ATTENTION, "✗", Retry.SELDOM, Phase.STALLED, _F, _F, _T, _F),
    OutcomeKind.WAITING: Meaning(
        Exit.ATTENTION, "◎", Retry.TOLD, Phase.PROGRESSING, _U, _T, _F, _F),
    OutcomeKind.SUPERSEDED: Meaning(
        Exit.ATTENTION, "◎", Retry.TOLD, Phase.PROGRESSING, _U, _T, _F, _F),
    OutcomeKind.TRANSIENT: Meaning(
        Exit.ATTENTION, "✗", Retry.BACKOFF, Phase.PROGRESSING, _F, _T, _F, _U),
    OutcomeKind.BROKEN: Meaning(
        Exit.ATTENTION, "✗", Retry.BACKOFF, Phase.DEGRADED, _F, _T, _F, _U),
}
# fmt: on


@dataclass(frozen=True)
class Outcome:
    """`reason` is CamelCase for conditions; `healthy` is None when it is unknown."""

    kind: OutcomeKind
    reason: str
    message: str = ""
    retry_after: float | None = None
    healthy: bool | None = None

    @property
    def meaning(self) -> Meaning:
        """The meaning of the outcome, from MEANINGS."""
        return MEANINGS[self.kind]


def failures_after(outcome: Outcome, failures: int) -> int:
    """Return the number of consecutive failures; waiting does not reset it."""
    if outcome.meaning.retry is Retry.BACKOFF:
        return failures + 1
    return 0 if outcome.meaning.retry is Retry.NEVER else failures


def next_pass(outcome: Outcome, failures: int, once: bool = False) -> float | None:
    """Return the seconds until the next pass, or None when only a commit or a look at the device
    starts one: the whole retry policy. `failures` are consecutive, this one included; with `once`,
    passes end at the outcomes that `run --once` reports.
    """
    match outcome.meaning.retry:
        case Retry.BACKOFF:
            no_more = failures >= ONCE_TRIES or outcome.kind is OutcomeKind.BROKEN
            return None if once and no_more else backoff(failures)
        case Retry.SELDOM:
            return None if once else LONGEST_DELAY
        case Retry.TOLD:
            return outcome.retry_after or 0.0
        case Retry.NEVER:
            return None


def backoff(failures: int) -> float:
    """Return the seconds before the next try after so many consecutive failures: 1, 2,
    4, ... 60.
    """
    return float(min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(failures - 1, 16)))


def damping(commits: Sequence[float], last_takeover: float | None, now: float) -> float:
    """Return the seconds to wait before a takeover, so that a burst of commits costs few takeovers.

    `commits` are the times at which this instance's desired state changed, ascending. A single
    commit acts at once. Commits less than QUIET_SECONDS apart form a burst, which acts when it is
    over, or at the latest LONGEST_BURST after it began or after the last takeover in it.
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
