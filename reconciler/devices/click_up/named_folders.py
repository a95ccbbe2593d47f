"""Directories that a device's description names: nobody else may put something in their place."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import PurePosixPath

from reconciler.errors import DeviceMisconfigured
from reconciler.transports.transport import Transport

# Users that are trusted, then mode, owner and path of the directory and of all that it lies in,
# links resolved. In a user namespace the system's root is one of the users that are not mapped.
SCRIPT = (
    "read -r _ _ mapped </proc/self/uid_map; unmapped=;"
    ' [ "$mapped" = 4294967295 ] || unmapped=$(cat /proc/sys/kernel/overflowuid);'
    ' echo 0 "$(id -u)" "$unmapped"; path=$(readlink -f "$1") || exit 0;'
    ' while :; do [ ! -e "$path" ] || stat -c "%a %u %n" "$path";'
    ' [ "$path" != / ] || exit 0; path=$(dirname "$path"); done'
)
STICKY, OTHERS_WRITE = 0o1000, 0o002


async def check_named(transport: Transport, instance: str, folders: Iterable[str]) -> None:
    """Look at the directories that a description names. Raises DeviceMisconfigured when one lies
    in a directory that others can write, or that belongs to another user.
    """
    for folder in folders:
        said = await transport.run(("/bin/sh", "-c", SCRIPT, "sh", folder))
        trusted, *lines = said.splitlines()
        for why in filter(None, (_weakness(line, trusted.split()) for line in lines)):
            raise DeviceMisconfigured(
                f"{instance}: {PurePosixPath(folder)} is no safe place: {why}; take that right"
                " away, or name another directory"
            )


def _weakness(line: str, trusted: Collection[str]) -> str:
    """Return why others can replace what lies in a directory, "" if they cannot."""
    mode, owner, path = line.split(" ", 2)
    rights = int(mode, 8)
    if owner not in trusted:
        return f"{path} belongs to another user ({owner})"
    # In a sticky directory only the owner of an entry can replace it; whose that is, is looked at.
    if rights & OTHERS_WRITE and not rights & STICKY:
        return f"every user can write to {path}"
    return ""
