"""From the outcome of a pass to the conditions people and programs read. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from reconciler.outcome import Outcome, OutcomeKind
from schemas.status import Condition, ConditionStatus, ConditionType, InstanceStatus, Phase

NOTED = (ConditionType.CHECKPOINTED, ConditionType.LOSSLESS)
"""Questions that supervisors answer, not passes."""
TRUE, FALSE, UNKNOWN = ConditionStatus.TRUE, ConditionStatus.FALSE, ConditionStatus.UNKNOWN


@dataclass(frozen=True)
class _Answers:
    """Ready, Reconciling, Stalled, Synced; and one word for tables."""

    ready: ConditionStatus
    reconciling: ConditionStatus
    stalled: ConditionStatus
    synced: ConditionStatus
    phase: Phase


@dataclass(frozen=True)
class Noted:
    """What a supervisor says of one question beside the pass, and why."""

    status: ConditionStatus
    reason: str
    message: str = ""


ANSWERS = {
    OutcomeKind.UNCHANGED: _Answers(TRUE, FALSE, FALSE, TRUE, Phase.READY),
    OutcomeKind.APPLIED: _Answers(TRUE, FALSE, FALSE, TRUE, Phase.READY),
    OutcomeKind.DRIFTED: _Answers(TRUE, FALSE, FALSE, FALSE, Phase.READY),
    OutcomeKind.REVERTED: _Answers(FALSE, FALSE, TRUE, FALSE, Phase.DEGRADED),
    OutcomeKind.REJECTED: _Answers(FALSE, FALSE, TRUE, FALSE, Phase.DEGRADED),
    OutcomeKind.STALLED: _Answers(FALSE, FALSE, TRUE, FALSE, Phase.STALLED),
    OutcomeKind.WAITING: _Answers(UNKNOWN, TRUE, FALSE, FALSE, Phase.PROGRESSING),
    OutcomeKind.SUPERSEDED: _Answers(UNKNOWN, TRUE, FALSE, FALSE, Phase.PROGRESSING),
    OutcomeKind.TRANSIENT: _Answers(FALSE, TRUE, FALSE, UNKNOWN, Phase.PROGRESSING),
    OutcomeKind.SUSPENDED: _Answers(UNKNOWN, FALSE, FALSE, UNKNOWN, Phase.SUSPENDED),
    OutcomeKind.REMOVED: _Answers(TRUE, FALSE, FALSE, TRUE, Phase.READY),
    OutcomeKind.BROKEN: _Answers(FALSE, TRUE, FALSE, UNKNOWN, Phase.DEGRADED),
}


def status_after(previous: InstanceStatus, outcome: Outcome, now: datetime) -> InstanceStatus:
    """The status once a pass has ended; revisions are the caller's."""
    answers = ANSWERS[outcome.kind]
    return _with(previous, answers, outcome.reason, outcome.message, outcome.healthy, now)


def status_during(previous: InstanceStatus, step: str, now: datetime) -> InstanceStatus:
    """The status while `step` runs."""
    answers = _Answers(UNKNOWN, TRUE, FALSE, FALSE, Phase.PROGRESSING)
    return _with(previous, answers, "Progressing", f"{step} is running", None, now)


def status_noted(
    previous: InstanceStatus, kind: ConditionType, said: Noted, now: datetime
) -> InstanceStatus:
    """The status once a supervisor has answered a question of NOTED; all else stays."""
    made = _condition(previous, kind, said.status, now)
    made = made.model_copy(update={"reason": said.reason, "message": said.message})
    others = tuple(c for c in previous.conditions if c.type is not kind)
    return previous.model_copy(update={"conditions": (*others, made)})


def _with(
    previous: InstanceStatus,
    answers: _Answers,
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
        condition(ConditionType.READY, answers.ready),
        condition(ConditionType.RECONCILING, answers.reconciling),
        condition(ConditionType.STALLED, answers.stalled),
        condition(ConditionType.SYNCED, answers.synced),
        _healthy(previous, condition(ConditionType.HEALTHY, health)),
        *(c for c in previous.conditions if c.type in NOTED),
    )
    return previous.model_copy(
        update={
            "phase": answers.phase,
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
    """Health has its own reasons: a rejected release leaves the device healthy."""
    if condition.status is TRUE:
        return condition.model_copy(update={"reason": "Forwarding", "message": ""})
    if condition.status is UNKNOWN:
        return condition.model_copy(update={"reason": "NotObserved", "message": ""})
    before = previous.condition(ConditionType.HEALTHY)
    if before is not None and before.status is FALSE and condition.reason == "Progressing":
        return before
    return condition
