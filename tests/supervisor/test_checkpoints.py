"""Checkpoints of what runs, and releases that begin with the records of one."""

from __future__ import annotations

import json
import os
import random
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciler.demo.network import Network
from reconciler.state.checkpoint_file import read_checkpoint
from tests.netns import needs_sandbox
from tests.supervisor.running import Stream, Supervised, until
from tests.supervisor.test_carrying import FORTY, books, entries, fate, held, put, revert

pytestmark = needs_sandbox

Start = Callable[..., Supervised]


@pytest.fixture
def start(
    supervisor_program: Path, wire_driver: Path, tmp_path: Path, network: Network
) -> Iterator[Start]:
    """Starts supervisors, one after the other, in one directory; the last one is told to stop."""
    running: list[Supervised] = []

    def begin(*options: object, driver: Path = wire_driver) -> Supervised:
        place = network.firewall.path
        named = ("--name", "edge1/firewall", "--checkpoints", "kept", *options)
        running.append(Supervised(supervisor_program, driver, tmp_path, place, *named))
        return running[-1].__enter__()

    yield begin
    running[-1].__exit__(None, None, None)


@pytest.fixture
def keeping(start: Start) -> Supervised:
    """A confirmed release `one` with layout 1 and forty entries; a checkpoint when asked for."""
    supervised = start()
    supervised.confirmed("one", books(1))
    supervised.write("books.fill", "40", "control.sock")
    return supervised


def checkpoint(supervised: Supervised, reason: str = "asked for") -> dict[str, Any]:
    code, answer = supervised.write("checkpoint", reason)
    assert code == 200, answer
    found: dict[str, Any] = json.loads(answer)
    return found


def refused(supervised: Supervised) -> str:
    code, answer = supervised.write("checkpoint", "")
    assert code == 520, answer
    return answer


def pull_the_plug(supervised: Supervised) -> None:
    """Nothing is left but what is on disk."""
    supervised.process.kill()
    supervised.process.wait()


def kept(supervised: Supervised) -> list[str]:
    return sorted(os.listdir(supervised.directory / "kept"))


def path_of(supervised: Supervised, name: str) -> Path:
    return supervised.directory / "kept" / name


def settings(supervised: Supervised) -> dict[str, Any]:
    found: dict[str, Any] = supervised.status()["checkpoints"]
    return found


def test_a_checkpoint_is_on_disk_when_it_is_answered(keeping: Supervised) -> None:
    put(keeping, 1, 11, "note")
    found = checkpoint(keeping, "before a swap")
    path = path_of(keeping, "0000000001.ckpt")
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
    assert settings(keeping) == {
        "directory": "kept",
        "interval_ms": 0,
        "keep": 5,
        "last": found,
        "problem": "",
        "reason": "",
    }
    (event,) = keeping.events("checkpoint_written")
    assert (event["file"], event["records"]) == (path.name, "41")


def test_after_a_power_cut_records_are_there_before_the_first_packet(
    keeping: Supervised, start: Start
) -> None:
    checkpoint(keeping)
    put(keeping, 50, 50)
    pull_the_plug(keeping)
    again = start()
    report = again.takeover("one", books(1))
    name = "kept/0000000001.ckpt"
    assert entries(report) == fate("restored", kept=40) | {"from": name}
    assert report["states"]["books/notes"] == fate("restored") | {"from": name}
    assert held(again) == FORTY
    assert again.worker("books.begun") == "adopted", "the index was made before the turn"
    again.confirm("one")
    put(again, 50, 51)
    again.takeover("two", books(1))
    assert held(again) == {**FORTY, 50: 51}, "memory comes before files"


def test_sessions_are_known_again(start: Start, session_driver: Path) -> None:
    graph = "sessions :: SessionTable(CAPACITY 4096); all :: Sessions(sessions);"
    supervised = start(driver=session_driver)
    supervised.confirmed("one", graph)
    supervised.write("all.open", "1000", "control.sock")
    assert checkpoint(supervised)["records"] == 1000
    pull_the_plug(supervised)
    again = start(driver=session_driver)
    again.takeover("one", graph)
    assert again.worker("sessions.count") == "1000"
    again.write("all.open", "1000", "control.sock")
    assert again.worker("sessions.count") == "1000", "these are the same ones"


@pytest.mark.parametrize(("layout", "capacity"), [(2, 64), (1, 128), (2, 20)])
def test_another_layout_or_size_takes_its_records_from_the_checkpoint(
    keeping: Supervised, start: Start, layout: int, capacity: int
) -> None:
    checkpoint(keeping)
    pull_the_plug(keeping)
    again = start()
    report = again.takeover("one", books(layout, capacity))
    fits = min(40, capacity)
    wanted = fate("restored", migrated=fits, lost=40 - fits) | {"from": "kept/0000000001.ckpt"}
    assert entries(report) == wanted
    assert len(held(again)) == fits and held(again).items() <= FORTY.items()


