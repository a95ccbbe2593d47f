"""The contract of every transport.

A test module defines a subclass whose fixture `subject` provides a transport, and folders of its
device; the device sees the same files as the test.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pytest

from reconciler.errors import DeviceMisconfigured, DeviceUnreachable, NobodyListens
from reconciler.transports.transport import PROGRAM, File, Transport

MANY = 1 << 20
HOSTILE = ["two words", "new\nline", "-rf", "$(touch pwned)", "*", "'\"", "back\\slash", "ä\u2028"]


@dataclass(frozen=True)
class Subject:
    """A transport under test. Nobody may create files in `forbidden`."""

    transport: Transport
    folder: PurePosixPath
    forbidden: PurePosixPath

    async def names(self) -> set[str]:
        return {entry.name for entry in await self.transport.list(self.folder)}


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(await reader.readline())
    writer.close()


class Contract:
    """Tests of the contract: inherit them as TestSomething."""

    async def test_what_was_put_is_read_and_fetched(self, subject: Subject, tmp_path: Path) -> None:
        transport, place = subject.transport, subject.folder / "file"
        source = tmp_path / "source"
        source.write_bytes(os.urandom(MANY))
        for file, content in ((File(b"few"), b"few"), (File(source), source.read_bytes())):
            await transport.put(file, place)
            assert await transport.read(place) == content
            assert (await transport.fetch(place)).read_bytes() == content
            assert await subject.names() == {"file"}

    async def test_a_program_may_be_started_and_a_file_may_not(self, subject: Subject) -> None:
        transport, script = subject.transport, b"#!/bin/sh\necho $1\n"
        await transport.put(File(script, PROGRAM), subject.folder / "program")
        await transport.put(File(script), subject.folder / "text")
        assert await transport.run((str(subject.folder / "program"), "one")) == "one\n"
        with pytest.raises(DeviceMisconfigured, match="text` cannot be started"):
            await transport.run((str(subject.folder / "text"), "one"))

    async def test_a_reader_never_sees_half_a_file(self, subject: Subject) -> None:
        transport, place = subject.transport, subject.folder / "file"
        contents = [letter * MANY for letter in (b"a", b"b")]
        await transport.put(File(contents[0]), place)
        writing = asyncio.create_task(replaced(subject, place, contents))
        looks = 0
        while not writing.done():
            assert await transport.read(place) in contents
            looks += 1
        await writing
        assert looks > 1 and await subject.names() == {"file"}

    async def test_a_reader_never_sees_half_a_folder(self, subject: Subject) -> None:
        transport, place = subject.transport, subject.folder / "folder"
        files = {name: File(name.encode() * MANY) for name in "abcd"}
        writing = asyncio.create_task(transport.put_folder(files, place))
        while not await transport.exists(place):
            assert not writing.done() or writing.exception() is None
        assert {entry.name for entry in await transport.list(place)} == files.keys()
        for name, file in files.items():
            assert await transport.read(place / name) == file.content
        await writing
        assert await subject.names() == {"folder"}

    async def test_a_folder_is_never_put_over_another(self, subject: Subject) -> None:
        transport, place = subject.transport, subject.folder / "folder"
        await transport.put_folder({"a": File(b"old")}, place)
        with pytest.raises(OSError):
            await transport.put_folder({"a": File(b"new")}, place)
        assert await transport.read(place / "a") == b"old"
        assert await subject.names() == {"folder"}

    async def test_a_put_that_fails_leaves_what_was_there(
        self, subject: Subject, tmp_path: Path
    ) -> None:
        transport, place = subject.transport, subject.folder / "file"
        await transport.put(File(b"old"), place)
        with pytest.raises(FileNotFoundError):
            await transport.put(File(tmp_path / "no such source"), place)
        assert await transport.read(place) == b"old"
        assert await subject.names() == {"file"}

    async def test_the_device_reads_what_it_is_lent(self, subject: Subject, tmp_path: Path) -> None:
        source = tmp_path / "source"
        source.write_bytes(b"records")
        place = await subject.transport.lend(source, subject.folder / "lent")
        assert await subject.transport.read(place) == b"records"

    async def test_what_is_not_there_is_said_so(self, subject: Subject) -> None:
        transport, nothing = subject.transport, subject.folder / "nothing"
        assert not await transport.exists(nothing)
        for operation in (transport.read, transport.fetch, transport.list, transport.touch):
            with pytest.raises(FileNotFoundError):
                await operation(nothing)
        for operation in (transport.make_folder, lambda place: transport.put(File(b""), place)):
            with pytest.raises(FileNotFoundError):
                await operation(nothing / "inside")
        await transport.remove(nothing)

    async def test_what_is_not_allowed_is_said_so(self, subject: Subject) -> None:
        transport, place = subject.transport, subject.forbidden / "mine"
        files = {"a": File(b"")}
        for refused in (
            transport.put(File(b""), place),
            transport.put_folder(files, place),
            transport.make_folder(place),
        ):
            with pytest.raises(PermissionError) as failed:
                await refused
            assert failed.value.strerror

    async def test_folders_are_made_and_removed(self, subject: Subject) -> None:
        transport, inner = subject.transport, subject.folder / "outer" / "inner"
        for _ in range(2):
            await transport.make_folder(inner, parents=True)
        await transport.put(File(b""), inner / "file")
        await transport.remove(inner.parent)
        assert await subject.names() == set()

    async def test_a_link_is_removed_and_not_what_it_names(self, subject: Subject) -> None:
        transport, kept = subject.transport, subject.folder / "kept"
        await transport.put_folder({"a": File(b"")}, kept)
        await transport.run(("ln", "-s", str(kept), str(subject.folder / "link")))
        await transport.remove(subject.folder / "link")
        assert await subject.names() == {"kept"} and await transport.exists(kept / "a")

    async def test_what_is_touched_is_the_newest(self, subject: Subject) -> None:
        transport = subject.transport
        for name in ("one", "two"):
            await transport.put(File(b""), subject.folder / name)
            os.utime(subject.folder / name, (1, 1))
        await transport.touch(subject.folder / "one")
        found = {entry.name: entry.modified for entry in await transport.list(subject.folder)}
        assert found["one"] > found["two"] == 1_000_000_000

    @pytest.mark.parametrize("name", HOSTILE)
    async def test_names_are_only_names(self, subject: Subject, name: str) -> None:
        transport, place = subject.transport, subject.folder / name
        await transport.put(File(b"x"), place)
        assert await subject.names() == {name}
        assert await transport.read(place) == b"x" and await transport.exists(place)
        assert await transport.run(("cat", str(place))) == "x"
        await transport.touch(place)
        await transport.remove(place)
        await transport.put_folder({name: File(b"y")}, place)
        assert await transport.read(place / name) == b"y"
        await transport.remove(place)
        assert await subject.names() == set()

    async def test_words_of_a_command_are_only_words(self, subject: Subject) -> None:
        words = ("$HOME", "a b", "*", "; false", "\n")
        said = await subject.transport.run(("printf", "%s|", *words))
        assert said == "|".join((*words, ""))

    async def test_a_program_has_a_session_of_its_own(self, subject: Subject) -> None:
        said = await subject.transport.run(("sh", "-c", "cat /proc/$$/stat; echo $$"))
        stat, pid = said.splitlines()
        assert stat.rpartition(")")[2].split()[3] == pid

    async def test_a_program_that_fails_is_said_so(self, subject: Subject) -> None:
        with pytest.raises(DeviceMisconfigured, match="`sh` fails: so it is"):
            await subject.transport.run(("sh", "-c", "echo so it is >&2; exit 3"))
        with pytest.raises(DeviceMisconfigured, match="`/no/such/program` cannot be started"):
            await subject.transport.run(("/no/such/program",))

    @pytest.mark.parametrize("folder", ["short", "x" * 200])
    async def test_a_socket_is_talked_to(self, subject: Subject, folder: str) -> None:
        place = subject.folder / folder
        await subject.transport.make_folder(place)
        with contextlib.chdir(place):
            server = await asyncio.start_unix_server(echo, "socket")
        async with server, subject.transport.connect(place / "socket") as (reader, writer):
            writer.write(b"hello\n")
            assert await reader.readline() == b"hello\n"
            assert await reader.read() == b""

    async def test_nobody_listens(self, subject: Subject) -> None:
        transport, place = subject.transport, subject.folder / "socket"
        await transport.put(File(b""), subject.folder / "no socket")
        async with await asyncio.start_unix_server(echo, str(place)):
            pass
        for socket in (place, subject.folder / "no socket", subject.folder / "nothing"):
            with pytest.raises(NobodyListens, match=f"nobody listens on {socket}"):
                async with transport.connect(socket):
                    pass
        with pytest.raises(DeviceUnreachable):
            async with transport.connect(subject.folder / "no socket" / "inside"):
                pass

    async def test_the_platform_is_said(self, subject: Subject) -> None:
        kernel, _, architecture = (await subject.transport.platform()).partition("/")
        assert kernel == "linux" and architecture


async def replaced(subject: Subject, place: PurePosixPath, contents: list[bytes]) -> None:
    for number in range(20):
        await subject.transport.put(File(contents[number % 2]), place)
