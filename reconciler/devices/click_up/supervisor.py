"""Client of a supervisor: its handlers as calls, its refusals as errors."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from tenacity import retry, retry_if_exception, stop_after_attempt, wait_exponential

from reconciler.devices.causes import BLAMES_DEVICE, BLAMES_RELEASE, cause_and_reason
from reconciler.devices.click_up.places import CONFIG, DRIVER
from reconciler.devices.client import TakeoverRequest
from reconciler.devices.control_socket import (
    HandlerRefused,
    NoSuchHandler,
    connected,
)
from reconciler.devices.reports import CheckpointReport, DeviceStatus, TakeoverReport
from reconciler.errors import (
    CheckpointFailed,
    ConfirmTooLate,
    DeviceUnreachable,
    DeviceUnready,
    DirectoryTaken,
    NobodyListens,
    TakeoverRefused,
    Transient,
)
from reconciler.transports.transport import Transport

START_TIMEOUT_MS = 10_000
# Enough for millions of records, on a slow disk or migrated to another layout.
CHECKPOINT_SECONDS, CARRY_SECONDS = 120.0, 120.0

S = TypeVar("S", bound=BaseModel)

# Reads are safe to repeat; writes are not and are never retried here.
retried = retry(
    retry=retry_if_exception(
        lambda error: isinstance(error, DeviceUnreachable) and not isinstance(error, NobodyListens)
    ),
    stop=stop_after_attempt(3),
    wait=wait_exponential(multiplier=0.05, max=0.5),
    reraise=True,
)


class Supervisor:
    """The supervisor of the instance `name`, expected to listen on `socket`. Every call opens a
    fresh connection and raises DeviceUnreachable when nobody answers.

    Whoever calls any of them has asked for `status` before, so that alone looks whose it is.
    """

    def __init__(self, name: str, transport: Transport, socket: PurePosixPath) -> None:
        self._name = name
        self._transport = transport
        self._socket = socket

    async def status(self) -> DeviceStatus:
        """Return its status. Raises DirectoryTaken when it is another instance's."""
        async with connected(self._transport, self._socket) as socket:
            text = await socket.read("status")
        said = self._said(DeviceStatus, text, "`status`")
        if said.instance in ("", self._name):
            return said
        raise DirectoryTaken(
            f"{self._name}: the supervisor in {self._socket.parent} is that of {said.instance};"
            " give one of the two devices another directory, or wait until the other is removed"
        )

    @retried
    async def patient_status(self) -> DeviceStatus:
        """Return its status; retries when a connection breaks."""
        return await self.status()

    async def takeover(
        self, request: TakeoverRequest, releases: PurePosixPath, restore: PurePosixPath | None
    ) -> TakeoverReport:
        """Let a release staged in the folder `releases` take over, with the records of the file
        `restore` on the device, if any; returns when it forwards.

        Raises TakeoverRefused, DeviceUnready (the old one still forwards), Transient (it is busy).
        """
        seconds = START_TIMEOUT_MS / 1000 + CARRY_SECONDS
        try:
            answer = await self._write("takeover", _lines(request, releases, restore), seconds)
        except HandlerRefused as error:
            cause, text = cause_and_reason(error.text)
            why = f"{self._name}: {text.replace(f'{releases / request.release}/', '')}"
            if cause in BLAMES_DEVICE:
                raise DeviceUnready(why) from error
            if cause in BLAMES_RELEASE:
                raise TakeoverRefused(why) from error
            raise Transient(why) from error
        return self._said(TakeoverReport, answer, "a takeover")

    async def confirm(self, release: str) -> None:
        """Confirm the new release. Raises ConfirmTooLate."""
        try:
            await self._write("confirm", release)
        except HandlerRefused as error:
            raise ConfirmTooLate(f"{self._name}: {cause_and_reason(error.text)[1]}") from error

    async def revert(self, reason: str) -> TakeoverReport:
        """Revert to the parked worker. Raises Transient when there is nothing to revert."""
        try:
            answer = await self._write("revert", _one_line(reason), CARRY_SECONDS)
        except HandlerRefused as error:
            raise Transient(
                f"{self._name} did not revert: {cause_and_reason(error.text)[1]}"
            ) from error
        return self._said(TakeoverReport, answer, "a revert")

    async def checkpoint(self, reason: str) -> CheckpointReport:
        """Write every table to the device's disk now. Raises CheckpointFailed."""
        answer = await self._save("checkpoint", _one_line(reason))
        return self._said(CheckpointReport, answer, "a checkpoint")

    async def set_checkpoints(self, directory: PurePosixPath, interval_ms: int, keep: int) -> None:
        """Set where, how often and how many checkpoints are written. Raises CheckpointFailed."""
        lines = f"directory={directory}\ninterval_ms={interval_ms}\nkeep={keep}\n"
        await self._save("checkpoints", lines)

    async def set_share(self, lines: str) -> None:
        """Set priority, cores and memory of receive rings. Raises Transient."""
        try:
            await self._write("share", lines)
        except HandlerRefused as error:
            raise Transient(f"{self._name}: {cause_and_reason(error.text)[1]}") from error

    async def _save(self, handler: str, value: str) -> str:
        try:
            return await self._write(handler, value, CHECKPOINT_SECONDS)
        except HandlerRefused as error:
            raise CheckpointFailed(f"{self._name}: {cause_and_reason(error.text)[1]}") from error
        except NoSuchHandler as error:
            raise CheckpointFailed(
                f"{self._name}: its supervisor is of a click-up without checkpoints; it is replaced"
                " when it is started anew"
            ) from error

    async def stop(self) -> None:
        """Stop the worker and the supervisor."""
        await self._write("stop")

    async def _write(self, handler: str, value: str = "", seconds: float = 10.0) -> str:
        async with connected(self._transport, self._socket) as socket:
            return await socket.write(handler, value, seconds)

    def _said(self, model: type[S], answer: str, what: str) -> S:
        try:
            return model.model_validate_json(answer[answer.index("{") :])
        except (ValueError, ValidationError) as error:
            raise DeviceUnreachable(
                f"the supervisor of {self._name} answered {what} in a form this version does not"
                f" know: {answer[:80]!r}"
            ) from error


def _lines(request: TakeoverRequest, releases: PurePosixPath, restore: PurePosixPath | None) -> str:
    place = releases / request.release
    files = {
        "carrier": releases / request.carrier / DRIVER if request.carrier else None,
        "restore": restore,
    }
    pairs = [
        ("attempt", request.attempt),
        ("release", request.release),
        ("driver", str(place / DRIVER)),
        ("config", str(place / CONFIG)),
        ("confirm_timeout_ms", str(round(request.confirm_seconds * 1000))),
        ("start_timeout_ms", str(START_TIMEOUT_MS)),
        *((name, str(path)) for name, path in files.items() if path is not None),
        *(("lose", table) for table in request.lose),
    ]
    return "".join(f"{key}={value}\n" for key, value in pairs)


def _one_line(text: str) -> str:
    """Join the words of `text` on one line, as handlers require; at most 400 characters."""
    return " ".join(text.split())[:400]
