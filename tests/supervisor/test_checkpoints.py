"""Checkpoints of what runs, and releases that begin with the records of one."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.checkpoints.file import read_checkpoint
from reconciler.testbed.network import Network
from tests.netns import mount, needs_sandbox
from tests.supervisor.books import books, put
from tests.supervisor.conftest import Start
from tests.supervisor.running import Stream, Supervised, until
from tests.supervisor.saving import checkpoint, kept, path_of, refused, settings

pytestmark = needs_sandbox


def test_a_checkpoint_is_on_disk_when_it_is_answered(saving: Supervised) -> None:
    put(saving, 1, 11, "note")
    found = checkpoint(saving, "before a swap")
    path = path_of(saving, "0000000001.ckpt")
    assert found == {
        "file": path.name,
        "time": found["time"],
        "reason": "before a swap",
        "records": 41,
        "bytes": path.stat().st_size,
        "ms": found["ms"],
    }
    read = read_checkpoint(path)
    assert {table.name: len(table.rows) for table in read.tables} == {
        "books/entries": 40,
        "books/notes": 1,
    }
    assert (read.instance, read.release, read.reason) == (
        "edge1/firewall",
        "one",
        "before a swap",
    )
    assert settings(saving) == {
        "directory": "kept",
        "interval_ms": 0,
        "keep": 5,
        "last": found,
        "problem": "",
        "reason": "",
    }
    (event,) = saving.events("checkpoint_written")
    assert (event["file"], event["records"]) == (path.name, "41")


def test_an_interval_and_how_many_are_kept(start: Start) -> None:
    supervised = start("--checkpoint-interval", 20, "--checkpoint-keep", 3)
    supervised.confirmed("one", books(1))
    until(lambda: len(supervised.events("checkpoint_written")) >= 6, "checkpoints are written")
    assert {event["reason"] for event in supervised.events("checkpoint_written")} == {"interval"}
    assert supervised.write("checkpoints", "interval_ms=0\nkeep=1\n")[0] == 200
    last = checkpoint(supervised)
    assert kept(supervised) == [last["file"]]
    assert settings(supervised)["interval_ms"] == 0


def test_settings_change_while_it_runs(saving: Supervised) -> None:
    for value, complaint in (
        ("keep=0", "keep=0: a number from 1 to 10000 is needed"),
        ("interval_ms=often", "interval_ms=often: a number from 0 to 86400000 is needed"),
        ("keeep=1", "unknown key 'keeep'; known: directory, interval_ms, keep"),
        ("keep=3\nnonsense", "line 'nonsense': KEY=VALUE is needed"),
    ):
        code, answer = saving.write("checkpoints", value)
        assert (code, answer) == (520, f"request: checkpoints: {complaint}")
    assert settings(saving)["keep"] == 5
    elsewhere = saving.directory / "elsewhere"
    assert saving.write("checkpoints", f"directory={elsewhere}\nkeep=2")[0] == 200
    checkpoint(saving)
    assert os.listdir(elsewhere) == ["0000000001.ckpt"] and kept(saving) == []
    saving.write("checkpoints", "directory=")
    assert "no directory for checkpoints is set" in refused(saving)


def test_without_a_release_or_tables_there_is_nothing_to_write(start: Start) -> None:
    supervised = start("--checkpoint-interval", 10)
    assert refused(supervised).startswith("busy: checkpoint: no release runs")
    supervised.confirmed("one")
    assert refused(supervised) == "release: checkpoint: the release that runs has no tables"
    assert kept(supervised) == [] and settings(supervised)["problem"] == ""


def test_a_writer_that_dies_is_told_and_leaves_nothing(start: Start) -> None:
    supervised = start()
    supervised.confirmed("one", books(1, 100_000))
    supervised.write("books.fill", "100000", "control.sock")
    client = supervised.client()
    client.send("WRITEDATA checkpoint 1\r\n0")
    until(lambda: kept(supervised) != [], "it is being written")
    pid = supervised.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    (writer,) = {int(child) for child in children} - {supervised.pid()}
    os.kill(writer, 9)
    code, answer = client.reply()
    client.close()
    assert (code, answer) == (520, "device: checkpoint: the process that wrote it ended early")
    assert settings(supervised)["reason"] == "WriteFailed"
    assert checkpoint(supervised)["file"] == "0000000002.ckpt"
    assert kept(supervised) == ["0000000002.ckpt"]


def test_who_asks_while_one_is_written_gets_the_next(start: Start) -> None:
    supervised = start()
    supervised.confirmed("one", books(1, 100_000))
    supervised.write("books.fill", "100000", "control.sock")
    clients = [supervised.client() for _ in range(3)]
    for number, client in enumerate(clients):
        client.send(f"WRITEDATA checkpoint 1\r\n{number}")
        until(lambda: kept(supervised) != [], "the first one is being written")
    answers = [client.reply() for client in clients]
    for client in clients:
        client.close()
    assert [code for code, _ in answers] == [200] * 3
    first, *others = (json.loads(answer)["file"] for _, answer in answers)
    assert first == "0000000001.ckpt" and min(others) > first


class TestTroubledDirectory:
    """A failing checkpoint never stops forwarding, and is tried again."""

    @pytest.fixture
    def small(self, start: Start, tmp_path: Path) -> Iterator[Path]:
        """A disk of 18 MB."""
        where = tmp_path / "kept"
        where.mkdir()
        mount("-t", "tmpfs", "-o", "size=18m", "none", str(where))
        yield where
        subprocess.run(["umount", str(where)], check=True)

    def test_full(self, small: Path, saving: Supervised, network: Network) -> None:
        first = checkpoint(saving)
        (small / "other").write_bytes(bytes(3 << 20))
        with Stream(network) as stream:
            assert "MB are free" in refused(saving)
            stream.run_on()
        assert not stream.lost
        found = settings(saving)
        assert (found["reason"], found["last"]) == ("DirectoryFull", first)
        assert "make room" in found["problem"]
        (event,) = saving.events("checkpoint_failed")
        assert event["reason"] == "DirectoryFull"
        (small / "other").unlink()
        checkpoint(saving)
        assert settings(saving)["reason"] == settings(saving)["problem"] == ""

    def test_read_only(self, small: Path, saving: Supervised) -> None:
        mount("-o", "remount,bind,ro", str(small))
        assert "Read-only file system" in refused(saving)
        assert settings(saving)["reason"] == "DirectoryReadOnly"
        mount("-o", "remount,bind,rw", str(small))
        checkpoint(saving)

    def test_gone(self, saving: Supervised) -> None:
        saving.write("checkpoints", "interval_ms=20")
        (saving.directory / "kept").rename(saving.directory / "away")
        saving.wait_for(
            lambda status: status["checkpoints"]["reason"] == "DirectoryMissing", "it is noticed"
        )
        assert saving.status()["state"] == "forwarding"
        (saving.directory / "away").rename(saving.directory / "kept")
        saving.wait_for(lambda status: not status["checkpoints"]["reason"], "it is tried again")
