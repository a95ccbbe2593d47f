"""Data stored by older versions of click-up can be read."""

from __future__ import annotations

from reconciler.load.repository import Repository
from reconciler.record.journal import applied_desired, applied_objects
from reconciler.store import InstanceRecord


def test_keys_that_say_nothing_any_more_are_passed_over(example: Repository) -> None:
    (desired,) = example.instances()
    stored = applied_objects(desired)
    stored["rollout"]["spec"]["on_failure"] = "revert"
    stored["device"]["spec"]["of_later"] = {"a": 1}
    found = applied_desired(InstanceRecord(key=desired.key, applied=stored))
    assert found is not None
    assert (found.rollout, found.device, found.element) == (
        desired.rollout,
        desired.device,
        desired.element,
    )
