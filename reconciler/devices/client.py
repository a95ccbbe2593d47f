"""The control plane's view of a device: operations and the errors they raise, but no file paths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from reconciler.devices.reports import (
    CheckpointReport,
    CheckpointStatus,
    DeviceState,
    DeviceStatus,
    SchedulingStatus,
    TakeoverReport,
)
from schemas.capabilities import Capabilities


@dataclass(frozen=True)
class Release:
    """What is staged: `config` is Click language, `record` is JSON about its origin."""

    digest: str
    driver: Path
    """File on this machine."""
    config: str
    record: str


@dataclass(frozen=True)
class TakeoverRequest:
    """Request to let a staged release take over. The same `attempt` never takes over twice."""

    attempt: str
    release: str
    confirm_seconds: float
    carrier: str = ""
    """Release whose driver migrates records between layouts; empty for the new release's own."""
    lose: Sequence[str] = ()
    """Tables that may start empty when their records cannot be migrated."""
    restore: Path | None = None
    """File on this machine from which tables take their records instead of from memory."""


class DeviceClient(Protocol):
    """One instance's place on one device. Every operation may raise DeviceUnreachable."""

    name: str
    """DEVICE/ELEMENT."""
    capabilities: Capabilities

    async def platform(self) -> str:
        """Return the device's platform, like linux/amd64."""

    async def observe(self) -> DeviceState:
        """Return what runs on the device now."""

    async def status(self) -> DeviceStatus:
        """Return the status alone, without graph and record. Raises DeviceUnreachable when nothing
        runs.
        """

    async def start(self, supervisor: Path) -> None:
        """Start the supervisor, whose program is this file on this machine. Raises
        DeviceMisconfigured.
        """

    async def stop(self) -> None:
        """Stop what runs; keep releases, log and checkpoints."""

    async def stage(self, release: Release) -> None:
        """Put a release on the device, atomically. Raises DeviceMisconfigured, Transient."""

    async def takeover(self, request: TakeoverRequest) -> TakeoverReport:
        """Let a staged release take over; returns when it forwards. Raises TakeoverRefused,
        DeviceUnready, Transient; the old one still forwards.
        """

    async def confirm(self, release: str) -> None:
        """Confirm the new release. Raises ConfirmTooLate."""

    async def revert(self, reason: str) -> TakeoverReport:
        """Revert to the parked release. Raises Transient when there is none."""

    async def write(self, writes: Sequence[tuple[str, str]]) -> None:
        """Write handlers of what runs, in order. Raises ControlSocketError."""

    async def read(self, handler: str) -> str:
        """Read a handler of what runs. Raises ControlSocketError."""

    async def read_everything(self) -> dict[str, str]:
        """Read every readable handler of the process that listens, whoever started it."""

    async def sample(self, handlers: Sequence[str]) -> dict[str, str | None]:
        """Read several handlers at once; None for those that cannot be read."""

    async def configure_checkpoints(self, said: CheckpointStatus) -> str:
        """Have checkpoints written as the device's description says; return what was changed, for
        people, empty if nothing was. Raises CheckpointFailed.
        """

    async def configure_share(self, said: SchedulingStatus) -> str:
        """Do the same for the packet path's share of the device. Raises Transient."""

    async def record(self, release: str) -> str | None:
        """Return the release.json of a release on the device, None if it is absent."""

    async def checkpoint(self, reason: str) -> CheckpointReport:
        """Save all state tables now. Raises CheckpointFailed."""

    async def list_checkpoints(self) -> Sequence[str]:
        """Return the names of those that look complete, newest first."""

    async def damaged_checkpoints(self) -> frozenset[str]:
        """Return the names of those that were found damaged and set aside."""

    async def fetch_checkpoint(self, name: str) -> Path:
        """Return a file on this machine with its content. Raises OSError."""

    async def put_checkpoint(self, file: Path) -> str:
        """Add a file of this machine as the newest; return its name. Raises OSError."""

    async def prune(self) -> Sequence[str]:
        """Remove old releases neither running nor needed for a revert; return their digests."""

    async def remove(self) -> None:
        """Stop everything and remove its releases; keep log and checkpoints."""
