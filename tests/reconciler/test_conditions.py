from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from reconciler.conditions import status_after, status_during
from reconciler.outcome import Outcome, OutcomeKind
from schemas.status import Condition, ConditionType, InstanceStatus, Phase

START = datetime(2030, 1, 1, tzinfo=UTC)
NEW = InstanceStatus(instance="box/stream", phase=Phase.PENDING, generation=3)


def condition(status: InstanceStatus, kind: ConditionType) -> Condition:
    found = status.condition(kind)
    assert found is not None
    return found


def answers(status: InstanceStatus) -> str:
    return " ".join(f"{c.type.value}={c.status.value}" for c in status.conditions)


@pytest.mark.parametrize(
    ("outcome", "phase", "said"),
    [
        (
            Outcome(OutcomeKind.APPLIED, "ReconciliationSucceeded", healthy=True),
            Phase.READY,
            "Ready=True Reconciling=False Stalled=False Synced=True Healthy=True",
        ),
        (
            Outcome(OutcomeKind.REVERTED, "VerifyFailed", "no", healthy=True),
            Phase.DEGRADED,
            "Ready=False Reconciling=False Stalled=True Synced=False Healthy=True",
        ),
        (
            Outcome(OutcomeKind.STALLED, "InvalidSpec", "no"),
            Phase.STALLED,
            "Ready=False Reconciling=False Stalled=True Synced=False Healthy=Unknown",
        ),
        (
            Outcome(OutcomeKind.TRANSIENT, "DeviceUnreachable", "no", healthy=False),
            Phase.PROGRESSING,
            "Ready=False Reconciling=True Stalled=False Synced=Unknown Healthy=False",
        ),
        (
            Outcome(OutcomeKind.DRIFTED, "Drifted", "x", healthy=True),
            Phase.READY,
            "Ready=True Reconciling=False Stalled=False Synced=False Healthy=True",
        ),
    ],
)
def test_conditions_of_an_outcome(outcome: Outcome, phase: Phase, said: str) -> None:
    status = status_after(NEW, outcome, START)
    assert (status.phase, answers(status)) == (phase, said)
    assert status.observed_generation == 3
    assert {c.observed_generation for c in status.conditions} == {3}


@pytest.mark.parametrize("kind", list(OutcomeKind))
def test_every_outcome_has_conditions(kind: OutcomeKind) -> None:
    assert len(status_after(NEW, Outcome(kind, "Some"), START).conditions) == len(ConditionType)


def test_transition_time_moves_only_with_the_answer() -> None:
    applied = Outcome(OutcomeKind.APPLIED, "ReconciliationSucceeded", healthy=True)
    first = status_after(NEW, applied, START)
    later = status_after(first, applied, START + timedelta(hours=1))
    assert later == first
    failed = Outcome(OutcomeKind.STALLED, "BuildFailed", "no")
    last = status_after(later, failed, START + timedelta(hours=2))
    assert condition(last, ConditionType.READY).last_transition == START + timedelta(hours=2)
    assert condition(last, ConditionType.HEALTHY).last_transition == START


def test_a_rejected_release_leaves_the_device_healthy_with_a_reason_of_its_own() -> None:
    rejected = Outcome(OutcomeKind.REJECTED, "RevisionRejected", "bad", healthy=True)
    status = status_after(NEW, rejected, START)
    assert condition(status, ConditionType.SYNCED).reason == "RevisionRejected"
    assert condition(status, ConditionType.HEALTHY).reason == "Forwarding"


def test_a_running_step_is_shown() -> None:
    status = status_during(NEW, "Build", START)
    assert status.phase is Phase.PROGRESSING
    assert condition(status, ConditionType.RECONCILING).message == "Build is running"