def test_nothing_kept_nothing_restored(start: Start) -> None:
    report = start().takeover("one", books(1))
    assert entries(report) == fate("new")


def test_a_checkpoint_of_another_instance_is_not_ours(keeping: Supervised, start: Start) -> None:
    checkpoint(keeping)
    pull_the_plug(keeping)
    again = start("--name", "edge1/balancer")
    assert entries(again.takeover("one", books(1))) == fate("new")
    (event,) = again.events("checkpoint_passed_over")
    assert event["text"] == "is of another instance, 'edge1/firewall'"


def test_a_damaged_checkpoint_is_set_aside_and_the_one_before_used(
    keeping: Supervised, start: Start
) -> None:
    checkpoint(keeping)
    put(keeping, 50, 50)
    newest = path_of(keeping, checkpoint(keeping)["file"])
    pull_the_plug(keeping)
    data = bytearray(newest.read_bytes())
    data[len(data) // 2] ^= 1
    newest.write_bytes(data)
    again = start()
    report = again.takeover("one", books(1))
    assert entries(report)["from"] == "kept/0000000001.ckpt"
    assert held(again) == FORTY
    assert kept(again) == ["0000000001.ckpt", "0000000002.ckpt.damaged"]
    (event,) = again.events("checkpoint_damaged")
    assert event["file"] == "kept/0000000002.ckpt" and "checksum" in event["text"]
    assert checkpoint(again)["file"] == "0000000003.ckpt"


def test_an_interval_and_how_many_are_kept(start: Start) -> None:
    supervised = start("--checkpoint-interval", 20, "--checkpoint-keep", 3)
    supervised.confirmed("one", books(1))
    until(lambda: len(supervised.events("checkpoint_written")) >= 6, "checkpoints are written")
    assert {event["reason"] for event in supervised.events("checkpoint_written")} == {"interval"}
    assert supervised.write("checkpoints", "interval_ms=0\nkeep=1\n")[0] == 200
    last = checkpoint(supervised)
    assert kept(supervised) == [last["file"]]
    assert settings(supervised)["interval_ms"] == 0


def test_settings_change_while_it_runs(keeping: Supervised) -> None:
    for value, complaint in (
        ("keep=0", "keep=0: a number from 1 to 10000 is needed"),
        ("interval_ms=often", "interval_ms=often: a number from 0 to 86400000 is needed"),
        ("keeep=1", "unknown key 'keeep'; known: directory, interval_ms, keep"),
        ("keep=3\nnonsense", "line 'nonsense': KEY=VALUE is needed"),
    ):
        code, answer = keeping.write("checkpoints", value)
        assert (code, answer) == (520, f"checkpoints: {complaint}")
    assert settings(keeping)["keep"] == 5
    elsewhere = keeping.directory / "elsewhere"
    assert keeping.write("checkpoints", f"directory={elsewhere}\nkeep=2")[0] == 200
    checkpoint(keeping)
    assert os.listdir(elsewhere) == ["0000000001.ckpt"] and kept(keeping) == []
    keeping.write("checkpoints", "directory=")
    assert "no directory for checkpoints is set" in refused(keeping)


def test_without_a_release_or_tables_there_is_nothing_to_write(start: Start) -> None:
    supervised = start("--checkpoint-interval", 10)
    assert "no release runs" in refused(supervised)
    supervised.confirmed("one")
    assert "the release that runs has no tables" in refused(supervised)
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
    assert (code, answer) == (520, "checkpoint: the process that wrote it ended early")
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
    """It never keeps anybody from forwarding, and is tried again."""

    @pytest.fixture
    def small(self, start: Start, tmp_path: Path) -> Iterator[Path]:
        """18 MB."""
        where = tmp_path / "kept"
        where.mkdir()
        mount("-t", "tmpfs", "-o", "size=18m", "none", str(where))
        yield where
        subprocess.run(["umount", str(where)], check=True)

    def test_full(self, small: Path, keeping: Supervised, network: Network) -> None:
        first = checkpoint(keeping)
        (small / "other").write_bytes(bytes(3 << 20))
        with Stream(network) as stream:
            assert "MB are free" in refused(keeping)
            stream.run_on()
        assert not stream.lost
        found = settings(keeping)
        assert (found["reason"], found["last"]) == ("DirectoryFull", first)
        assert "make room" in found["problem"]
        (event,) = keeping.events("checkpoint_failed")
        assert event["reason"] == "DirectoryFull"
        (small / "other").unlink()
        checkpoint(keeping)
        assert settings(keeping)["reason"] == settings(keeping)["problem"] == ""

    def test_read_only(self, small: Path, keeping: Supervised) -> None:
        mount("-o", "remount,bind,ro", str(small))
        assert "Read-only file system" in refused(keeping)
        assert settings(keeping)["reason"] == "DirectoryReadOnly"
        mount("-o", "remount,bind,rw", str(small))
        checkpoint(keeping)

    def test_gone(self, keeping: Supervised) -> None:
        keeping.write("checkpoints", "interval_ms=20")
        (keeping.directory / "kept").rename(keeping.directory / "away")
        keeping.wait_for(
            lambda status: status["checkpoints"]["reason"] == "DirectoryMissing", "it is noticed"
        )
        assert keeping.status()["state"] == "forwarding"
        (keeping.directory / "away").rename(keeping.directory / "kept")
        keeping.wait_for(lambda status: not status["checkpoints"]["reason"], "it is tried again")


def mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


@pytest.mark.parametrize("layout", [1, 2])
def test_a_takeover_restores_what_it_is_told_to_and_a_revert_goes_back(
    keeping: Supervised, layout: int
) -> None:
    path = path_of(keeping, checkpoint(keeping)["file"])
    put(keeping, 5, 500)
    put(keeping, 60, 600)
    now = held(keeping)
    report = keeping.takeover("two", books(layout), restore=path)
    where = {"kept": 40} if layout == 1 else {"migrated": 40}
    assert entries(report) == fate("restored", **where) | {"from": str(path)}
    assert held(keeping) == FORTY
    put(keeping, 70, 700)
    report = revert(keeping)
    assert entries(report)["fate"] == "kept"
    assert held(keeping) == now


def test_what_was_restored_stays_when_its_worker_dies(keeping: Supervised) -> None:
    path = path_of(keeping, checkpoint(keeping)["file"])
    put(keeping, 5, 500)
    now = held(keeping)
    keeping.takeover("two", books(1), restore=path)
    keeping.confirm("two")
    put(keeping, 6, 600)
    os.kill(keeping.pid(), 9)
    keeping.wait_for(lambda status: status["restarts"] == 1, "it is started again")
    assert held(keeping) == {**FORTY, 6: 600} != now


def test_a_dead_predecessor_goes_on_with_its_own_records(keeping: Supervised) -> None:
    path = path_of(keeping, checkpoint(keeping)["file"])
    put(keeping, 5, 500)
    now = held(keeping)
    keeping.takeover("two", books(2), restore=path)
    os.kill(int(keeping.status()["parked"]["pid"]), 9)
    keeping.wait_for(lambda status: status["parked"]["pid"] == 0, "it is dead")
    revert(keeping)
    assert held(keeping) == now


def test_tables_that_the_file_does_not_have_stay_as_they_are(keeping: Supervised) -> None:
    path = path_of(keeping, checkpoint(keeping)["file"])
    put(keeping, 5, 500)
    more = books(1, more="others :: Ledger(1, CAPACITY 64);")
    report = keeping.takeover("two", more, restore=path)
    assert report["states"]["others/entries"] == fate("new")
    assert entries(report)["fate"] == "restored"


def test_a_damaged_file_is_refused_and_the_old_release_goes_on(keeping: Supervised) -> None:
    path = path_of(keeping, checkpoint(keeping)["file"])
    path.write_bytes(path.read_bytes()[:-1])
    pid = keeping.pid()
    answer = keeping.refused("two", books(1), restore=path)
    assert answer.startswith(f"restore='{path}': the checkpoint ")
    answer = keeping.refused("two", books(1), restore=path.with_name("absent"))
    assert "No such file" in answer
    assert keeping.pid() == pid and keeping.status()["state"] == "forwarding"


def test_power_cuts_at_random_moments_lose_no_more_than_an_interval(start: Start) -> None:
    """A number grows all the time. What is restored was there, and no older than the last
    checkpoint that was written.
    """
    moments = random.Random(5)
    number = safe = 0
    for cut in range(10):
        supervised = start("--checkpoint-interval", 20, "--checkpoint-keep", 2)
        supervised.takeover("one", books(1 + cut % 2))
        if cut > 0:
            assert safe <= held(supervised)[1] <= number
        supervised.confirm("one")
        written_before: dict[int, int] = {}
        end = time.monotonic() + moments.uniform(0.1, 0.4)
        while time.monotonic() < end:
            number += 1
            put(supervised, 1, number)
            written_before[number] = len(supervised.events("checkpoint_written"))
        pull_the_plug(supervised)
        written = len(supervised.events("checkpoint_written"))
        # Of two that were written since, one was begun since.
        sure = [one for one, before in written_before.items() if written >= before + 2]
        safe = max(sure, default=safe)
    assert safe > 10
