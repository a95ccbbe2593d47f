"""Takes snapshots: brings what a device saves, or what can be read from it, into the store."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from reconciler.checkpoints.file import CheckpointDamaged, CheckpointTooNew
from reconciler.devices.local import LocalDevice
from reconciler.devices.status import CheckpointReport
from reconciler.errors import CheckpointFailed, DeviceUnreachable
from reconciler.observe.saved_state import Contents, written_by
from reconciler.store import Snapshots
from reconciler.store.snapshots import RELEASE
from schemas.snapshot import Occasion, Snapshot

CONFIG, HANDLERS = "config.click", "handlers.json"


@dataclass(frozen=True)
class Collector:
    """Of one instance's device."""

    snapshots: Snapshots
    device: LocalDevice

    async def save(self, reason: str, occasion: Occasion) -> Snapshot:
        """Let the device write a checkpoint now, and keep it. Raises CheckpointFailed,
        DeviceUnreachable.
        """
        return await self.keep(await self.device.checkpoint(reason), occasion)

    async def keep(self, file: Path, occasion: Occasion) -> Snapshot:
        """Keep a checkpoint that the device has, once it is verified. Raises CheckpointFailed."""
        return await asyncio.to_thread(self._keep, file, occasion, "", {})

    async def find(self, reason: str) -> Snapshot:
        """Keep all that can be read of something that click-up did not start: its tables, when it
        can save them, its configuration, and every handler. Raises CheckpointFailed.
        """
        texts, file = await self._readable(), None
        with contextlib.suppress(CheckpointFailed, DeviceUnreachable):
            file = await self.device.checkpoint(reason)
        return await asyncio.to_thread(self._keep, file, Occasion.FOUND, reason, texts)

    async def periodic(self, last: CheckpointReport, seconds: float) -> Snapshot | None:
        """Keep the newest checkpoint, unless a snapshot was taken less than so many seconds before
        it. Raises CheckpointFailed.
        """
        known = await asyncio.to_thread(self.snapshots.all, self.device.name)
        written = _time(last)
        if written is None or (known and (written - known[-1].taken).total_seconds() < seconds):
            return None
        return await self.keep(self.device.checkpoints.path / last.file, Occasion.PERIODIC)

    async def _readable(self) -> dict[str, str]:
        try:
            handlers = await self.device.read_everything()
        except DeviceUnreachable:
            return {}
        texts = {HANDLERS: json.dumps(handlers, indent=2, sort_keys=True) + "\n"}
        config = handlers.get("flatconfig") or handlers.get("config")
        return texts | ({CONFIG: config} if config else {})

    def _keep(
        self, file: Path | None, occasion: Occasion, reason: str, texts: Mapping[str, str]
    ) -> Snapshot:
        try:
            contents = self._nothing(reason) if file is None else Contents.of(file)
            return self._add(contents, occasion, texts, file)
        except (CheckpointDamaged, CheckpointTooNew, OSError) as error:
            raise CheckpointFailed(f"{self.device.name}: no snapshot was kept: {error}") from error

    def _nothing(self, reason: str) -> Contents:
        now = datetime.now(UTC).replace(microsecond=0)
        return Contents(0, now, self.device.name, "", reason, {})

    def _add(
        self, contents: Contents, occasion: Occasion, texts: Mapping[str, str], file: Path | None
    ) -> Snapshot:
        record = written_by(self.device, contents.release)
        snapshot = Snapshot(
            id=f"{contents.taken:%Y%m%dT%H%M%SZ}-{contents.sequence}",
            instance=self.device.name,
            taken=contents.taken,
            occasion=occasion,
            reason=contents.reason,
            release=contents.release,
            revision=record.revision,
            version=record.version,
            tables=contents.tables,
        )
        said = record.model_dump_json(by_alias=True, indent=2) + "\n"
        self.snapshots.add(snapshot, {**texts, RELEASE: said}, file)
        self.snapshots.retire(self.device.name)
        return snapshot


def _time(report: CheckpointReport) -> datetime | None:
    try:
        return datetime.fromisoformat(report.time)
    except ValueError:
        return None
