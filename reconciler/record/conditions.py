"""From the outcome of a pass to the conditions that people and programs read. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from reconciler.outcome import MEANINGS, Meaning, Outcome, OutcomeKind
from schemas.status import Condition, ConditionStatus, ConditionType, InstanceStatus

SUPERVISOR_CONDITIONS = (ConditionType.CHECKPOINTED, ConditionType.LOSSLESS)
"""Conditions that follow from what supervisors report, not from passes."""
TRUE, FALSE, UNKNOWN = ConditionStatus.TRUE, ConditionStatus.FALSE, ConditionStatus.UNKNOWN


@dataclass(frozen=True)
class Finding:
    """The status of a condition, and why."""

    status: ConditionStatus
    reason: str
    message: str = ""


def status_after(previous: InstanceStatus, outcome: Outcome, now: datetime) -> InstanceStatus:
    """Return the status once a pass has ended; revisions are left to the caller."""
    return _with(previous, outcome.meaning, outcome.reason, outcome.message, outcome.healthy, now)


def status_during(previous: InstanceStatus, step: str, now: datetime) -> InstanceStatus:
    """Return the status while `step` runs."""
    return _with(
        previous, MEANINGS[OutcomeKind.WAITING], "Progressing", f"{step} is running", None, now
    )


def status_with_finding(
    previous: InstanceStatus, kind: ConditionType, found: Finding, now: datetime
) -> InstanceStatus:
    """Return the status with one condition of SUPERVISOR_CONDITIONS updated."""
    made = _condition(previous, kind, found, now)
    others = tuple(c for c in previous.conditions if c.type is not kind)
    return previous.model_copy(update={"conditions": (*others, made)})


def _with(
    previous: InstanceStatus,
    meaning: Meaning,
    reason: str,
    message: str,
    healthy: bool | None,
    now: datetime,
) -> InstanceStatus:
    def condition(kind: ConditionType, status: ConditionStatus) -> Condition:
        return _condition(previous, kind, Finding(status, reason, message), now)

    conditions = (
        condition(ConditionType.READY, meaning.ready),
        condition(ConditionType.RECONCILING, meaning.reconciling),
        condition(ConditionType.STALLED, meaning.stalled),
        condition(ConditionType.SYNCED, meaning.synced),
        _healthy(previous, Finding(_health(previous, healthy), reason, message), now),
        *(c for c in previous.conditions if c.type in SUPERVISOR_CONDITIONS),
    )
    return previous.model_copy(
        update={
            "phase": meaning.phase,
            "conditions": conditions,
            "observed_generation": previous.generation,
        }
    )


def _condition(
    previous: InstanceStatus, kind: ConditionType, found: Finding, now: datetime
) -> Condition:
    before = previous.condition(kind)
    same = before is not None and before.status is found.status
    return Condition(
        type=kind,
        status=found.status,
        reason=found.reason,
        message=found.message,
        last_transition=before.last_transition if before is not None and same else now,
        observed_generation=previous.generation,
    )


def _health(previous: InstanceStatus, healthy: bool | None) -> ConditionStatus:
    if healthy is not None:
        return TRUE if healthy else FALSE
    before = previous.condition(ConditionType.HEALTHY)
    return UNKNOWN if before is None else before.status


def _healthy(previous: InstanceStatus, found: Finding, now: datetime) -> Condition:
    """Return the condition Healthy, which has its own reasons: a rejected release leaves the device
    healthy.
    """
    kind = ConditionType.HEALTHY
    if found.status is TRUE:
        return _condition(previous, kind, Finding(TRUE, "Forwarding"), now)
    if found.status is UNKNOWN:
        return _condition(previous, kind, Finding(UNKNOWN, "NotObserved"), now)
    before = previous.condition(kind)
    if before is not None and before.status is FALSE and found.reason == "Progressing":
        return before
    return _condition(previous, kind, found, now)
