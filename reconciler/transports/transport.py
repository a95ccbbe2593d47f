"""What a driver's client needs of the way to its device, and nothing that only one way could give.

Paths are the device's own, and absolute. What its file system refuses is the OSError it would be
there: FileNotFoundError, PermissionError, or another with its `strerror`. Every operation may raise
DeviceUnreachable.
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
    """What a file shall hold: bytes, or those of a file on this machine. `mode` is less the umask
    on the device.
    """

    content: bytes | Path
    mode: int = 0o666


@dataclass(frozen=True)
class Entry:
    """Something in a folder; `modified` in nanoseconds since the epoch, as exact as is known."""

    name: str
    modified: int


class Transport(Protocol):
    """The way to one device. Nothing is kept open that has to be closed."""

    async def platform(self) -> str:
        """What the device is, like linux/amd64."""

    async def put(self, file: File, place: PurePosixPath) -> None:
        """Whole or not at all, and on disk when this returns; a file that is there is replaced. One
        writer a place at a time.
        """

    async def put_folder(self, files: Mapping[str, File], place: PurePosixPath) -> None:
        """A new folder of files, whole or not at all, and on disk when this returns."""

    async def lend(self, file: Path, place: PurePosixPath) -> PurePosixPath:
        """Where the device can read a file of this machine, named by an absolute path: the file
        itself, if it is the same machine, else a copy at `place`.
        """

    async def fetch(self, place: PurePosixPath) -> Path:
        """A file on this machine that holds the same; to be read only."""

    async def read(self, place: PurePosixPath) -> bytes:
        """All that a small file holds, also one of /proc."""

    async def list(self, folder: PurePosixPath) -> Sequence[Entry]:
        """What is in a folder, in no order."""

    async def exists(self, place: PurePosixPath) -> bool:
        """Whether there is such a file, folder or socket."""

    async def touch(self, place: PurePosixPath) -> None:
        """Let what is there count as modified now."""

    async def make_folder(self, place: PurePosixPath, parents: bool = False) -> None:
        """One that is there is left as it is."""

    async def remove(self, place: PurePosixPath) -> None:
        """A file, or a folder with all that is in it; nothing is left to do where there is none."""

    async def run(self, command: Sequence[str]) -> str:
        """What a program prints that ends soon; it has a session of its own, and no shell reads its
        words. Raises DeviceMisconfigured when it cannot be started or fails.
        """

    def connect(self, socket: PurePosixPath) -> AbstractAsyncContextManager[Streams]:
        """A fresh connection to a UNIX socket, closed at the end. Raises NobodyListens."""
