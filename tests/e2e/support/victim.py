"""A firewall whose processes are killed, and the sessions it must have when it comes back."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from reconciler.checkpoints.file import read_checkpoint
from reconciler.devices.click_up.client import ClickUpDevice
from reconciler.devices.control_socket import ControlSocketError
from reconciler.errors import CheckpointFailed, DeviceUnreachable, Transient
from reconciler.testbed.here import checkpoints_of, directory_of
from reconciler.testbed.site import Sessions, sessions_of
from tests.e2e.support.account import Account
from tests.e2e.support.held import Held
from tests.e2e.support.openings import Openings
from tests.e2e.support.waiting import eventually

KINDS = ("worker", "supervisor", "both", "power cut")
PATIENCE = 40.0
INTERVAL = 1.0
WRITING = 10.0
"""Seconds that a checkpoint may take on a busy machine: its writer has the lowest priority."""
AWAY = (DeviceUnreachable, ControlSocketError, Transient, CheckpointFailed, OSError)


@dataclass(frozen=True)
class Victim:
    """The firewall, and the sessions through it that stay open."""

    device: ClickUpDevice
    open_ones: Held
    openings: Openings
    account: Account

    async def saved(self) -> None:
        """Request a checkpoint, so that every present session is on the disk."""
        await eventually(self._checkpoint, PATIENCE)

    async def interval_passed(self) -> None:
        """Wait until all of them are older than the interval and the time that writing takes."""
        now = datetime.now(UTC)

        async def written() -> bool:
            try:
                said = (await self.device.status()).checkpoints
            except AWAY:
                return False
            return bool(said and said.last and datetime.fromisoformat(said.last.time) > now)

        await eventually(written, INTERVAL + WRITING)

    async def dies(self, kind: str, writing: float | None = None) -> None:
        """Send SIGKILL, at once or some seconds after a checkpoint began."""
        chosen = await self._processes(kind)
        if writing is None:
            return self._kill(kind, chosen)
        asked = asyncio.create_task(self._checkpoint())
        await asyncio.sleep(writing)
        self._kill(f"{kind}, {writing * 1000:.1f} ms after a checkpoint was asked for", chosen)
        await asked

    def _kill(self, what: str, chosen: list[int]) -> None:
        for pid in chosen:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.account.note(f"killed {what}: {chosen}")

    async def comes_back(self) -> None:
        """Check that it forwards again, with the sessions that it had and none that
        never existed.
        """
        sessions = await self._settled()
        self.account.note(f"settled, with {len(sessions)} sessions")
        missing = self.open_ones.sessions - sessions
        assert not missing, f"lost: {sorted(missing)}"
        invented = sessions - await self._began(sessions)
        assert not invented, f"never began: {sorted(invented)}"
        await self.open_ones.answer()
        for path in checkpoints_of(self.device):
            with contextlib.suppress(FileNotFoundError):  # retired meanwhile
                read_checkpoint(path)

    async def _settled(self) -> Sessions:
        """Return the status once a release forwards and is confirmed."""
        sessions: Sessions = frozenset()

        async def forwards() -> bool:
            nonlocal sessions
            try:
                status = await self.device.status()
                sessions = await sessions_of(self.device)
            except AWAY:
                return False
            settled = status.state == "forwarding" and status.active is not None
            return settled and status.active.release == status.confirmed

        await eventually(forwards, PATIENCE)
        return sessions

    async def _began(self, sessions: Sessions) -> Sessions:
        """Return every session that was seen to begin, once the last packet was looked at."""

        async def all_seen() -> bool:
            return sessions <= self.openings.seen

        with contextlib.suppress(TimeoutError):
            await eventually(all_seen, 1)
        return self.openings.seen

    async def _processes(self, kind: str) -> list[int]:
        everything = await asyncio.to_thread(_running_from, directory_of(self.device))
        try:
            status = await self.device.status()
        except AWAY:
            return everything
        worker = [status.active.pid] if status.active else []
        some = {"worker": worker, "supervisor": [status.pid], "both": [*worker, status.pid]}
        return some.get(kind, everything)

    async def _checkpoint(self) -> bool:
        """Tell whether a checkpoint was written."""
        try:
            await self.device.checkpoint("asked for")
        except AWAY:
            return False
        return True


def _running_from(directory: Path) -> list[int]:
    """Supervisor, workers, carrier and checkpoint writer of a device: what runs from its folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if str(directory) in os.readlink(entry / "exe"):
                    found.append(int(entry.name))
    return found
