"""An instance that is no longer in the repository is planned, attempted, recorded and removed like
any other.
"""

from __future__ import annotations

from reconciler.outcome import OutcomeKind
from reconciler.testbed.here import releases_of
from tests.e2e.support.processes import kill
from tests.reconciler.reconcile.house import House
from tests.reconciler.reconcile.pipeline import KEY


def give_up(house: House) -> str:
    """Rename the device, so that nothing is to run under the old name; return the revision."""
    device, rollout = (house.repository.folder / f"{kind}.yaml" for kind in ("device", "rollout"))
    device.write_text(device.read_text().replace("name: box", "name: case"))
    text = rollout.read_text().replace("names: [box]", "names: [case]")
    rollout.write_text(text.replace("spec:\n", "spec:\n  suspend: true\n"))
    return house.repository.commit_all()


async def test_a_removal_is_an_attempt(house: House) -> None:
    house.repository.commit()
    await house.once()
    revision = give_up(house)
    assert (await house.once()).kind is OutcomeKind.REMOVED
    assert (await house.device.observe()).status is None
    newest, first = house.ledger.attempts(KEY)
    assert (newest.release, newest.step, newest.outcome) == ("", "Remove", "Removed")
    assert first.outcome == "Applied"
    assert house.ledger.instance(KEY).status is None
    assert ("Removed", f"no longer in {revision}") in house.recorder.events


async def test_releases_go_although_no_supervisor_runs_any_more(house: House) -> None:
    house.repository.commit()
    await house.once()
    kill((await house.supervisor()).pid)
    assert list(releases_of(house.device).iterdir())
    give_up(house)
    assert (await house.once()).kind is OutcomeKind.REMOVED
    assert not releases_of(house.device).exists()


async def test_a_removal_that_nobody_saw_the_end_of_is_settled(house: House) -> None:
    house.repository.commit()
    await house.once()
    revision = give_up(house)
    attempt = house.ledger.begin_attempt(KEY, revision, "1.0.0", "", "")
    await house.device.remove()
    assert (await house.once()).kind is OutcomeKind.REMOVED
    known = {one.id: one.outcome for one in house.ledger.attempts(KEY)}
    assert known[attempt] == "Removed"
