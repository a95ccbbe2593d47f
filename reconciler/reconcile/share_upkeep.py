"""Keeps the share of the device that the packet path has as described, and reports
dropped frames.
"""

from __future__ import annotations

from datetime import UTC, datetime

from reconciler.devices.client import DeviceClient
from reconciler.devices.reports import DeviceStatus
from reconciler.errors import DeviceUnreachable, Transient
from reconciler.observe.shares import lossless_condition, share_of
from reconciler.record.conditions import UNKNOWN, Finding
from reconciler.record.journal import Journal

NOT_OFFERED = Finding(
    UNKNOWN, "NotSupported", "the running supervisor is of a click-up that does not report drops"
)


async def keep_share(device: DeviceClient, journal: Journal, status: DeviceStatus) -> None:
    """Correct priority, cores and memory; record them, and whether frames were dropped.

    A failure here is an event and never fails a pass.
    """
    said = status.scheduling
    if said is None:
        return await journal.record_lossless(NOT_OFFERED)
    try:
        if changed := await device.configure_share(said):
            await journal.event("Normal", "ShareSet", f"the packet path gets {changed}")
    except (DeviceUnreachable, Transient) as error:
        await journal.event("Warning", error.reason, str(error))
    journal.record_share(share_of(status))
    await journal.record_lossless(lossless_condition(status.rings, datetime.now(UTC)))
