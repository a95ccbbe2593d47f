from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reconciler.devices.reports import CheckpointReport, CheckpointStatus
from reconciler.outcome import Outcome, OutcomeKind
from reconciler.reconcile.checkpoint_upkeep import condition_of
from reconciler.record.conditions import (
    FALSE,
    SUPERVISOR_CONDITIONS,
    TRUE,
    Finding,
    status_after,
    status_during,
    status_with_finding,
)
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
    said = {one.type for one in status_after(NEW, Outcome(kind, "Some"), START).conditions}
    assert said == set(ConditionType) - set(SUPERVISOR_CONDITIONS)


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


FULL = Finding(FALSE, "DirectoryFull", "no room")
WRITTEN = Finding(TRUE, "Written", "every 60 s to /c")


def test_checkpoints_have_a_condition_that_outcomes_leave_alone() -> None:
    full = status_with_finding(NEW, ConditionType.CHECKPOINTED, FULL, START)
    later = START + timedelta(hours=1)
    after = status_after(full, Outcome(OutcomeKind.APPLIED, "Some", healthy=True), later)
    assert condition(after, ConditionType.CHECKPOINTED) == full.conditions[0]
    assert (full.conditions[0].reason, full.conditions[0].message) == ("DirectoryFull", "no room")
    assert condition(after, ConditionType.READY).status.value == "True"
    still = status_with_finding(after, ConditionType.CHECKPOINTED, FULL, later)
    assert condition(still, ConditionType.CHECKPOINTED).last_transition == START
    mended = status_with_finding(still, ConditionType.CHECKPOINTED, WRITTEN, later)
    assert condition(mended, ConditionType.CHECKPOINTED).last_transition == later


LAST = CheckpointReport(file="0000000001.ckpt")


@pytest.mark.parametrize(
    ("said", "tables", "expected"),
    [
        ({"interval_ms": 60000, "last": LAST}, True, "True Written: every 60 s to /c"),
        ({"interval_ms": 60000}, True, "Unknown NotYet: the first one will go to /c"),
        ({"interval_ms": 60000}, False, "True NothingToSave: "),
        ({"interval_ms": 0}, True, "True OnDemand: before takeovers only, to /c"),
        ({"reason": "DirectoryMissing", "problem": "no /c"}, True,
         "False DirectoryMissing: no /c"),
        ({"reason": "WriteFailed", "problem": "I/O", "last": LAST}, False,
         "False WriteFailed: I/O"),
    ],
)  # fmt: skip
def test_what_a_supervisor_says_becomes_a_condition(
    said: dict[str, Any], tables: bool, expected: str
) -> None:
    found = condition_of(CheckpointStatus(directory="/c", **said), tables)
    assert f"{found.status.value} {found.reason}: {found.message}" == expected
