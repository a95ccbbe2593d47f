"""Our client against scripted servers, so that it meets every way of answering."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from reconciler.devices.control_socket import (
    ControlSocketError,
    HandlerRefused,
    NoSuchElement,
    NoSuchHandler,
    WrongDirection,
)
from reconciler.errors import DeviceUnreachable, NobodyListens
from reconciler.testbed.here import connected_here

GREETING = b"Click::ControlSocket/1.3\r\n"


@asynccontextmanager
async def far_end(
    path: Path, answer: Callable[[bytes], bytes], greeting: bytes = GREETING
) -> AsyncIterator[list[bytes]]:
    """Answer each command with the bytes that `answer` returns; empty closes the connection."""
    got: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        while line := await reader.readline():
            if line.startswith(b"WRITEDATA"):
                line += await reader.readexactly(int(line.split()[2]))
            got.append(line)
            reply = answer(line)
            if not reply:
                break
            writer.write(reply)
        writer.close()

    server = await asyncio.start_unix_server(serve, path)
    async with server:
        yield got


async def test_reads_data_with_newlines(tmp_path: Path) -> None:
    path = tmp_path / "s"
    reply = b"200 Read handler 'x' OK\r\nDATA 8\r\na\r\nb\nc\r\n"
    async with far_end(path, lambda _: reply), connected_here(path) as socket:
        assert await socket.read("x") == "a\r\nb\nc\r\n"


async def test_writes_data_with_newlines_and_gives_the_remark(tmp_path: Path) -> None:
    path = tmp_path / "s"
    async with (
        far_end(path, lambda _: b"200-one\r\n200 two\r\n") as got,
        connected_here(path) as socket,
    ):
        assert await socket.write("takeover", "a=1\nb=é\n") == "one\ntwo"
    assert got == ["WRITEDATA takeover 9\r\na=1\nb=é\n".encode()]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (510, NoSuchElement),
        (511, NoSuchHandler),
        (520, HandlerRefused),
        (530, WrongDirection),
        (590, ControlSocketError),
    ],
)
async def test_errors_are_typed_by_code(
    tmp_path: Path, code: int, kind: type[ControlSocketError]
) -> None:
    path = tmp_path / "s"
    reply = b"%d-why\r\n%d not\r\n" % (code, code)
    async with far_end(path, lambda _: reply), connected_here(path) as socket:
        with pytest.raises(kind, match="why\nnot") as failed:
            await socket.read("a.b")
    assert type(failed.value) is kind
    assert failed.value.code == code


@pytest.mark.parametrize(
    "reply", [b"", b"hello\r\n", b"200 OK\r\nDATA x\r\n", b"200 OK\r\nDATA 9\r\nab"]
)
async def test_half_answers_mean_unreachable(tmp_path: Path, reply: bytes) -> None:
    path, answered = tmp_path / "s", iter([reply])
    async with far_end(path, lambda _: next(answered, b"")), connected_here(path) as socket:
        with pytest.raises(DeviceUnreachable):
            await socket.read("x", seconds=0.2)


async def test_silence_means_unreachable(tmp_path: Path) -> None:
    path = tmp_path / "s"
    async with far_end(path, lambda _: b"200-"), connected_here(path) as socket:
        with pytest.raises(DeviceUnreachable, match=r"within 0\.1 s"):
            await socket.read("x", seconds=0.1)


async def test_somebody_elses_socket_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s"
    async with far_end(path, lambda _: b"", greeting=b"220 smtp\r\n"):
        with pytest.raises(DeviceUnreachable, match="does not speak ControlSocket"):
            async with connected_here(path):
                pass


async def test_absent_and_abandoned_sockets_are_nobody(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with pytest.raises(NobodyListens):
        async with connected_here(path):
            pass
    async with far_end(path, lambda _: b""):
        pass
    with pytest.raises(NobodyListens):
        async with connected_here(path):
            pass


async def test_long_paths_work(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 120)
    folder.mkdir()
    short = tmp_path / "s"
    async with far_end(short, lambda _: b"200 OK\r\nDATA 1\r\n7"):
        (folder / "s").symlink_to(short)
        async with connected_here(folder / "s") as socket:
            assert await socket.read("x") == "7"


@pytest.mark.parametrize("turns", range(25))
async def test_is_cancelled_whenever_the_answer_comes(tmp_path: Path, turns: int) -> None:
    """`turns` of the event loop pass before it: after one of them the answer has just arrived."""
    path = tmp_path / "s"
    reply = b"200 Read handler 'x' OK\r\nDATA 1\r\na"
    async with far_end(path, lambda _: reply), connected_here(path) as socket:
        task = asyncio.create_task(socket.read("x"))
        for _ in range(turns):
            await asyncio.sleep(0)
        asked = task.cancel()
        await asyncio.wait({task})
        assert task.cancelled() == asked
