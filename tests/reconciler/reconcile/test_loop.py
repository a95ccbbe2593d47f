"""The whole loop against a real repository, a real compiler, a real supervisor and driver."""

from __future__ import annotations

import asyncio
import os
import signal
import time

from reconciler.outcome import OutcomeKind
from reconciler.store import Suspension
from schemas.status import ConditionType, Phase
from tests.reconciler.reconcile.house import House
from tests.reconciler.reconcile.pipeline import KEY


async def test_first_revision_is_built_staged_verified_and_confirmed(house: House) -> None:
    revision = house.repository.commit()
    outcome = await house.once()
    assert (outcome.kind, outcome.meaning.exit_code) == (OutcomeKind.APPLIED, 0)
    assert house.recorder.steps == ["Stage", "Start", "Takeover", "Verify", "Confirm"]
    assert house.status.applied_revision == revision
    assert house.status.phase is Phase.READY
    supervisor = await house.supervisor()
    assert supervisor.state == "forwarding"
    assert supervisor.confirmed == house.status.release
    assert (await house.once()).kind is OutcomeKind.UNCHANGED


async def test_upgrade_takes_over_and_history_tells(house: House) -> None:
    house.repository.commit()
    await house.once()
    house.repository.commit(version="2.0.0", counter="counted")
    assert (await house.once()).kind is OutcomeKind.APPLIED
    newest, oldest = house.ledger.attempts(KEY)
    assert (newest.version, newest.outcome) == ("2.0.0", "Applied")
    assert newest.report is not None
    assert newest.report["running"]["previous"] == oldest.release
    assert (await house.device.read("counted.class")).strip() == "Counter"


async def test_live_parameter_is_a_handler_write(house: House) -> None:
    house.repository.commit()
    await house.once()
    revision = house.repository.commit(rate=50)
    assert (await house.once()).kind is OutcomeKind.APPLIED
    assert house.recorder.steps[-1] == "WriteHandlers"
    assert float(await house.device.read("made.rate")) == 50
    assert (await house.supervisor()).takeovers == 1
    assert house.status.applied_revision == revision
    assert (await house.once()).kind is OutcomeKind.UNCHANGED


async def test_failed_verification_reverts_and_rejects_until_something_changes(
    house: House,
) -> None:
    good = house.repository.commit()
    await house.once()
    bad = house.repository.commit(version="2.0.0", counter="other", probe="other.count < 0",
                                  settle="50ms")  # fmt: skip
    outcome = await house.once()
    assert (outcome.kind, outcome.meaning.exit_code) == (OutcomeKind.REVERTED, 3)
    assert "other.count < 0" in outcome.message
    status = house.status
    assert (status.attempted_revision, status.applied_revision) == (bad, good)
    assert status.rejected_revisions == (bad,)
    assert _reason(house, ConditionType.SYNCED) == ("False", "VerifyFailed")
    assert _reason(house, ConditionType.HEALTHY) == ("True", "Forwarding")
    takeovers = (await house.supervisor()).takeovers
    assert (await house.once()).kind is OutcomeKind.REJECTED
    assert (await house.supervisor()).takeovers == takeovers
    house.repository.commit(probe="other.count >= 0")
    assert (await house.once()).kind is OutcomeKind.APPLIED


async def test_rejected_revision_is_tried_again_when_asked(house: House) -> None:
    house.repository.commit()
    await house.once()
    house.repository.commit(counter="other", probe="other.count < 0", settle="20ms")
    await house.once()
    takeovers = (await house.supervisor()).takeovers
    house.ledger.requests.add(KEY, retry=True)
    assert (await house.once()).kind is OutcomeKind.REVERTED
    assert (await house.supervisor()).takeovers == takeovers + 1


async def test_a_request_waits_for_the_first_revision(house: House) -> None:
    house.ledger.requests.add(KEY, retry=False)

    async def is_refused_again() -> bool:
        return len([one for one in house.recorder.events if one[0] == "RevisionNotFound"]) > 1

    async with house.running():
        await house.until(is_refused_again)
        await house.applied(house.repository.commit())


async def test_killed_supervisor_is_drift_and_is_healed(house: House) -> None:
    house.repository.commit()
    async with house.running():
        await house.until(lambda: _phase(house, Phase.READY))
        before = await house.supervisor()
        os.kill(before.pid, signal.SIGKILL)
        await house.until(lambda: _event(house, "Healed"))
        after = await house.supervisor()
    assert after.pid != before.pid
    assert after.confirmed == before.confirmed
    drifted = next(message for reason, message in house.recorder.events if reason == "Drifted")
    assert "ElementAdded" in drifted or "Drifted" in drifted


async def test_changed_handler_is_drift_and_is_healed(house: House) -> None:
    house.repository.commit()
    async with house.running():
        await house.until(lambda: _phase(house, Phase.READY))
        await house.device.write([("made.rate", "7")])
        await house.until(lambda: _event(house, "Healed"))
        assert float(await house.device.read("made.rate")) == 1000
    assert any("made" in text and "7" in text for reason, text in house.recorder.events
               if reason == "Drifted")  # fmt: skip


