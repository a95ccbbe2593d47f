"""Looks after a device's checkpoints: that they are written as its description says, and kept."""

from __future__ import annotations

from reconciler.apply.collecting import Collector
from reconciler.devices.client import DeviceClient
from reconciler.devices.reports import CheckpointStatus, DeviceStatus
from reconciler.errors import CheckpointFailed, DeviceUnreachable
from reconciler.record.conditions import FALSE, TRUE, UNKNOWN, Noted
from reconciler.record.journal import Journal
from reconciler.store import Snapshots


async def look_after(
    device: DeviceClient,
    journal: Journal,
    snapshots: Snapshots,
    status: DeviceStatus | None = None,
) -> None:
    """Put the settings right, record the condition, keep the newest checkpoint when it is time.

    `status` is what the supervisor said just now, if it was asked. Nothing of this stands in the
    way of a pass: what fails is an event.
    """
    try:
        status = status or await device.status()
        said = status.checkpoints
        if said is None:
            return await journal.checkpointed(NOT_OFFERED)
        if changed := await device.configure_checkpoints(said):
            await journal.event("Normal", "CheckpointsSet", changed)
        await journal.checkpointed(condition_of(said, bool(status.tables)))
        if said.last is not None and said.interval_ms and not status.unconfirmed:
            await Collector(snapshots, device).periodic(said.last, said.interval_ms / 1000)
    except (CheckpointFailed, DeviceUnreachable) as error:
        await journal.event("Warning", error.reason, str(error))


NOT_OFFERED = Noted(
    UNKNOWN, "NotSupported", "the supervisor that runs is of a click-up without checkpoints"
)


def condition_of(said: CheckpointStatus, tables: bool) -> Noted:
    """Pure: from what a supervisor says to a condition."""
    where = f"to {said.directory}"
    if said.reason:
        return Noted(FALSE, said.reason, said.problem)
    if not tables:
        return Noted(TRUE, "NothingToSave")
    if not said.interval_ms:
        return Noted(TRUE, "OnDemand", f"before takeovers only, {where}")
    if said.last is None:
        return Noted(UNKNOWN, "NotYet", f"the first one will go {where}")
    return Noted(TRUE, "Written", f"every {said.interval_ms / 1000:g} s {where}")
