"""Releases on a device's disk: staged atomically, pruned when they are old."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import PurePosixPath

from reconciler.devices.click_up.places import CONFIG, DRIVER, RECORD
from reconciler.devices.client import Release
from reconciler.transports.transport import PROGRAM, File, Transport

KEPT_RELEASES = 5


async def stage(transport: Transport, folder: PurePosixPath, release: Release) -> None:
    """Write `release` to `folder`/<digest>; if it exists, only renew its modification time.

    A release folder is complete or absent. Raises OSError.
    """
    place = folder / release.digest
    files = {
        DRIVER: File(release.driver, PROGRAM),
        CONFIG: File(release.config.encode()),
        RECORD: File(release.record.encode()),
    }
    try:
        await transport.touch(place)
    except FileNotFoundError:
        await transport.put_folder(files, place)


async def prune(
    transport: Transport, folder: PurePosixPath, used: Collection[str]
) -> tuple[str, ...]:
    """Remove all releases but those `used` and the newest few; return the names removed."""
    try:
        found = await transport.list(folder)
    except FileNotFoundError:
        return ()
    others = [entry for entry in found if entry.name not in used]
    others.sort(key=lambda entry: (entry.modified, entry.name), reverse=True)
    old = tuple(entry.name for entry in others[KEPT_RELEASES:])
    for name in old:
        await transport.remove(folder / name)
    return old
