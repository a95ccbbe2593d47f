"""Releases on a device's disk: staged atomically, pruned when they are old."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import PurePosixPath

from reconciler.devices.click_up.places import CONFIG, DRIVER, RECORD
from reconciler.devices.client import Release
from reconciler.transports.transport import PROGRAM, Entry, File, Transport

KEPT_RELEASES = 5
DIGEST, UNFINISHED = re.compile("[0-9a-f]{64}"), re.compile(r"\.[0-9a-f]{64}\.[0-9]+")


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
    others = [one for one in await _releases(transport, folder) if one.name not in used]
    others.sort(key=lambda entry: (entry.modified, entry.name), reverse=True)
    old = tuple(entry.name for entry in others[KEPT_RELEASES:])
    for name in old:
        await transport.remove(folder / name)
    return old


async def remove_all(transport: Transport, folder: PurePosixPath) -> None:
    """Remove all releases, and the folder if there is nothing else in it. Raises OSError."""
    for release in await _releases(transport, folder):
        await transport.remove(folder / release.name)
    if await transport.exists(folder) and not await transport.list(folder):
        await transport.remove(folder)


async def _releases(transport: Transport, folder: PurePosixPath) -> list[Entry]:
    """Return what `stage` made in `folder`, or left unfinished when it was killed. Whatever else
    lies there is not ours to remove: a description may name any directory.
    """
    try:
        found = await transport.list(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [
        entry
        for entry in found
        if UNFINISHED.fullmatch(entry.name)
        or (DIGEST.fullmatch(entry.name) and await transport.exists(folder / entry.name / RECORD))
    ]
