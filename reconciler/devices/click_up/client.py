"""A device with a supervisor in a network namespace, its directory and its sockets."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from reconciler.devices.click_up.checkpoints import CheckpointFolder, damaged, newest_first
from reconciler.devices.click_up.named_folders import NamedFolders
from reconciler.devices.click_up.places import RECORD, Places
from reconciler.devices.click_up.share import DeviceShare
from reconciler.devices.click_up.staging import prune, remove_all, stage
from reconciler.devices.click_up.starting import make_directory, namespace, start
from reconciler.devices.click_up.supervisor import Supervisor, retried
from reconciler.devices.client import Release, TakeoverRequest
from reconciler.devices.control_socket import ControlSocketError, connected
from reconciler.devices.everything import read_everything
from reconciler.devices.reports import (
    CheckpointReport,
    CheckpointStatus,
    DeviceState,
    DeviceStatus,
    SchedulingStatus,
    TakeoverReport,
)
from reconciler.errors import DeviceUnreachable, DirectoryTaken, NobodyListens, Transient
from reconciler.transports.transport import PROGRAM, File, Transport
from schemas.capabilities import Capabilities
from schemas.device import Device

STOP_SECONDS = 10.0


class ClickUpDevice:
    """One instance's place on one device. Every operation opens a fresh connection."""

    capabilities = Capabilities()

    def __init__(
        self, device: Device, element: str, directory: PurePosixPath, transport: Transport
    ) -> None:
        """`directory` on the device belongs to this instance alone."""
        self.name = f"{device.name}/{element}"
        self.places = Places(directory)
        self._transport = transport
        self._netns = device.spec.netns
        spec = device.spec.checkpoints
        elsewhere = PurePosixPath(spec.directory) / element if spec.directory else None
        folder = elsewhere or self.places.checkpoints
        self.checkpoints = CheckpointFolder(folder, round(spec.interval * 1000), spec.keep)
        named = (directory if device.spec.directory else None, elsewhere)
        self._named = NamedFolders(self.name, *filter(None, named))
        self.share = DeviceShare.of(device.spec)
        self._supervisor = Supervisor(self.name, transport, self.places.supervisor_socket)

    async def platform(self) -> str:
        """Return the device's platform, like linux/amd64. Raises DeviceUnreachable."""
        return await self._transport.platform()

    async def observe(self) -> DeviceState:
        """Return what runs on the device now. Raises DeviceUnreachable, DirectoryTaken."""
        try:
            status = await self._supervisor.patient_status()
        except NobodyListens:
            return DeviceState(stranger=await self._stranger_listens())
        if status.active is None:
            return DeviceState(status)
        graph = await self.read("flatconfig") if status.forwarding else None
        record = PurePosixPath(status.active.config).with_name(RECORD)
        return DeviceState(status, graph, await self._text(record))

    async def _stranger_listens(self) -> bool:
        try:
            async with connected(self._transport, self.places.control_socket):
                return True
        except DeviceUnreachable:
            return False

    async def start(self, supervisor: Path) -> None:
        """Start the supervisor, detached. Raises DeviceMisconfigured, DeviceUnreachable."""
        places, transport = self.places, self._transport
        options = ["--directory", str(places.directory), "--name", self.name]
        if self._netns is not None:
            options += ["--netns", str(await namespace(transport, self._netns, self.name))]
        await make_directory(transport, places, self._named)
        # A copy: the cache may be cleaned during the supervisor's lifetime.
        await transport.put(File(supervisor, PROGRAM), places.supervisor)
        command = [
            *(str(places.supervisor), *options),
            *(*self.checkpoints.options, *self.share.options),
        ]
        await start(transport, command, places.output, self.name, self._supervisor.status)

    async def stage(self, release: Release) -> None:
        """Put a release on the device's disk, atomically. Raises DeviceMisconfigured, Transient."""
        await make_directory(self._transport, self.places, self._named)
        try:
            await stage(self._transport, self.places.releases, release)
        except OSError as error:
            raise Transient(
                f"{self.name}: cannot write a release to {self.places.releases}: {error.strerror}"
            ) from error

    async def takeover(self, request: TakeoverRequest) -> TakeoverReport:
        """Let a staged release take over; returns when it forwards. Raises TakeoverRefused,
        DeviceUnready, Transient (the old one still forwards), DeviceUnreachable (observe what
        happened).
        """
        restore = request.restore
        lent = await self._transport.lend(restore, self.places.lent) if restore else None
        return await self._supervisor.takeover(request, self.places.releases, lent)

    async def confirm(self, release: str) -> None:
        """Confirm the new release. Raises ConfirmTooLate, DeviceUnreachable."""
        await self._supervisor.confirm(release)

    async def revert(self, reason: str) -> TakeoverReport:
        """Revert to the parked worker. Raises Transient when there is nothing to revert,
        DeviceUnreachable.
        """
        return await self._supervisor.revert(reason)

    async def record(self, release: str) -> str | None:
        """Return the release.json of a release on the device, None if it is absent."""
        return await self._text(self.places.releases / release / RECORD)

    async def _text(self, file: PurePosixPath) -> str | None:
        try:
            return (await self._transport.read(file)).decode(errors="replace")
        except FileNotFoundError:
            return None

    async def checkpoint(self, reason: str) -> CheckpointReport:
        """Write all state tables to the device's disk now. Raises CheckpointFailed,
        DeviceUnreachable.
        """
        return await self._supervisor.checkpoint(reason)

    async def list_checkpoints(self) -> list[str]:
        """Return the names of those that look complete, newest first."""
        return newest_first(await self.checkpoints.names(self._transport))

    async def damaged_checkpoints(self) -> frozenset[str]:
        """Return the names of those that were found damaged and set aside."""
        return damaged(await self.checkpoints.names(self._transport))

    async def fetch_checkpoint(self, name: str) -> Path:
        """Return a file on this machine with its content. Raises OSError."""
        return await self._transport.fetch(self.checkpoints.path / name)

    async def put_checkpoint(self, file: Path) -> str:
        """Add a checkpoint as the newest; return its name. Raises OSError."""
        return await self.checkpoints.put(self._transport, file)

    async def configure_checkpoints(self, said: CheckpointStatus) -> str:
        """Have the running supervisor write them as the device's description says; return what
        was changed. Raises CheckpointFailed, DeviceMisconfigured, DeviceUnreachable.
        """
        folder = self.checkpoints
        if folder.described_by(said):
            return ""
        await self._named.check(self._transport)
        await self._supervisor.set_checkpoints(folder.path, folder.interval_ms, folder.keep)
        return str(folder)

    async def configure_share(self, said: SchedulingStatus) -> str:
        """Give the running packet path the share that the device's description says; return what
        was changed. Raises DeviceUnreachable, Transient.
        """
        if self.share.described_by(said):
            return ""
        await self._supervisor.set_share(self.share.lines)
        return str(self.share)

    async def remove(self) -> None:
        """Stop everything on the device and remove its releases; keep log and checkpoints."""
        await self.stop()
        with contextlib.suppress(OSError):
            await remove_all(self._transport, self.places.releases)

    async def stop(self) -> None:
        """Stop worker and supervisor; keep releases, log and checkpoints. Raises DirectoryTaken."""
        try:
            with contextlib.suppress(NobodyListens):
                await self._supervisor.status()
                await self._supervisor.stop()
            async with asyncio.timeout(STOP_SECONDS):
                while await self._answers():  # noqa: ASYNC110 - another process ends
                    await asyncio.sleep(0.01)
        except TimeoutError as error:
            raise DeviceUnreachable(
                f"the supervisor of {self.name} was told to stop {STOP_SECONDS:g} s ago and still"
                " answers"
            ) from error

    async def _answers(self) -> bool:
        try:
            await self._supervisor.status()
        except (NobodyListens, DirectoryTaken):
            return False
        except DeviceUnreachable:
            return True  # it ended in the middle of its answer; the next attempt will show
        return True

    async def write(self, writes: Sequence[tuple[str, str]]) -> None:
        """Write handlers of the active worker, in order. Raises ControlSocketError,
        DeviceUnreachable.
        """
        async with connected(self._transport, self.places.control_socket) as socket:
            for handler, value in writes:
                await socket.write(handler, value)

    @retried
    async def read(self, handler: str) -> str:
        """Read a handler of the active worker. Raises ControlSocketError, DeviceUnreachable."""
        async with connected(self._transport, self.places.control_socket) as socket:
            return await socket.read(handler)

    async def read_everything(self) -> dict[str, str]:
        """Read every readable handler of the process that listens, whoever started it. Raises
        DeviceUnreachable.
        """
        return await read_everything(self._transport, self.places.control_socket)

    async def sample(self, handlers: Sequence[str]) -> dict[str, str | None]:
        """Read several handlers at once; None for those that cannot be read."""
        values: dict[str, str | None] = dict.fromkeys(handlers)
        try:
            async with connected(self._transport, self.places.control_socket) as socket:
                for handler in handlers:
                    try:
                        values[handler] = await socket.read(handler, seconds=1.0)
                    except ControlSocketError:
                        continue
        except DeviceUnreachable:
            return values
        return values

    async def status(self) -> DeviceStatus:
        """Return the supervisor's status. Raises DeviceUnreachable."""
        return await self._supervisor.status()

    async def prune(self) -> tuple[str, ...]:
        """Remove old releases neither running nor needed for a revert; return their digests."""
        status = await self.status()
        workers = [w.release for w in (status.active, status.parked) if w is not None]
        used = {*workers, status.confirmed}
        return await prune(self._transport, self.places.releases, used)
