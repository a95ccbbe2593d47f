"""What the control plane knows of a device: operations, and what they may raise; no paths on it."""

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
    """What runs: `config` is Click language, `record` is JSON about its origin."""

    digest: str
    driver: Path
    """On this machine."""
    config: str
    record: str


@dataclass(frozen=True)
class TakeoverRequest:
    """Let a staged release take over. The same `attempt` never takes over twice."""

    attempt: str
    release: str
    confirm_seconds: float
    carrier: str = ""
    """Release whose driver carries records between layouts; empty when that is the new one's."""
    lose: Sequence[str] = ()
    """Tables that may start empty when theirs cannot be carried."""
    restore: Path | None = None
    """File on this machine from which tables take their records instead of from memory."""


class DeviceClient(Protocol):
    """One instance's place on one device. Every operation may raise DeviceUnreachable."""

    name: str
    """DEVICE/ELEMENT."""
    capabilities: Capabilities

    async def platform(self) -> str:
        """What the device is, like linux/amd64."""

    async def observe(self) -> DeviceState:
        """What runs on the device now."""

    async def status(self) -> DeviceStatus:
        """The same, without graph and record. Raises DeviceUnreachable when nothing runs."""

    async def start(self, supervisor: Path) -> None:
        """Start what keeps workers, of this file on this machine. Raises DeviceMisconfigured."""

    async def stop(self) -> None:
        """Stop what runs; releases, log and checkpoints stay."""

    async def stage(self, release: Release) -> None:
        """Put a release on the device, whole or not at all. Raises DeviceMisconfigured,
        Transient.
        """

    async def takeover(self, request: TakeoverRequest) -> TakeoverReport:
        """Returns when the release forwards. Raises TakeoverRefused, DeviceUnready, Transient; the
        old one went on.
        """

    async def confirm(self, release: str) -> None:
        """Keep the new release; ends its probation. Raises ConfirmTooLate."""

    async def revert(self, reason: str) -> TakeoverReport:
        """Go back to the parked release. Raises Transient when there is none."""

    async def write(self, writes: Sequence[tuple[str, str]]) -> None:
        """Write handlers of what runs, in order. Raises ControlSocketError."""

    async def read(self, handler: str) -> str:
        """Read a handler of what runs. Raises ControlSocketError."""

    async def read_everything(self) -> dict[str, str]:
        """Every readable handler of whatever listens, also when we did not start it."""

    async def sample(self, handlers: Sequence[str]) -> dict[str, str | None]:
        """Read several handlers at once; None for those that cannot be read."""

    async def configure_checkpoints(self, said: CheckpointStatus) -> str:
        """Let them be written as the description says; returns what was changed, for people, empty
        when nothing had to be. Raises CheckpointFailed.
        """

    async def configure_share(self, said: SchedulingStatus) -> str:
        """The same for what the packet path gets of the device. Raises Transient."""

    async def record(self, release: str) -> str | None:
        """The release.json of a release that is on the device."""

    async def checkpoint(self, reason: str) -> CheckpointReport:
        """Save all state tables now. Raises CheckpointFailed."""

    async def list_checkpoints(self) -> Sequence[str]:
        """Names of those that look whole, newest first."""

    async def damaged_checkpoints(self) -> frozenset[str]:
        """Names of those that were found damaged and set aside."""

    async def fetch_checkpoint(self, name: str) -> Path:
        """A file on this machine that holds it. Raises OSError."""

    async def put_checkpoint(self, file: Path) -> str:
        """Add one from this machine as the newest; returns its name. Raises OSError."""

    async def prune(self) -> Sequence[str]:
        """Remove old releases that nothing runs or would go back to; returns their digests."""

    async def remove(self) -> None:
        """Stop everything and remove its releases; log and checkpoints stay."""
