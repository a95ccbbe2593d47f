"""A device's description in the repository, compared with where and what the device is."""

from __future__ import annotations

from reconciler.outcome import OutcomeKind
from reconciler.transports.local import own_platform
from tests.reconciler.reconcile.house import House
from tests.reconciler.reconcile.pipeline import KEY

TOO_FAST = 10**400


async def test_a_running_device_is_not_moved(house: House) -> None:
    house.repository.commit()
    applied = (await house.once()).message
    device = house.repository.folder / "device.yaml"
    elsewhere = house.data / "elsewhere"
    device.write_text(device.read_text().replace("{interfaces: {}}", f"{{directory: {elsewhere}}}"))
    house.repository.commit_all()
    outcome = await house.once()
    assert (outcome.kind, outcome.reason) == (OutcomeKind.STALLED, "DeviceMoved")
    assert f"spec.directory was None and is now '{elsewhere}'" in outcome.message
    assert not elsewhere.exists()
    assert (await house.supervisor()).state == "forwarding"
    await house.device.remove()
    assert (await house.once()).kind is OutcomeKind.APPLIED, applied
    assert (elsewhere / "stream").exists()
    await house.device_in(elsewhere).remove()


async def test_a_device_of_another_platform_is_not_touched(house: House) -> None:
    house.repository.commit()
    device = house.repository.folder / "device.yaml"
    (other,) = {"linux/amd64", "linux/arm64"} - {own_platform()}
    text = device.read_text().replace("{interfaces: {}}", f"\n  platform: {other}")
    device.write_text(text)
    house.repository.commit_all()
    outcome = await house.once()
    line = text[: text.index("platform")].count("\n") + 1
    assert (outcome.kind, outcome.reason) == (OutcomeKind.STALLED, "DeviceMisconfigured")
    assert outcome.message == (
        f"device.yaml:{line}:13: Other platform: {other}, but box is {own_platform()}. Write"
        f" platform: {own_platform()}, or leave it out; what is reached locally is this machine."
    )
    assert house.recorder.steps == []
    device.write_text(text.replace(other, own_platform()))
    house.repository.commit_all()
    assert (await house.once()).kind is OutcomeKind.APPLIED


async def test_a_refused_live_change_is_rejected_and_not_written_again(house: House) -> None:
    good = house.repository.commit()
    await house.once()
    bad = house.repository.commit(rate=TOO_FAST)
    outcome = await house.once()
    assert (outcome.kind, outcome.meaning.exit_code) == (OutcomeKind.REVERTED, 3)
    assert outcome.message.startswith("live change refused: made.rate: ")
    assert house.status.rejected_revisions == (bad,)
    assert house.status.applied_revision == good
    steps = list(house.recorder.steps)
    assert (await house.once()).kind is OutcomeKind.REJECTED
    assert house.recorder.steps == steps
    assert house.ledger.attempts(KEY)[0].outcome == "ChangeRefused"
    house.repository.commit(rate=60)
    assert (await house.once()).kind is OutcomeKind.APPLIED