async def test_drift_is_only_reported_when_the_rollout_says_so(house: House) -> None:
    house.repository.commit(drift="report")
    await house.once()
    await house.device.write([("made.rate", "7")])
    outcome = await house.once()
    assert outcome.kind is OutcomeKind.DRIFTED
    assert _reason(house, ConditionType.SYNCED) == ("False", "Drifted")
    assert float(await house.device.read("made.rate")) == 7


async def test_commit_ends_a_soak(house: House) -> None:
    house.repository.commit()
    async with house.running():
        await house.until(lambda: _phase(house, Phase.READY))
        house.repository.commit(counter="long", probe="long.count >= 0", soak="10m", confirm="20m")
        await house.until(lambda: _takeovers(house, 2))
        await asyncio.sleep(1.6)
        revision = house.repository.commit(counter="short", probe="short.count >= 0", soak="50ms")
        await house.until(lambda: _takeovers(house, 3))
        await house.applied(revision)
    assert (await house.supervisor()).reverts == 1


async def test_burst_of_commits_costs_few_takeovers(house: House) -> None:
    house.repository.commit()
    async with house.running():
        await house.until(lambda: _phase(house, Phase.READY))
        revision = ""
        for number in range(10):
            name = f"seen{number}"
            revision = house.repository.commit(counter=name, probe=f"{name}.count >= 0")
            await asyncio.sleep(0.3)
        await house.applied(revision)
        assert (await house.supervisor()).takeovers - 1 <= 3


async def test_worker_killed_in_probation_rejects_the_release(house: House) -> None:
    house.repository.commit()
    await house.once()
    house.repository.commit(counter="frail", probe="frail.count >= 0", soak="10s")
    task = asyncio.create_task(house.once())
    await house.until(lambda: _takeovers(house, 2))
    active = (await house.supervisor()).active
    assert active is not None
    os.kill(active.pid, signal.SIGKILL)
    assert (await task).kind is OutcomeKind.REVERTED
    assert house.status.rejected_revisions


async def test_interrupted_soak_is_verified_again_without_another_takeover(house: House) -> None:
    house.repository.commit()
    await house.once()
    revision = house.repository.commit(counter="slow", probe="slow.count >= 0", soak="2s")
    task = asyncio.create_task(house.once())
    await house.until(lambda: _takeovers(house, 2))
    task.cancel()
    await asyncio.wait({task})
    assert (await house.once()).kind is OutcomeKind.APPLIED
    assert (await house.supervisor()).takeovers == 2
    assert house.status.applied_revision == revision
    assert [a.outcome for a in house.ledger.attempts(KEY)] == ["Applied", "Applied"]


async def test_supervisor_reverts_when_nobody_confirms_and_the_release_is_tried_again(
    house: House,
) -> None:
    house.repository.commit()
    await house.once()
    house.repository.commit(counter="late", probe="late.count >= 0", settle="20ms", soak="2s",
                             confirm="3s")  # fmt: skip
    task = asyncio.create_task(house.once())
    await house.until(lambda: _takeovers(house, 2))
    task.cancel()
    await asyncio.wait({task})

    async def went_back() -> bool:
        return (await house.supervisor()).reverts == 1

    await house.until(went_back)
    assert (await house.once()).kind is OutcomeKind.APPLIED
    assert ("ConfirmTimeout", "not confirmed within 3000 ms") in house.recorder.events


async def test_broken_file_stalls_its_instance_and_leaves_it_running(house: House) -> None:
    house.repository.commit()
    await house.once()
    (house.repository.folder / "element.yaml").write_text("apiVersion: click-up/v1alpha1\nkind: [")
    house.repository.commit_all()
    outcome = await house.once()
    assert (outcome.kind, outcome.meaning.exit_code) == (OutcomeKind.STALLED, 1)
    assert "element.yaml" in outcome.message
    assert (await house.supervisor()).state == "forwarding"


async def test_suspended_instance_is_left_alone_until_resumed(house: House) -> None:
    house.repository.commit()
    await house.once()
    house.ledger.suspend(KEY, Suspension(reason="audit", owner="eve", since=time.time()))
    house.repository.commit(counter="other", probe="other.count >= 0")
    assert (await house.once()).kind is OutcomeKind.SUSPENDED
    assert house.status.phase is Phase.SUSPENDED
    house.ledger.resume(KEY)
    assert (await house.once()).kind is OutcomeKind.APPLIED


async def _phase(house: House, phase: Phase) -> bool:
    status = house.ledger.instance(KEY).status
    return status is not None and status.phase is phase


async def _event(house: House, reason: str) -> bool:
    return any(one == reason for one, _ in house.recorder.events)


async def _takeovers(house: House, count: int) -> bool:
    return (await house.supervisor()).takeovers >= count


def _reason(house: House, kind: ConditionType) -> tuple[str, str]:
    condition = house.status.condition(kind)
    assert condition is not None
    return condition.status.value, condition.reason
