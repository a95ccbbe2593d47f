"""Keeps the checkpoint settings of a device as described, and collects its checkpoints."""

from __future__ import annotations

from reconciler.apply.collecting import Collector
from reconciler.devices.client import DeviceClient
from reconciler.devices.reports import CheckpointStatus, DeviceStatus
from reconciler.errors import CheckpointFailed, DeviceMisconfigured, DeviceUnreachable
from reconciler.record.conditions import FALSE, TRUE, UNKNOWN, Finding
from reconciler.record.journal import Journal
from reconciler.store import Snapshots


async def keep_checkpoints(
    device: DeviceClient,
    journal: Journal,
    snapshots: Snapshots,
    status: DeviceStatus | None = None,
) -> None:
    """Correct the settings, record the condition, and collect the newest checkpoint when it is due.

    `status` is the supervisor's latest report, if any. A failure here is an event and never fails a
    pass.
    """
    try:
        status = status or await device.status()
        said = status.checkpoints
        if said is None:
            return await journal.record_checkpointed(NOT_OFFERED)
        if changed := await device.configure_checkpoints(said):
            await journal.event("Normal", "CheckpointsSet", changed)
        await journal.record_checkpointed(condition_of(said, bool(status.tables)))
        if said.last is not None and said.interval_ms and not status.unconfirmed:
            await Collector(snapshots, device).periodic(said.last, said.interval_ms / 1000)
    except (CheckpointFailed, DeviceMisconfigured, DeviceUnreachable) as error:
        await journal.event("Warning", error.reason, str(error))


NOT_OFFERED = Finding(
    UNKNOWN, "NotSupported", "the running supervisor is of a click-up without checkpoints"
)


def condition_of(said: CheckpointStatus, tables: bool) -> Finding:
    """Return the condition Checkpointed from what a supervisor reports. Pure."""
    where = f"to {said.directory}"
    if said.reason:
        return Finding(FALSE, said.reason, said.problem)
    if not tables:
        return Finding(TRUE, "NothingToSave")
    if not said.interval_ms:
        return Finding(TRUE, "OnDemand", f"before takeovers only, {where}")
    if said.last is None:
        return Finding(UNKNOWN, "NotYet", f"the first one will go {where}")
    return Finding(TRUE, "Written", f"every {said.interval_ms / 1000:g} s {where}")
