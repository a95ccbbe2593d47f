"""Puts a supervisor into a device's directory and starts it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import PurePosixPath

from reconciler.devices.click_up.detached import is_alive, last_lines, start_detached
from reconciler.devices.click_up.named_folders import NamedFolders
from reconciler.devices.click_up.places import Places
from reconciler.errors import DeviceMisconfigured, DeviceUnreachable
from reconciler.transports.transport import Transport

START_SECONDS = 5.0
NAMESPACES = PurePosixPath("/run/netns")


async def make_directory(transport: Transport, places: Places, named: NamedFolders) -> None:
    """Create the device's directory and its folder of releases. Raises DeviceMisconfigured."""
    await named.check(transport)
    try:
        await transport.make_folder(places.releases, parents=True)
    except OSError as error:
        raise DeviceMisconfigured(
            f"device directory {places.directory} cannot be made: {error.strerror}; make it"
            " writable, or set"
            " spec.directory of the device to one that is"
        ) from error
    await named.check(transport)  # somebody may have been faster


async def start(
    transport: Transport,
    command: Sequence[str],
    output: PurePosixPath,
    name: str,
    answers: Callable[[], Awaitable[object]],
) -> None:
    """Start the supervisor of `name`, detached; returns when `answers` no longer raises.

    Raises DeviceUnreachable.
    """
    pid = await start_detached(transport, command, output)
    deadline = asyncio.get_running_loop().time() + START_SECONDS
    while True:
        try:
            await answers()
            return
        except DeviceUnreachable as error:
            if not await is_alive(transport, pid):
                said = await last_lines(transport, output)
                raise DeviceUnreachable(
                    f"the supervisor of {name} ended at once: {said}; see {output}"
                ) from error
            if asyncio.get_running_loop().time() > deadline:
                raise
        await asyncio.sleep(0.01)


async def namespace(transport: Transport, name: str, instance: str) -> PurePosixPath:
    """Return the path of a network namespace. Raises DeviceMisconfigured when there is none."""
    path = NAMESPACES / name  # if `name` is absolute, this is `name` itself
    if not await transport.exists(path):
        raise DeviceMisconfigured(
            f"{instance}: there is no network namespace {path}; create it with `ip netns add` or"
            " correct spec.netns"
        )
    return path
