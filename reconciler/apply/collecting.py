"""Takes snapshots: copies what a device saves, or what can be read from it, into the store."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from reconciler.checkpoints.file import CheckpointDamaged, CheckpointTooNew
from reconciler.devices.client import DeviceClient
from reconciler.devices.reports import CheckpointReport
from reconciler.errors import CheckpointFailed, DeviceUnreachable
from reconciler.observe.saved_state import Contents, writer_record
from reconciler.store import Snapshots
from reconciler.store.snapshots import RELEASE
from schemas.release import ReleaseRecord
from schemas.snapshot import Occasion, Snapshot

CONFIG, HANDLERS = "config.click", "handlers.json"


@dataclass(frozen=True)
class Collector:
    """Takes the snapshots of one instance's device."""

    snapshots: Snapshots
    device: DeviceClient

    async def save(self, reason: str, occasion: Occasion) -> Snapshot:
        """Have the device write a checkpoint now, and keep it as a snapshot. Raises
        CheckpointFailed, DeviceUnreachable.
        """
        return await self.keep(await self.device.checkpoint(reason), occasion)

    async def keep(self, report: CheckpointReport, occasion: Occasion) -> Snapshot:
        """Verify a checkpoint of the device and keep it as a snapshot. Raises CheckpointFailed."""
        return await self._keep(report.file, occasion, "", {})

    async def find(self, reason: str) -> Snapshot:
        """Keep all that can be read from a process that click-up did not start: its tables, if it
        can save them, its configuration, and every handler. Raises CheckpointFailed.
        """
        texts, name = await self._readable(), ""
        with contextlib.suppress(CheckpointFailed, DeviceUnreachable):
            name = (await self.device.checkpoint(reason)).file
        return await self._keep(name, Occasion.FOUND, reason, texts)

    async def periodic(self, last: CheckpointReport, seconds: float) -> Snapshot | None:
        """Keep the newest checkpoint, unless a snapshot was taken less than `seconds` before it.
        Raises CheckpointFailed.
        """
        known = await asyncio.to_thread(self.snapshots.all, self.device.name)
        written = _time(last)
        if written is None or (known and (written - known[-1].taken).total_seconds() < seconds):
            return None
        return await self.keep(last, Occasion.PERIODIC)

    async def _readable(self) -> dict[str, str]:
        try:
            handlers = await self.device.read_everything()
        except DeviceUnreachable:
            return {}
        texts = {HANDLERS: json.dumps(handlers, indent=2, sort_keys=True) + "\n"}
        config = handlers.get("flatconfig") or handlers.get("config")
        return texts | ({CONFIG: config} if config else {})

    async def _keep(
        self, name: str, occasion: Occasion, reason: str, texts: Mapping[str, str]
    ) -> Snapshot:
        """Keep the checkpoint `name` of the device; without a name, only `texts`."""
        try:
            file = await self.device.fetch_checkpoint(name) if name else None
            contents = self._nothing(reason)
            if file is not None:
                contents = await asyncio.to_thread(Contents.of, file)
            record = await writer_record(self.device, contents.release)
            snapshot = self._snapshot(contents, occasion, record)
            said = record.model_dump_json(by_alias=True, indent=2) + "\n"
            await asyncio.to_thread(self._add, snapshot, {**texts, RELEASE: said}, file)
        except (CheckpointDamaged, CheckpointTooNew, OSError) as error:
            raise CheckpointFailed(f"{self.device.name}: no snapshot was kept: {error}") from error
        return snapshot

    def _nothing(self, reason: str) -> Contents:
        now = datetime.now(UTC).replace(microsecond=0)
        return Contents(0, now, self.device.name, "", reason, {})

    def _snapshot(self, contents: Contents, occasion: Occasion, record: ReleaseRecord) -> Snapshot:
        return Snapshot(
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

    def _add(self, snapshot: Snapshot, texts: Mapping[str, str], file: Path | None) -> None:
        self.snapshots.add(snapshot, texts, file)
        self.snapshots.remove_expired(self.device.name)


def _time(report: CheckpointReport) -> datetime | None:
    try:
        return datetime.fromisoformat(report.time)
    except ValueError:
        return None
