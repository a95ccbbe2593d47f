"""The transport to this machine."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path, PurePosixPath
from platform import machine

from reconciler.durable import sync
from reconciler.errors import DeviceMisconfigured, DeviceUnreachable, NobodyListens
from reconciler.transports.transport import Entry, File, Streams
from schemas.platforms import platform_of

CONNECT_SECONDS = 5.0
# sun_path holds 107 bytes and a NUL (unix(7)).
LONGEST_PATH = 107


def own_platform() -> str:
    """Return the platform of this machine."""
    return platform_of(machine())


class LocalTransport:
    """See Transport. Disk access blocks, so it runs in threads."""

    async def platform(self) -> str:
        """See Transport."""
        return own_platform()

    async def put(self, file: File, place: PurePosixPath) -> None:
        """See Transport."""
        await asyncio.to_thread(_put, file, Path(place))

    async def put_folder(self, files: Mapping[str, File], place: PurePosixPath) -> None:
        """See Transport."""
        await asyncio.to_thread(_put_folder, files, Path(place))

    async def lend(self, file: Path, place: PurePosixPath) -> PurePosixPath:
        """See Transport."""
        return PurePosixPath(file)

    async def fetch(self, place: PurePosixPath) -> Path:
        """See Transport."""
        await asyncio.to_thread(os.stat, place)
        return Path(place)

    async def read(self, place: PurePosixPath) -> bytes:
        """See Transport."""
        return await asyncio.to_thread(Path(place).read_bytes)

    async def list(self, folder: PurePosixPath) -> Sequence[Entry]:
        """See Transport."""
        return await asyncio.to_thread(_list, folder)

    async def exists(self, place: PurePosixPath) -> bool:
        """See Transport."""
        return await asyncio.to_thread(os.path.exists, place)

    async def touch(self, place: PurePosixPath) -> None:
        """See Transport."""
        await asyncio.to_thread(os.utime, place)

    async def make_folder(self, place: PurePosixPath, parents: bool = False) -> None:
        """See Transport."""
        await asyncio.to_thread(Path(place).mkdir, parents=parents, exist_ok=True)

    async def remove(self, place: PurePosixPath) -> None:
        """See Transport."""
        with suppress(FileNotFoundError):
            await asyncio.to_thread(_remove, Path(place))

    async def run(self, command: Sequence[str]) -> str:
        """See Transport."""
        return await asyncio.to_thread(_run, tuple(command))

    @asynccontextmanager
    async def connect(self, socket: PurePosixPath) -> AsyncIterator[Streams]:
        """See Transport."""
        reader, writer = await _connect(socket)
        try:
            yield reader, writer
        finally:
            writer.close()


def _put(file: File, place: Path) -> None:
    # Supervisors remove checkpoints of this name, which a killed writer has left behind.
    partial = place.with_name(f"{place.name}.new")
    try:
        _write(file, partial)
        partial.rename(place)
    except OSError:
        with suppress(OSError):
            partial.unlink()
        raise
    sync(place.parent)


def _put_folder(files: Mapping[str, File], place: Path) -> None:
    partial = place.with_name(f".{place.name}.{os.getpid()}")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    try:
        for name, file in files.items():
            _write(file, partial / name)
        sync(partial)
        partial.rename(place)
    except OSError:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    sync(place.parent)


def _write(file: File, place: Path) -> None:
    place.unlink(missing_ok=True)
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, file.mode)
    with open(descriptor, "wb") as output:
        if isinstance(file.content, bytes):
            output.write(file.content)
        else:
            with file.content.open("rb") as source:
                shutil.copyfileobj(source, output, 1 << 20)
        output.flush()
        os.fsync(descriptor)


def _list(folder: PurePosixPath) -> list[Entry]:
    with os.scandir(folder) as found:
        return list(_entries(found))


def _entries(found: Iterator[os.DirEntry[str]]) -> Iterator[Entry]:
    for entry in found:
        with suppress(FileNotFoundError):  # removed meanwhile
            status = entry.stat(follow_symlinks=False)
            yield Entry(entry.name, status.st_mtime_ns)


def _remove(place: Path) -> None:
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink()


def _run(command: tuple[str, ...]) -> str:
    try:
        done = subprocess.run(
            command,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=True,
        )
    except OSError as error:
        raise DeviceMisconfigured(f"`{command[0]}` cannot be started: {error.strerror}") from error
    except subprocess.CalledProcessError as error:
        raise DeviceMisconfigured(f"`{command[0]}` fails: {error.stderr.strip()[:200]}") from error
    return done.stdout


async def _connect(socket: PurePosixPath) -> Streams:
    try:
        with _address(socket) as address:
            async with asyncio.timeout(CONNECT_SECONDS):
                return await asyncio.open_unix_connection(address)
    except (ConnectionRefusedError, FileNotFoundError) as error:
        raise NobodyListens(f"nobody listens on {socket}: {error.strerror}") from error
    except (OSError, TimeoutError) as error:
        raise DeviceUnreachable(f"cannot connect to {socket}: {error}") from error


@contextmanager
def _address(socket: PurePosixPath) -> Iterator[str]:
    """Provide an address of `socket` that fits into sun_path, valid inside the context."""
    if len(os.fsencode(socket)) <= LONGEST_PATH:
        yield str(socket)
        return
    folder = os.open(socket.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{socket.name}"
    finally:
        os.close(folder)
