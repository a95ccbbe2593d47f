"""What lies on a device's disk, or else among the snapshots, in the terms of plan and snapshots."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from reconciler.checkpoints.checkpoint import Checkpoint, Table
from reconciler.checkpoints.file import CheckpointDamaged, CheckpointTooNew, read_checkpoint
from reconciler.devices.client import DeviceClient
from reconciler.observe.targets import read_record
from reconciler.plan.terms import HeldTable, SavedState
from reconciler.store import Snapshots
from schemas.release import ReleaseRecord
from schemas.snapshot import Snapshot, SnapshotTable


@dataclass(frozen=True)
class Contents:
    """What a checkpoint file says it holds, without the records."""

    sequence: int
    taken: datetime
    instance: str
    release: str
    reason: str
    tables: dict[str, SnapshotTable]

    @classmethod
    def of(cls, file: Path) -> Contents:
        """Verifies all of it. Raises CheckpointDamaged, CheckpointTooNew, OSError."""
        return cls.described(read_checkpoint(file))

    @classmethod
    def described(cls, checkpoint: Checkpoint) -> Contents:
        """The same of a checkpoint that was read."""
        return cls(
            sequence=checkpoint.sequence,
            taken=datetime.fromtimestamp(checkpoint.real_time_ns // 1_000_000_000, UTC),
            instance=checkpoint.instance,
            release=checkpoint.release,
            reason=checkpoint.reason,
            tables={table.name: _described(table) for table in checkpoint.tables},
        )


async def saved_state(device: DeviceClient, snapshots: Snapshots) -> SavedState | None:
    """What a device would restore: the newest checkpoint on it that verifies; or what may be put
    there, the newest snapshot of the instance. None when there is neither.
    """
    for name in await device.list_checkpoints():
        try:
            file = await device.fetch_checkpoint(name)
            contents = await asyncio.to_thread(Contents.of, file)
        except (CheckpointDamaged, CheckpointTooNew, OSError):
            continue  # the device sets it aside, and uses the one before
        if contents.instance not in ("", device.name):
            continue  # the directory serves another instance, too
        record = await written_by(device, contents.release)
        return SavedState(name, moment(contents.taken), held(contents.tables), record)
    for snapshot in reversed(await asyncio.to_thread(snapshots.all, device.name)):
        if snapshot.tables:
            return await of_snapshot(snapshot, device)
    return None


async def of_snapshot(snapshot: Snapshot, device: DeviceClient) -> SavedState:
    """A snapshot that would be put on a device."""
    tables, record = held(snapshot.tables), await written_by(device, snapshot.release)
    return SavedState("", moment(snapshot.taken), tables, record, snapshot.name)


async def written_by(device: DeviceClient, release: str) -> ReleaseRecord:
    """What is known of a release whose driver is on the device, or nothing."""
    record = read_record(await device.record(release) if release else None)
    # The driver is what counts; a record that somebody staged by hand may not name itself.
    return record.model_copy(update={"release": release}) if record.states else record


def held(tables: dict[str, SnapshotTable]) -> dict[str, HeldTable]:
    """Tables of a file in the plan's terms."""
    return {
        name: HeldTable(one.layout, one.version, one.capacity, one.records, one.descriptor)
        for name, one in tables.items()
    }


def moment(time: datetime) -> str:
    """A time for people, UTC."""
    return f"{time:%Y-%m-%d %H:%M:%S}Z"


def _described(table: Table) -> SnapshotTable:
    return SnapshotTable(
        layout=f"{table.layout_hash:016x}",
        version=table.descriptor.version,
        capacity=table.capacity,
        records=len(table.rows),
        descriptor=table.text,
    )
