"""Directories that a device's description names: nobody else may put something in their place."""

from __future__ import annotations

from pathlib import PurePosixPath

from reconciler.errors import DeviceMisconfigured
from reconciler.transports.transport import Transport

# Users that are trusted, their group, then mode, owner, group and path of the directory, if it is
# there, and of all that it lies in, links resolved. In a user namespace the system's root is one of
# the users that are not mapped.
SCRIPT = (
    "read -r _ _ mapped </proc/self/uid_map; unmapped=0;"
    ' [ "$mapped" = 4294967295 ] || unmapped=$(cat /proc/sys/kernel/overflowuid);'
    ' echo "$(id -u)" "$unmapped" "$(id -g)"; path=$1;'
    ' while [ ! -e "$path" ] && [ "$path" != / ]; do path=$(dirname "$path"); done;'
    ' path=$(readlink -f "$path") || exit 1;'
    ' while :; do stat -c "%a %u %g %n" "$path"; [ "$path" != / ] || exit 0;'
    ' path=$(dirname "$path"); done'
)
STICKY, GROUP_WRITES, OTHERS_WRITE = 0o1000, 0o020, 0o002


class NamedFolders:
    """The directories of an instance that its device's description names."""

    def __init__(self, instance: str, *folders: PurePosixPath) -> None:
        self._instance = instance
        self._folders = folders

    async def check(self, transport: Transport) -> None:
        """Raise DeviceMisconfigured when one belongs to another user, or lies in a directory that
        others can write.
        """
        for folder in self._folders:
            said = await transport.run(("/bin/sh", "-c", SCRIPT, "sh", str(folder)))
            ours, *lines = said.splitlines()
            *users, group = ours.split()
            for why in filter(None, (_weakness(one, {"0", *users}, group) for one in lines)):
                raise DeviceMisconfigured(
                    f"{self._instance}: {folder} is no safe place: {why}; take that right away, or"
                    " name another directory"
                )


def _weakness(line: str, trusted: set[str], our_group: str) -> str:
    """Return why others can replace what lies in a directory, "" if they cannot."""
    mode, owner, group, path = line.split(" ", 3)
    rights = int(mode, 8)
    if owner not in trusted:
        return f"{path} belongs to another user ({owner})"
    # In a sticky directory only the owner of an entry can replace it; whose that is, is looked at.
    if rights & STICKY:
        return ""
    if rights & OTHERS_WRITE:
        return f"every user can write to {path}"
    if rights & GROUP_WRITES and group not in ("0", our_group):
        return f"another group ({group}) can write to {path}"
    return ""
