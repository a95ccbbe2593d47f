"""Effects of the steps that save, restore and hand over state."""

from __future__ import annotations

import asyncio
from pathlib import Path

from reconciler.apply.collecting import Collector
from reconciler.apply.work import Work, to_its_end
from reconciler.devices.client import TakeoverRequest
from reconciler.devices.reports import TakeoverReport
from reconciler.errors import CheckpointFailed, DeviceUnreachable, Transient
from reconciler.store import NoSuchSnapshot
from schemas.snapshot import Occasion
from schemas.steps import Checkpoint, RestoreState, Takeover


async def checkpoint(work: Work, step: Checkpoint) -> None:
    """Save every table before it is changed. A failure is only reported, unless the plan discards
    state for good: then raises CheckpointFailed, or DeviceUnreachable when the process that would
    save it is gone.
    """
    collector = Collector(work.snapshots, work.device)
    occasion = Occasion.REMOVAL if step.removes else Occasion.TAKEOVER
    try:
        if step.foreign:
            kept = await collector.find(step.reason)
        else:
            kept = await to_its_end(collector.save(step.reason, occasion))
        if step.foreign or work.plan.release is None:
            await work.recorder.event("Normal", "SnapshotTaken", f"{kept.name}: {step.reason}")
    except (CheckpointFailed, DeviceUnreachable) as error:
        if step.required:
            why = f"{error}; this release lets state go that has to be saved first"
            raise type(error)(why) from error
        await work.recorder.event("Warning", "CheckpointFailed", str(error))


async def restore_state(work: Work, step: RestoreState) -> None:
    """Put a snapshot where the supervisor looks for checkpoints."""
    name = step.snapshot
    try:
        snapshot = await asyncio.to_thread(work.snapshots.find, name)
    except NoSuchSnapshot as error:
        raise Transient(f"{work.key}: it was pruned meanwhile: {error}") from error
    file = work.snapshots.checkpoint(snapshot)
    if file is None:
        raise Transient(f"{work.key}: snapshot {name} has lost its state.ckpt")
    try:
        await work.device.put_checkpoint(file)
    except OSError as error:
        # Without the snapshot the release would silently start with empty tables.
        raise Transient(f"{work.key}: cannot put {name} on the device: {error}") from error


async def take_over(work: Work, step: Takeover) -> None:
    """Let the release take over, and report what became of the records."""
    before = await work.device.damaged_checkpoints()
    request = TakeoverRequest(
        attempt=work.attempt,
        release=step.release,
        confirm_seconds=step.confirm_timeout,
        carrier=step.carrier,
        lose=step.lose,
        restore=Path(step.restore) if step.restore else None,
    )
    report = await to_its_end(work.device.takeover(request))
    work.recorder.report(report)
    await _tell_tables(work, report)
    for name in sorted(await work.device.damaged_checkpoints() - before):
        damaged = f"{name} was found damaged and set aside"
        await work.recorder.event("Warning", "CheckpointDamaged", damaged)


async def _tell_tables(work: Work, report: TakeoverReport) -> None:
    for name, table in sorted(report.states.items()):
        if table.fate == "restored":
            said = f"{name}: {table.kept + table.migrated} records from {table.source}"
            expired = f", {table.expired} had expired" if table.expired else ""
            await work.recorder.event("Normal", "StateRestored", said + expired)
        if table.lost:
            await work.recorder.event(
                "Warning", "StateLost", f"{name}: {table.lost} records were lost"
            )
