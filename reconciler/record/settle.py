"""Determines from the device's report how unfinished attempts ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reconciler.devices.causes import BLAMES_RELEASE, Cause
from reconciler.devices.reports import DeviceStatus
from reconciler.store import Attempt


class Ending(StrEnum):
    """How an attempt ended, or that it has not."""

    RUNNING = "Running"  # its release is active and unconfirmed: the plan decides
    APPLIED = "Applied"
    REMOVED = "Removed"
    DIED = "WorkerDied"  # and the supervisor reverted by itself
    REVERTED = "Reverted"  # by a reconciler that died before recording why
    FAILED = "TakeoverFailed"
    TIMED_OUT = "ConfirmTimeout"  # by the supervisor, because nobody confirmed in time
    INTERRUPTED = "Interrupted"  # before any effect on the device, or too long ago to know


REVERTED = {Cause.NOT_CONFIRMED: Ending.TIMED_OUT, Cause.WORKER_DIED: Ending.DIED}
"""By the cause that the supervisor reports; for any other, the release is not to blame."""


@dataclass(frozen=True)
class Settled:
    """How one attempt ended, and why."""

    ending: Ending
    reason: str = ""

    @property
    def blames_release(self) -> bool:
        """Whether the release must not be tried again."""
        return self.ending in (Ending.DIED, Ending.FAILED)


def settle(attempt: Attempt, status: DeviceStatus | None) -> Settled:
    """Return how an attempt ended, from the ledger's record and the supervisor's report. Pure."""
    if status is None and not attempt.release:
        return Settled(Ending.REMOVED)
    if status is None:
        return Settled(Ending.INTERRUPTED, "the supervisor is no longer running")
    active = status.active
    if active is not None and active.attempt == attempt.id:
        return Settled(Ending.APPLIED if status.confirmed == active.release else Ending.RUNNING)
    report = status.report_of(attempt.id)
    if report is None:
        return Settled(
            Ending.INTERRUPTED, f"the reconciler ended during {attempt.step or 'planning'}"
        )
    if report.result == "failed":
        blamed = report.cause in BLAMES_RELEASE
        return Settled(Ending.FAILED if blamed else Ending.INTERRUPTED, report.reason)
    if report.result == "reverted":
        return Settled(REVERTED.get(report.cause, Ending.REVERTED), report.reason)
    return Settled(Ending.INTERRUPTED, "another release took over since")
