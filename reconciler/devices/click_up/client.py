"""A device on this machine: a directory, a supervisor in a network namespace, and its sockets."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import Sequence
from pathlib import Path

from reconciler.devices.click_up.checkpoints import CheckpointFolder
from reconciler.devices.click_up.share import DeviceShare
from reconciler.devices.click_up.staging import prune, stage
from reconciler.devices.click_up.starting import install, make_directory, namespace, start
from reconciler.devices.click_up.supervisor import Supervisor, retried
from reconciler.devices.client import Release, TakeoverRequest
from reconciler.devices.control_socket import ControlSocketError, NobodyListens, connected
from reconciler.devices.everything import read_everything
from reconciler.devices.reports import (
    CheckpointReport,
    CheckpointStatus,
    DeviceState,
    DeviceStatus,
    SchedulingStatus,
    TakeoverReport,
)
from reconciler.errors import DeviceUnreachable, Transient
from schemas.capabilities import Capabilities
from schemas.device import Device

STOP_SECONDS = 10.0


class ClickUpDevice:
    """One instance's place on one device. Every operation opens a fresh connection."""

    capabilities = Capabilities()

    def __init__(self, device: Device, element: str, folder: Path) -> None:
        """`folder` is the reconciler's own, used when the device names no directory of its own."""
        self.name = f"{device.name}/{element}"
        self._netns = device.spec.netns
        base = device.spec.directory
        self.directory = Path(base) / element if base else folder / "devices" / self.name
        self.releases = self.directory / "releases"
        self._control = self.directory / "control.sock"
        spec = device.spec.checkpoints
        place = Path(spec.directory) / element if spec.directory else self.directory / "checkpoints"
        self.checkpoints = CheckpointFolder(place, round(spec.interval * 1000), spec.keep)
        self.share = DeviceShare.of(device.spec)
        self._supervisor = Supervisor(self.name, self.directory / "supervisor.sock")

    async def observe(self) -> DeviceState:
        """What runs on the device now. Raises DeviceUnreachable when a live supervisor does not
        answer.
        """
        try:
            status = await self._supervisor.patient_status()
        except NobodyListens:
            return DeviceState(stranger=await self._stranger_listens())
        if status.active is None:
            return DeviceState(status)
        graph = await self.read("flatconfig") if status.forwarding else None
        record = Path(status.active.config).with_name("release.json")
        text = await asyncio.to_thread(_text, record)
        return DeviceState(status, graph, text)

    async def _stranger_listens(self) -> bool:
        try:
            async with connected(self._control):
                return True
        except DeviceUnreachable:
            return False

    async def start(self, supervisor: Path) -> None:
        """Start the supervisor, detached. Raises DeviceMisconfigured, DeviceUnreachable."""
        options = ["--directory", str(self.directory), "--name", self.name]
        if self._netns is not None:
            options += ["--netns", str(namespace(self._netns, self.name))]
        await asyncio.to_thread(make_directory, self.releases, self.directory)
        program = await asyncio.to_thread(install, supervisor, self.directory)
        command = [str(program), *options, *self.checkpoints.options, *self.share.options]
        output = self.directory / "supervisor.out"
        await start(command, output, self.name, self._supervisor.status)

    async def stage(self, release: Release) -> None:
        """Put a release on the device's disk, whole or not at all. Raises DeviceMisconfigured,
        Transient.
        """
        await asyncio.to_thread(make_directory, self.releases, self.directory)
        try:
            await asyncio.to_thread(stage, self.releases, release)
        except OSError as error:
            raise Transient(
                f"{self.name}: cannot write a release to {self.releases}: {error.strerror}"
            ) from error

    async def takeover(self, request: TakeoverRequest) -> TakeoverReport:
        """Returns when the release forwards. Raises TakeoverRefused, DeviceUnready, Transient (the
        old one went on), DeviceUnreachable (observe what happened).
        """
        return await self._supervisor.takeover(request, self.releases)

    async def confirm(self, release: str) -> None:
        """Keep the new release; ends its probation. Raises ConfirmTooLate, DeviceUnreachable."""
        await self._supervisor.confirm(release)

    async def revert(self, reason: str) -> TakeoverReport:
        """Go back to the parked worker. Raises Transient when there is nothing to go back from,
        DeviceUnreachable.
        """
        return await self._supervisor.revert(reason)

    async def record(self, release: str) -> str | None:
        """The release.json of a release that is on the device."""
        return await asyncio.to_thread(_text, self.releases / release / "release.json")

    async def checkpoint(self, reason: str) -> CheckpointReport:
        """Write all state tables to the device's disk now. Raises CheckpointFailed,
        DeviceUnreachable.
        """
        return await self._supervisor.checkpoint(reason)

    async def list_checkpoints(self) -> list[str]:
        """Names of those that look whole, newest first."""
        return [path.name for path in await asyncio.to_thread(self.checkpoints.newest)]

    async def damaged_checkpoints(self) -> frozenset[str]:
        """Names of those that were found damaged and set aside."""
        return await asyncio.to_thread(self.checkpoints.damaged)

    async def fetch_checkpoint(self, name: str) -> Path:
        """The file itself: it lies on this machine."""
        return self.checkpoints.path / name

    async def put_checkpoint(self, file: Path) -> str:
        """Add one as the newest; returns its name. Raises OSError."""
        return (await asyncio.to_thread(self.checkpoints.put, file)).name

    async def configure_checkpoints(self, said: CheckpointStatus) -> str:
        """Let the supervisor that runs write them as the description says; returns what was
        changed. Raises CheckpointFailed, DeviceUnreachable.
        """
        folder = self.checkpoints
        if folder.described_by(said):
            return ""
        await self._supervisor.set_checkpoints(folder.path, folder.interval_ms, folder.keep)
        return str(folder)

    async def configure_share(self, said: SchedulingStatus) -> str:
        """Give the packet path that runs what the description says; returns what was changed.
        Raises DeviceUnreachable, Transient.
        """
        if self.share.described_by(said):
            return ""
        await self._supervisor.set_share(self.share.lines)
        return str(self.share)

    async def remove(self) -> None:
        """Stop everything on the device and remove its releases; log and checkpoints stay."""
        try:
            with contextlib.suppress(NobodyListens):
                await self._supervisor.stop()
            async with asyncio.timeout(STOP_SECONDS):
                while await self._answers():  # noqa: ASYNC110 - another process ends
                    await asyncio.sleep(0.01)
        except TimeoutError as error:
            raise DeviceUnreachable(
                f"the supervisor of {self.name} was told to stop {STOP_SECONDS:g} s ago and still"
                " answers"
            ) from error
        await asyncio.to_thread(shutil.rmtree, self.releases, ignore_errors=True)

    async def _answers(self) -> bool:
        try:
            await self._supervisor.status()
        except NobodyListens:
            return False
        except DeviceUnreachable:
            return True  # it ended in the middle of its answer; the next look tells
        return True

    async def write(self, writes: Sequence[tuple[str, str]]) -> None:
        """Write handlers of the active worker, in order. Raises ControlSocketError,
        DeviceUnreachable.
        """
        async with connected(self._control) as socket:
            for handler, value in writes:
                await socket.write(handler, value)

    @retried
    async def read(self, handler: str) -> str:
        """Read a handler of the active worker. Raises ControlSocketError, DeviceUnreachable."""
        async with connected(self._control) as socket:
            return await socket.read(handler)

    async def read_everything(self) -> dict[str, str]:
        """Every readable handler of whatever listens, also when we did not start it. Raises
        DeviceUnreachable.
        """
        return await read_everything(self._control)

    async def sample(self, handlers: Sequence[str]) -> dict[str, str | None]:
        """Read several handlers at once; None for those that cannot be read."""
        values: dict[str, str | None] = dict.fromkeys(handlers)
        try:
            async with connected(self._control) as socket:
                for handler in handlers:
                    try:
                        values[handler] = await socket.read(handler, seconds=1.0)
                    except ControlSocketError:
                        continue
        except DeviceUnreachable:
            return values
        return values

    async def status(self) -> DeviceStatus:
        """What the supervisor says. Raises DeviceUnreachable."""
        return await self._supervisor.status()

    async def prune(self) -> tuple[str, ...]:
        """Remove old releases that nothing runs or would go back to; returns their digests."""
        status = await self.status()
        workers = [w.release for w in (status.active, status.parked) if w is not None]
        return await asyncio.to_thread(prune, self.releases, {*workers, status.confirmed})


def _text(path: Path) -> str | None:
    try:
        return path.read_text()
    except FileNotFoundError:
        return None
