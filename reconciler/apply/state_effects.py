"""Effects of the steps that save, bring back and hand over state."""

from __future__ import annotations

import asyncio
from pathlib import Path

from reconciler.apply.collecting import Collector
from reconciler.apply.work import Work, number, whole
from reconciler.devices.status import TakeoverReport
from reconciler.errors import CheckpointFailed, DeviceUnreachable, Transient
from reconciler.store import NoSuchSnapshot
from schemas.meta import Value
from schemas.plan import Step
from schemas.snapshot import Occasion


async def checkpoint(work: Work, step: Step) -> None:
    """Save every table before it is touched. What cannot be saved stands in nobody's way, unless
    the plan lets something go for good: then it raises CheckpointFailed, or DeviceUnreachable when
    who would save it is gone.
    """
    collector, reason = Collector(work.snapshots, work.device), str(step.arguments["reason"])
    occasion = Occasion.REMOVAL if step.arguments["removes"] else Occasion.TAKEOVER
    try:
        if step.arguments["foreign"]:
            found = await collector.find(reason)
            await work.event("Normal", "SnapshotTaken", f"{found.name}: {reason}")
        else:
            await whole(collector.save(reason, occasion))
    except (CheckpointFailed, DeviceUnreachable) as error:
        if step.arguments["required"]:
            why = f"{error}; this release lets state go that has to be saved first"
            raise type(error)(why) from error
        await work.event("Warning", "CheckpointFailed", str(error))


async def restore_state(work: Work, step: Step) -> None:
    """Put a snapshot where the supervisor looks for checkpoints."""
    name = str(step.arguments["snapshot"])
    try:
        snapshot = await asyncio.to_thread(work.snapshots.find, name)
    except NoSuchSnapshot as error:
        raise Transient(f"{work.key}: it was pruned meanwhile: {error}") from error
    file = work.snapshots.state(snapshot)
    if file is None:
        raise Transient(f"{work.key}: snapshot {name} has lost its state.ckpt")
    try:
        await asyncio.to_thread(work.device.checkpoints.put, file)
    except OSError as error:
        # Without it the release would start empty, and nobody would have said so.
        raise Transient(f"{work.key}: cannot put {name} on the device: {error}") from error


async def take_over(work: Work, step: Step) -> None:
    """Let the release take over, with its records."""
    if (await work.device.observe()).status is None:
        await work.device.start(await work.builder.supervisor())
    release, seconds = str(step.arguments["release"]), number(step, "confirm_timeout")
    before = await asyncio.to_thread(work.device.checkpoints.damaged)
    taking_over = work.device.takeover(
        work.attempt,
        release,
        seconds,
        carrier=str(step.arguments["carrier"]),
        lose=_names(step.arguments["lose"]),
        restore=_path(step.arguments["restore"]),
    )
    report = await whole(taking_over)
    work.tell(report)
    await _tell_tables(work, report)
    for name in sorted(await asyncio.to_thread(work.device.checkpoints.damaged) - before):
        await work.event("Warning", "CheckpointDamaged", f"{name} was found damaged and set aside")


async def _tell_tables(work: Work, report: TakeoverReport) -> None:
    for name, table in sorted(report.states.items()):
        if table.fate == "restored":
            said = f"{name}: {table.kept + table.migrated} records from {table.source}"
            expired = f", {table.expired} had expired" if table.expired else ""
            await work.event("Normal", "StateRestored", said + expired)
        if table.lost:
            await work.event("Warning", "StateLost", f"{name}: {table.lost} records were lost")


def _names(value: Value) -> list[str]:
    return [str(name) for name in value] if isinstance(value, (list, tuple)) else []


def _path(value: Value) -> Path | None:
    return Path(str(value)) if value else None
