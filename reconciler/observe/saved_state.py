"""Reads saved tables, from a device's disk or else from the snapshots, in the terms of plan and
snapshots.
"""

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
    """The description of a checkpoint file, without its records."""

    sequence: int
    taken: datetime
    instance: str
    release: str
    reason: str
    tables: dict[str, SnapshotTable]

    @classmethod
    def of(cls, file: Path) -> Contents:
        """Read and verify the whole file. Raises CheckpointDamaged, CheckpointTooNew, OSError."""
        return cls.described(read_checkpoint(file))

    @classmethod
    def described(cls, checkpoint: Checkpoint) -> Contents:
        """Describe a checkpoint that was read already."""
        return cls(
            sequence=checkpoint.sequence,
            taken=datetime.fromtimestamp(checkpoint.real_time_ns // 1_000_000_000, UTC),
            instance=checkpoint.instance,
            release=checkpoint.release,
            reason=checkpoint.reason,
            tables={table.name: _snapshot_table(table) for table in checkpoint.tables},
        )


async def saved_state(device: DeviceClient, snapshots: Snapshots) -> SavedState | None:
    """Return what a device would restore: its newest checkpoint that verifies, else the newest
    snapshot of the instance, which may be copied there, else None.
    """
    for name in await device.list_checkpoints():
        try:
            file = await device.fetch_checkpoint(name)
            contents = await asyncio.to_thread(Contents.of, file)
        except (CheckpointDamaged, CheckpointTooNew, OSError):
            continue  # the device sets it aside and uses the one before
        if contents.instance not in ("", device.name):
            continue  # the directory is shared with another instance
        record = await writer_record(device, contents.release)
        return SavedState(name, utc_text(contents.taken), held_tables(contents.tables), record)
    for snapshot in reversed(await asyncio.to_thread(snapshots.all, device.name)):
        if snapshot.tables:
            return await of_snapshot(snapshot, device)
    return None


async def of_snapshot(snapshot: Snapshot, device: DeviceClient) -> SavedState:
    """Return a snapshot as tables that may be copied to a device."""
    tables, record = held_tables(snapshot.tables), await writer_record(device, snapshot.release)
    return SavedState("", utc_text(snapshot.taken), tables, record, snapshot.name)


async def writer_record(device: DeviceClient, release: str) -> ReleaseRecord:
    """Return the record of a release whose driver is on the device, else an empty one."""
    record = read_record(await device.record(release) if release else None)
    # Only the driver matters; a release staged by hand may not name itself in its record.
    return record.model_copy(update={"release": release}) if record.states else record


def held_tables(tables: dict[str, SnapshotTable]) -> dict[str, HeldTable]:
    """Return the tables of a file in the plan's terms."""
    return {
        name: HeldTable(one.layout, one.version, one.capacity, one.records, one.descriptor)
        for name, one in tables.items()
    }


def utc_text(time: datetime) -> str:
    """Write a time in UTC for people."""
    return f"{time:%Y-%m-%d %H:%M:%S}Z"


def _snapshot_table(table: Table) -> SnapshotTable:
    return SnapshotTable(
        layout=f"{table.layout_hash:016x}",
        version=table.descriptor.version,
        capacity=table.capacity,
        records=len(table.rows),
        descriptor=table.text,
    )
