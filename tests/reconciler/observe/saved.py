"""Checkpoints and snapshots on disk."""

from __future__ import annotations

from pathlib import Path

from reconciler.observe.saved_state import Contents
from reconciler.store import Snapshots
from schemas.device import Device
from schemas.snapshot import Occasion, Snapshot
from tests.reconciler.checkpoints.tables import checkpoint_of, session, table_of
from tests.reconciler.checkpoints.writing import write_checkpoint

DEVICE = Device.model_validate({
    "apiVersion": "click-up/v1alpha1", "kind": "Device", "metadata": {"name": "edge1"}, "spec": {},
})  # fmt: skip


TABLE = "sessions/sessions"


def write(folder: Path, sequence: int, sessions: int) -> Path:
    path = folder / f"{sequence:010d}.ckpt"
    records = [session(number) for number in range(1, sessions + 1)]
    write_checkpoint(path, checkpoint_of(table_of(records), sequence=sequence))
    return path


def keep(snapshots: Snapshots, file: Path, occasion: Occasion = Occasion.PERIODIC) -> Snapshot:
    contents = Contents.of(file)
    made = Snapshot(
        id=f"{contents.taken:%Y%m%dT%H%M%SZ}-{contents.sequence}",
        instance="edge1/edge-firewall",
        taken=contents.taken,
        occasion=occasion,
        tables=contents.tables,
    )
    snapshots.add(made, {}, file)
    return made
