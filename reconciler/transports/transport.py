"""What a driver's client needs of the connection to its device, in terms any transport can offer.

Paths are absolute and those of the device. Errors of its file system are raised as the OSError they
would be there: FileNotFoundError, PermissionError, or another with its `strerror`. Every operation
may raise DeviceUnreachable.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

PROGRAM = 0o777

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True)
class File:
    """What to write to a file: bytes, or the content of a file on this machine. `mode` is subject
    to the device's umask.
    """

    content: bytes | Path
    mode: int = 0o666


@dataclass(frozen=True)
class Entry:
    """An entry of a folder; `modified` in nanoseconds since the epoch, as precise as is known."""

    name: str
    modified: int


class Transport(Protocol):
    """Access to one device. It holds no resource that has to be closed."""

    async def platform(self) -> str:
        """Return the device's platform, like linux/amd64."""

    async def put(self, file: File, place: PurePosixPath) -> None:
        """Write a file atomically, replacing an existing one; it is on disk when this returns. One
        writer per place at a time.
        """

    async def put_folder(self, files: Mapping[str, File], place: PurePosixPath) -> None:
        """Write a new folder of files atomically; it is on disk when this returns."""

    async def lend(self, file: Path, place: PurePosixPath) -> PurePosixPath:
        """Return where the device can read `file` of this machine, an absolute path: the file
        itself on the same machine, else a copy at `place`.
        """

    async def fetch(self, place: PurePosixPath) -> Path:
        """Return a file on this machine with the same content; only to be read."""

    async def read(self, place: PurePosixPath) -> bytes:
        """Return the content of a small file, which may be one of /proc."""

    async def list(self, folder: PurePosixPath) -> Sequence[Entry]:
        """Return the entries of a folder, in no order."""

    async def exists(self, place: PurePosixPath) -> bool:
        """Return whether there is such a file, folder or socket."""

    async def touch(self, place: PurePosixPath) -> None:
        """Set the modification time of a file or folder to now."""

    async def make_folder(self, place: PurePosixPath, parents: bool = False) -> None:
        """Create a folder; an existing one is left as it is."""

    async def remove(self, place: PurePosixPath) -> None:
        """Remove a file, or a folder with all its content; does nothing if it does not exist."""

    async def run(self, command: Sequence[str]) -> str:
        """Run a short-lived program, in its own session and without a shell; return its output.
        Raises DeviceMisconfigured when it cannot be started or fails.
        """

    def connect(self, socket: PurePosixPath) -> AbstractAsyncContextManager[Streams]:
        """Open a fresh connection to a UNIX socket, closed at the end. Raises NobodyListens."""
