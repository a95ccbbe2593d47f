"""From the outcome of a pass to the conditions that people and programs read. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from reconciler.outcome import MEANINGS, Meaning, Outcome, OutcomeKind
from schemas.status import Condition, ConditionStatus, ConditionType, InstanceStatus

NOTED = (ConditionType.CHECKPOINTED, ConditionType.LOSSLESS)
"""Conditions that follow from what supervisors report, not from passes."""
TRUE, FALSE, UNKNOWN = ConditionStatus.TRUE, ConditionStatus.FALSE, ConditionStatus.UNKNOWN


@dataclass(frozen=True)
class Noted:
    """A condition that a supervisor reports, beside passes: its status, and why."""

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


def status_noted(
    previous: InstanceStatus, kind: ConditionType, said: Noted, now: datetime
) -> InstanceStatus:
    """Return the status with a condition of NOTED updated; all else stays."""
    made = _condition(previous, kind, said.status, now)
    made = made.model_copy(update={"reason": said.reason, "message": said.message})
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
        made = _condition(previous, kind, status, now)
        return made.model_copy(update={"reason": reason, "message": message})

    health = _health(previous, healthy)
    conditions = (
        condition(ConditionType.READY, meaning.ready),
        condition(ConditionType.RECONCILING, meaning.reconciling),
        condition(ConditionType.STALLED, meaning.stalled),
        condition(ConditionType.SYNCED, meaning.synced),
        _healthy(previous, condition(ConditionType.HEALTHY, health)),
        *(c for c in previous.conditions if c.type in NOTED),
    )
    return previous.model_copy(
        update={
            "phase": meaning.phase,
            "conditions": conditions,
            "observed_generation": previous.generation,
        }
    )


def _condition(
    previous: InstanceStatus, kind: ConditionType, status: ConditionStatus, now: datetime
) -> Condition:
    before = previous.condition(kind)
    same = before is not None and before.status is status
    return Condition(
        type=kind,
        status=status,
        reason="Unsaid",
        last_transition=before.last_transition if before is not None and same else now,
        observed_generation=previous.generation,
    )


def _health(previous: InstanceStatus, healthy: bool | None) -> ConditionStatus:
    if healthy is not None:
        return TRUE if healthy else FALSE
    before = previous.condition(ConditionType.HEALTHY)
    return UNKNOWN if before is None else before.status


def _healthy(previous: InstanceStatus, condition: Condition) -> Condition:
    """Return the condition Healthy, which has its own reasons: a rejected release leaves the device
    healthy.
    """
    if condition.status is TRUE:
        return condition.model_copy(update={"reason": "Forwarding", "message": ""})
    if condition.status is UNKNOWN:
        return condition.model_copy(update={"reason": "NotObserved", "message": ""})
    before = previous.condition(ConditionType.HEALTHY)
    if before is not None and before.status is FALSE and condition.reason == "Progressing":
        return before
    return condition
