"""A device on this machine: a directory, a supervisor in a network namespace, and its sockets."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import Sequence
from pathlib import Path
from platform import machine

from reconciler.devices.checkpoints import CheckpointFolder
from reconciler.devices.control_socket import ControlSocketError, NobodyListens, connected
from reconciler.devices.everything import read_everything
from reconciler.devices.share import DeviceShare
from reconciler.devices.staging import Release, prune, stage
from reconciler.devices.starting import install, make_directory, namespace, start
from reconciler.devices.status import DeviceState, SupervisorStatus, TakeoverReport
from reconciler.devices.supervisor import Supervisor, Takeover, retried
from reconciler.errors import DeviceUnreachable, Transient
from schemas.device import Device

STOP_SECONDS = 10.0
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def own_platform() -> str:
    """Of this machine, and so of every device that is reached locally."""
    return f"linux/{_ARCHITECTURES.get(machine(), machine())}"


class LocalDevice:
    """One instance's place on one device. Every operation opens a fresh connection."""

    def __init__(self, device: Device, element: str, state: Path) -> None:
        """`state` is the reconciler's state directory, used when the device names no directory of
        its own.
        """
        self.name = f"{device.name}/{element}"
        self._netns = device.spec.netns
        base = device.spec.directory
        self.directory = Path(base) / element if base else state / "devices" / self.name
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
        graph = await self.read_handler("flatconfig") if status.forwarding else None
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

    async def stage(self, release: Release) -> Path:
        """Put a release on the device's disk, whole or not at all. Raises DeviceMisconfigured,
        Transient.
        """
        await asyncio.to_thread(make_directory, self.releases, self.directory)
        try:
            return await asyncio.to_thread(stage, self.releases, release)
        except OSError as error:
            raise Transient(
                f"{self.name}: cannot write a release to {self.releases}: {error.strerror}"
            ) from error

    async def takeover(
        self,
        attempt: str,
        release: str,
        confirm_seconds: float,
        carrier: str = "",
        lose: Sequence[str] = (),
        restore: Path | None = None,
    ) -> TakeoverReport:
        """Let a staged release take over; returns when it forwards. The same `attempt` never takes
        over twice.

        `carrier` is the release whose driver carries records when it is not the one that takes
        over; see `devices.supervisor.Takeover`. Raises TakeoverRefused, DeviceUnready (the old one
        went on), DeviceUnreachable (observe what happened).
        """
        driver = self.releases / carrier / "driver" if carrier else None
        wanted = Takeover(attempt, release, confirm_seconds, driver, lose, restore)
        return await self._supervisor.takeover(wanted, self.releases / release)

    async def confirm(self, release: str) -> None:
        """Keep the new release; ends its probation. Raises ConfirmTooLate, DeviceUnreachable."""
        await self._supervisor.confirm(release)

    async def revert(self, reason: str) -> TakeoverReport:
        """Go back to the parked worker. Raises Transient when there is nothing to go back from,
        DeviceUnreachable.
        """
        return await self._supervisor.revert(reason)

    async def checkpoint(self, reason: str) -> Path:
        """Write all state tables to the device's disk now; returns the file. Raises
        CheckpointFailed, DeviceUnreachable.
        """
        report = await self._supervisor.checkpoint(reason)
        return self.checkpoints.path / report.file

    async def set_checkpoints(self) -> None:
        """Let the supervisor that runs write checkpoints as the device's description says. Raises
        CheckpointFailed, DeviceUnreachable.
        """
        folder = self.checkpoints
        await self._supervisor.set_checkpoints(folder.path, folder.interval_ms, folder.keep)

    async def set_share(self) -> None:
        """Give the packet path that runs what the device's description says. Raises
        DeviceUnreachable, Transient.
        """
        await self._supervisor.set_share(self.share.lines)

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

    async def write_handlers(self, writes: Sequence[tuple[str, str]]) -> None:
        """Write handlers of the active worker, in order. Raises ControlSocketError,
        DeviceUnreachable.
        """
        async with connected(self._control) as socket:
            for handler, value in writes:
                await socket.write(handler, value)

    @retried
    async def read_handler(self, handler: str) -> str:
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

    async def status(self) -> SupervisorStatus:
        """What the supervisor says. Raises DeviceUnreachable."""
        return await self._supervisor.status()

    async def prune(self, status: SupervisorStatus) -> tuple[str, ...]:
        """Remove old releases that nothing runs or would go back to; returns their digests."""
        workers = [w.release for w in (status.active, status.parked) if w is not None]
        return await asyncio.to_thread(prune, self.releases, {*workers, status.confirmed})


def _text(path: Path) -> str | None:
    try:
        return path.read_text()
    except FileNotFoundError:
        return None
