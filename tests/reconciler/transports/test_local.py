"""The transport to this machine keeps the contract of all transports, and survives being killed."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest

from reconciler.transports.local import LocalTransport
from reconciler.transports.transport import File
from tests.reconciler.transports.contract import Contract, Subject

ROOT = Path(__file__).parents[3]
PUTS = """
import asyncio, sys
from pathlib import Path, PurePosixPath
from reconciler.transports.local import LocalTransport
from reconciler.transports.transport import File
asyncio.run(LocalTransport().put(File(Path(sys.argv[1])), PurePosixPath(sys.argv[2])))
"""


@pytest.fixture
def subject(tmp_path: Path) -> Subject:
    folder = tmp_path / "device"
    folder.mkdir()
    return Subject(LocalTransport(), PurePosixPath(folder), PurePosixPath("/sys"))


class TestLocal(Contract):
    """With this machine's files, programs and sockets."""


def killed_while_putting(slow: Path, place: PurePosixPath) -> None:
    """Kill a writer that has read only half of its source."""
    os.mkfifo(slow)
    command = [sys.executable, "-c", PUTS, str(slow), str(place)]
    process = subprocess.Popen(command, cwd=ROOT, env={"PYTHONPATH": "."})
    with slow.open("wb") as source:
        source.write(b"half of")
        source.flush()
        process.kill()
        process.wait()


async def test_who_is_killed_while_writing_leaves_the_old_file(
    subject: Subject, tmp_path: Path
) -> None:
    place, slow = subject.folder / "file", tmp_path / "slow"
    await subject.transport.put(File(b"old"), place)
    await asyncio.to_thread(killed_while_putting, slow, place)
    assert await subject.transport.read(place) == b"old"
    assert await subject.names() == {"file", "file.new"}
    await subject.transport.put(File(b"new"), place)
    assert await subject.transport.read(place) == b"new"
    assert await subject.names() == {"file"}


async def test_a_link_in_the_way_is_not_written_through(subject: Subject) -> None:
    victim = subject.folder / "victim"
    await subject.transport.put(File(b"mine"), victim)
    os.symlink(victim, subject.folder / "file.new")
    await subject.transport.put(File(b"new"), subject.folder / "file")
    assert await subject.transport.read(victim) == b"mine"
    assert await subject.names() == {"victim", "file"}
