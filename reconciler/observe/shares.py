"""Converts a device's report of priority, cores and rings into schemas and a condition. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from reconciler.devices.reports import DeviceStatus, RingDrops, RingStatus
from reconciler.record.conditions import FALSE, TRUE, Finding
from schemas.share import RingShare, Share

LATELY = timedelta(minutes=10)
REASONS = {
    "no_worker": "NoWorker",
    "off_processor": "OffProcessor",
    "overload": "Overload",
    "burst": "Burst",
    "too_long": "TooLong",
}


def share_of(status: DeviceStatus | None) -> Share | None:
    """Return the share of the device that the packet path has, as the supervisor reports it."""
    if status is None or status.scheduling is None:
        return None
    said = status.scheduling
    rings = {
        name: RingShare(
            frames=ring.frames, bytes=ring.bytes, bound=ring.bound, peak_rate=ring.peak_rate
        )
        for name, ring in status.rings.items()
    }
    return Share(
        priority=said.priority,
        wanted=said.wanted,
        cores=said.cores,
        refused=said.refused,
        rings=rings,
    )


def lossless_condition(rings: dict[str, RingStatus], now: datetime) -> Finding:
    """Return the condition Lossless from what rings dropped; drops long ago no longer count."""
    dropped = {
        name: ring.drops
        for name, ring in rings.items()
        if ring.drops is not None and now - datetime.fromisoformat(ring.drops.time) < LATELY
    }
    if not dropped:
        return Finding(TRUE, "NothingDropped")
    name, newest = max(dropped.items(), key=lambda item: item[1].time)
    reason = REASONS.get(newest.cause, "Unknown")
    return Finding(FALSE, reason, _drops_text(name, newest))


def _drops_text(interface: str, drops: RingDrops) -> str:
    why = {
        "no_worker": "no worker forwarded for longer than the ring holds",
        "off_processor": f"the worker was off the processor for {drops.off_processor_ms} of"
        f" {drops.over_ms} ms; raise spec.priority, or name spec.cores that others leave alone",
        "overload": "the worker was busy all the time: it needs a faster processor or less to do",
        "burst": "more came at once than the ring holds; raise spec.memory",
        "too_long": "they were longer than packets may be; set its MTU to 9,194 at most, and let"
        " no offload merge what it receives",
    }.get(drops.cause, drops.cause)
    return f"{interface} dropped {drops.frames:,} frames at {drops.time}: {why}"
