"""An instance that is no longer in the repository is planned, attempted, recorded and removed like
any other.
"""

from __future__ import annotations

import pytest

from reconciler.cli.plan import plan_all
from reconciler.devices.open import open_click_up
from reconciler.load import load
from reconciler.outcome import OutcomeKind
from reconciler.testbed.here import directory_of, releases_of
from schemas.device import Device
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


async def test_an_instance_whose_place_another_one_has_taken_is_gone(house: House) -> None:
    house.repository.commit()
    await house.once()
    await house.device.stop()
    described = {"apiVersion": "click-up/v1alpha1", "kind": "Device", "metadata": {"name": "crate"},
                 "spec": {"directory": str(directory_of(house.device).parent)}}  # fmt: skip
    other = open_click_up(Device.model_validate(described), "stream", house.data)
    await other.start(await house.builder.supervisor())
    taken = await house.once()
    assert (taken.kind, taken.reason) == (OutcomeKind.STALLED, "DirectoryTaken")
    assert "is that of crate/stream" in taken.message
    give_up(house)
    assert (await house.once()).kind is OutcomeKind.REMOVED
    assert (await other.observe()).status is not None
    assert list(releases_of(other).iterdir())
    await other.remove()


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


async def test_most_instances_go_at_once_only_when_that_is_meant(house: House) -> None:
    device, rollout = (house.repository.folder / f"{kind}.yaml" for kind in ("device", "rollout"))
    house.repository.commit()
    one = device.read_text()
    device.write_text("---".join(one.replace("box", name) for name in ("box", "crate", "drum")))
    rollout.write_text(rollout.read_text().replace("[box]", "[box, crate, drum]"))
    house.repository.commit_all()
    all_three = await house.loop().run_once()
    assert {outcome.kind for outcome in all_three.values()} == {OutcomeKind.APPLIED}
    rollout.write_text(rollout.read_text().replace("[box, crate, drum]", "[box]"))
    house.repository.commit_all()
    outcomes = await house.loop().run_once()
    assert outcomes["box/stream"].kind is OutcomeKind.UNCHANGED
    for key in ("crate/stream", "drum/stream"):
        assert outcomes[key].kind is OutcomeKind.STALLED
        assert "removes 2 of 3 instances at once" in outcomes[key].message
    files = {path.name: path.read_text() for path in house.repository.folder.glob("*.yaml")}
    repository = load(files)
    planned = await plan_all(house.planner, house.ledger, repository)
    assert sorted(planned.stalled) == ["crate/stream", "drum/stream"] and planned.exit_code == 2
    house.allow_removals = True
    outcomes = await house.loop().run_once()
    assert outcomes["crate/stream"].kind is outcomes["drum/stream"].kind is OutcomeKind.REMOVED


@pytest.mark.parametrize(
    "damage", ["utf-16", "latin-1", "lfs", "link", "submodule", "nul", "empty"]
)
async def test_what_cannot_be_read_removes_nothing(house: House, damage: str) -> None:
    """A file that cannot be read may hold what is gone (fluxcd/flux2#1126 and its kin)."""
    house.repository.commit()
    await house.once()
    rollout = house.repository.folder / "rollout.yaml"
    text = rollout.read_text()
    contents = {
        "latin-1": text.replace("all", "caf\xe9").encode("latin-1"),
        "lfs": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 7\n",
        "nul": b"\0" * 4096,
        "empty": b"",
        "utf-16": text.replace("apiVersion", "@").encode("utf-16"),
    }
    rollout.unlink()
    if damage in contents:
        rollout.write_bytes(contents[damage])
    elif damage == "link":
        rollout.symlink_to("elsewhere")
    else:
        house.repository.git("init", "-q", str(rollout))
        house.repository.git("-C", str(rollout), "commit", "-q", "--allow-empty", "-m", "x")
    house.repository.commit_all()
    outcome = await house.once()
    assert outcome.kind is OutcomeKind.STALLED and "rollout.yaml" in outcome.message
    assert (await house.device.observe()).status is not None
