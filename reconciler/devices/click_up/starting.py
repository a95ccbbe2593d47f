"""Puts a supervisor into a device's directory and starts it."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from reconciler.devices.click_up.detached import is_alive, last_lines, start_detached
from reconciler.errors import DeviceMisconfigured, DeviceUnreachable

START_SECONDS = 5.0
NAMESPACES = Path("/run/netns")


def make_directory(path: Path, directory: Path) -> None:
    """Make `path` inside the device's directory. Raises DeviceMisconfigured."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DeviceMisconfigured(
            f"device directory {directory} cannot be made: {error.strerror}; make it"
            " writable, or set"
            " spec.directory of the device to one that is"
        ) from error


def install(supervisor: Path, directory: Path) -> Path:
    """A copy: the cache may be cleaned while the supervisor lives for years."""
    place = directory / "supervisor"
    partial = directory / f".supervisor.{os.getpid()}"
    shutil.copyfile(supervisor, partial)
    partial.chmod(0o755)
    partial.rename(place)
    return place


async def start(
    command: Sequence[str], output: Path, name: str, answers: Callable[[], Awaitable[object]]
) -> None:
    """Start the supervisor of `name`, detached; returns when `answers` does not raise any more.

    Raises DeviceUnreachable.
    """
    pid = await start_detached(command, output)
    deadline = asyncio.get_running_loop().time() + START_SECONDS
    while True:
        try:
            await answers()
            return
        except DeviceUnreachable as error:
            if not is_alive(pid):
                raise DeviceUnreachable(
                    f"the supervisor of {name} ended at once: {last_lines(output)}; see {output}"
                ) from error
            if asyncio.get_running_loop().time() > deadline:
                raise
        await asyncio.sleep(0.01)


def namespace(name: str, instance: str) -> Path:
    """Path of a network namespace. Raises DeviceMisconfigured when there is none."""
    path = Path(name) if name.startswith("/") else NAMESPACES / name
    if not path.exists():
        raise DeviceMisconfigured(
            f"{instance}: there is no network namespace {path}; create it with `ip netns add` or"
            " correct spec.netns"
        )
    return path
