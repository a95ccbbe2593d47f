"""A device on this machine: a directory, a supervisor in a network namespace, and its sockets."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError
from tenacity import retry, retry_if_exception, stop_after_attempt, wait_exponential

from reconciler.devices.control_socket import (
    ControlSocketError,
    HandlerRefused,
    NobodyListens,
    connected,
)
from reconciler.devices.detached import is_alive, last_lines, start_detached
from reconciler.devices.staging import Release, prune, stage
from reconciler.devices.status import DeviceState, SupervisorStatus, TakeoverReport
from reconciler.errors import (
    ConfirmTooLate,
    DeviceMisconfigured,
    DeviceUnreachable,
    DeviceUnready,
    TakeoverRefused,
    Transient,
)
from schemas.device import Device

START_SECONDS = 5.0
STOP_SECONDS = 10.0
START_TIMEOUT_MS = 10_000
NAMESPACES = Path("/run/netns")
# How the driver says that the device is to blame, not the release.
DEVICE_TO_BLAME = (": no interface '", "need the capability")

# Reading is harmless to repeat; writing is not, and is never retried here.
retried = retry(
    retry=retry_if_exception(
        lambda error: isinstance(error, DeviceUnreachable) and not isinstance(error, NobodyListens)
    ),
    stop=stop_after_attempt(3),
    wait=wait_exponential(multiplier=0.05, max=0.5),
    reraise=True,
)


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

    async def observe(self) -> DeviceState:
        """What runs on the device now. Raises DeviceUnreachable when a live supervisor does not
        answer.
        """
        try:
            status = await self._status()
        except NobodyListens:
            return DeviceState()
        if status.active is None:
            return DeviceState(status)
        graph = await self._flatconfig() if status.forwarding else None
        record = Path(status.active.config).with_name("release.json")
        text = await asyncio.to_thread(_text, record)
        return DeviceState(status, graph, text)

    async def start(self, supervisor: Path) -> None:
        """Start the supervisor, detached. Raises DeviceMisconfigured, DeviceUnreachable."""
        command = [str(supervisor), "--directory", str(self.directory), "--name", self.name]
        if self._netns is not None:
            command += ["--netns", str(_namespace(self._netns, self.name))]
        output = self.directory / "supervisor.out"
        await asyncio.to_thread(self._make_directory)
        # A copy: the cache may be cleaned while the supervisor lives for years.
        command[0] = str(await asyncio.to_thread(self._install, supervisor))
        pid = await start_detached(command, output)
        deadline = asyncio.get_running_loop().time() + START_SECONDS
        while True:
            try:
                await self._status_once()
                return
            except DeviceUnreachable as error:
                if not is_alive(pid):
                    raise DeviceUnreachable(
                        f"the supervisor of {self.name} ended at once: {last_lines(output)}; see"
                        f" {output}"
                    ) from error
                if asyncio.get_running_loop().time() > deadline:
                    raise
            await asyncio.sleep(0.01)

    async def stage(self, release: Release) -> Path:
        """Put a release on the device's disk, whole or not at all. Raises DeviceMisconfigured,
        Transient.
        """
        await asyncio.to_thread(self._make_directory)
        try:
            return await asyncio.to_thread(stage, self.releases, release)
        except OSError as error:
            raise Transient(
                f"{self.name}: cannot write a release to {self.releases}: {error.strerror}"
            ) from error

    async def takeover(self, attempt: str, release: str, confirm_seconds: float) -> TakeoverReport:
        """Let a staged release take over; returns when it forwards. The same `attempt` never takes
        over twice.

        Raises TakeoverRefused, DeviceUnready (the old one went on), DeviceUnreachable (observe
        what happened).
        """
        place = self.releases / release
        request = {
            "attempt": attempt,
            "release": release,
            "driver": str(place / "driver"),
            "config": str(place / "config.click"),
            "confirm_timeout_ms": str(round(confirm_seconds * 1000)),
            "start_timeout_ms": str(START_TIMEOUT_MS),
        }
        lines = "".join(f"{key}={value}\n" for key, value in request.items())
        try:
            answer = await self._write("takeover", lines, START_TIMEOUT_MS / 1000 + 5)
        except HandlerRefused as error:
            # The supervisor's own refusals begin with the handler's name: it is busy,
            # nothing was tried.
            if error.text.startswith("takeover: "):
                raise Transient(f"{self.name}: {error.text}") from error
            why = f"{self.name}: {error.text.replace(f'{place}/', '')}"
            if any(mark in error.text for mark in DEVICE_TO_BLAME):
                raise DeviceUnready(why) from error
            raise TakeoverRefused(why) from error
        return self._report(answer)

    async def confirm(self, release: str) -> None:
        """Keep the new release; ends its probation. Raises ConfirmTooLate, DeviceUnreachable."""
        try:
            await self._write("confirm", release)
        except HandlerRefused as error:
            raise ConfirmTooLate(f"{self.name}: {error.text}") from error

    async def revert(self, reason: str) -> TakeoverReport:
        """Go back to the parked worker. Raises Transient when there is nothing to go back from,
        DeviceUnreachable.
        """
        try:
            # The handler takes one line.
            answer = await self._write("revert", " ".join(reason.split())[:400])
        except HandlerRefused as error:
            raise Transient(f"{self.name} did not revert: {error.text}") from error
        return self._report(answer)

    async def remove(self) -> None:
        """Stop everything on the device and remove its releases; the log stays."""
        try:
            with contextlib.suppress(NobodyListens):
                await self._write("stop")
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
            await self._status_once()
        except NobodyListens:
            return False
        except DeviceUnreachable:
            return True  # it ended in the middle of its answer; the next look tells
        return True

    async def write_handlers(self, writes: Sequence[tuple[str, str]]) -> None:
        """Write handlers of the active worker, in order. Raises ControlSocketError,
        DeviceUnreachable.
        """
        async with connected(self.directory / "control.sock") as socket:
            for handler, value in writes:
                await socket.write(handler, value)

    @retried
    async def read_handler(self, handler: str) -> str:
        """Read a handler of the active worker. Raises ControlSocketError, DeviceUnreachable."""
        async with connected(self.directory / "control.sock") as socket:
            return await socket.read(handler)

    async def sample(self, handlers: Sequence[str]) -> dict[str, str | None]:
        """Read several handlers at once; None for those that cannot be read."""
        values: dict[str, str | None] = dict.fromkeys(handlers)
        try:
            async with connected(self.directory / "control.sock") as socket:
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
        return await self._status_once()

    async def prune(self, status: SupervisorStatus) -> tuple[str, ...]:
        """Remove old releases that nothing runs or would go back to; returns their digests."""
        workers = [w.release for w in (status.active, status.parked) if w is not None]
        return await asyncio.to_thread(prune, self.releases, {*workers, status.confirmed})

    @retried
    async def _status(self) -> SupervisorStatus:
        return await self._status_once()

    async def _status_once(self) -> SupervisorStatus:
        async with connected(self.directory / "supervisor.sock") as socket:
            text = await socket.read("status")
        try:
            return SupervisorStatus.model_validate_json(text)
        except ValidationError as error:
            raise DeviceUnreachable(
                f"the supervisor of {self.name} answers in a form this version does not know:"
                f" {error}"
            ) from error

    @retried
    async def _flatconfig(self) -> str:
        async with connected(self.directory / "control.sock") as socket:
            return await socket.read("flatconfig")

    async def _write(self, handler: str, value: str = "", seconds: float = 10.0) -> str:
        async with connected(self.directory / "supervisor.sock") as socket:
            return await socket.write(handler, value, seconds)

    def _report(self, answer: str) -> TakeoverReport:
        try:
            return TakeoverReport.model_validate_json(answer[answer.index("{") :])
        except (ValueError, ValidationError) as error:
            raise DeviceUnreachable(
                f"{self.name} answered a takeover with {answer[:80]!r}, not with a report"
            ) from error

    def _make_directory(self) -> None:
        try:
            self.releases.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DeviceMisconfigured(
                f"device directory {self.directory} cannot be made: {error.strerror}; make it"
                " writable, or set"
                " spec.directory of the device to one that is"
            ) from error

    def _install(self, supervisor: Path) -> Path:
        place = self.directory / "supervisor"
        partial = self.directory / f".supervisor.{os.getpid()}"
        shutil.copyfile(supervisor, partial)
        partial.chmod(0o755)
        partial.rename(place)
        return place


def _namespace(name: str, instance: str) -> Path:
    path = Path(name) if name.startswith("/") else NAMESPACES / name
    if not path.exists():
        raise DeviceMisconfigured(
            f"{instance}: there is no network namespace {path}; create it with `ip netns add` or"
            " correct spec.netns"
        )
    return path


def _text(path: Path) -> str | None:
    try:
        return path.read_text()
    except FileNotFoundError:
        return None
