"""Files of a repository that cannot be read."""

from __future__ import annotations

from reconciler.outcome import OutcomeKind
from tests.reconciler.reconcile.house import House


async def test_a_file_nobody_can_read_is_told_although_no_instance_waits_for_it(
    house: House,
) -> None:
    house.repository.commit()
    (house.repository.folder / "new.yaml").write_text(
        "apiVersion: click-up/v1alpha1\nkind: Device\nmetadata: {name: new\n"
    )
    house.repository.commit_all()
    assert (await house.once()).kind is OutcomeKind.APPLIED
    (message,) = [text for why, text in house.recorder.events if why == "UnreadableFile"]
    assert message.startswith("new.yaml:")
    assert [event.reason for event in house.ledger.events.newest("")] == ["UnreadableFile"]
