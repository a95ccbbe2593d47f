"""Messages between supervisor, worker and carrier."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cpp import compile_driver, compile_program

PAGE_MAGIC = 0x31706B63696C63
PAGE_BYTES = 40 + 32 * 72 + 4096 * 64


def test_every_message_is_on_the_wire_as_it_ever_was(tmp_path: Path) -> None:
    program = compile_program(tmp_path / "messages", [Path(__file__).parent / "worker_messages.cc"])
    done = subprocess.run([str(program)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_driver(tmp_path_factory.mktemp("driver") / "driver", [])


@contextmanager
def page() -> Iterator[int]:
    """The page that a supervisor shares, still empty."""
    memory = os.memfd_create("page")
    os.ftruncate(memory, PAGE_BYTES)
    os.write(memory, PAGE_MAGIC.to_bytes(8, "little"))
    try:
        yield memory
    finally:
        os.close(memory)


@contextmanager
def started(driver: Path, tmp_path: Path, role: str) -> Iterator[socket.socket]:
    """Start a worker or carrier and welcome it; this test is its supervisor."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.settimeout(30)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "control"))
    listener.listen()
    config = tmp_path / "empty.click"
    config.write_text("")
    channel = theirs.fileno()
    command = [str(driver), f"--{role}", str(channel), *([str(config)] * (role == "worker"))]
    with ours, theirs, listener, page() as memory:
        shared = [memory, listener.fileno()] if role == "worker" else [memory]
        with subprocess.Popen(command, pass_fds=[channel]) as process:
            try:
                socket.send_fds(ours, [b"welcome 3"], shared)
                assert ours.recv(100) == b"version 3"
                yield ours
                ours.send(b"exit")
                assert process.wait(30) == 0
            finally:
                process.kill()


@pytest.mark.parametrize("role", ["worker", "carry"])
def test_an_order_that_is_not_known_or_cannot_be_read_is_answered(
    driver: Path, tmp_path: Path, role: str
) -> None:
    with started(driver, tmp_path, role) as channel:
        if role == "worker":
            assert channel.recv(100) == b"ready"
        for order in (
            b"dance",
            b"prepare",
            b"prepare soon",
            b"ring eth0 big 12",
            b"error of yours",
        ):
            channel.send(order)
            assert channel.recv(100) == b"unknown " + order.split()[0]
