"""Releases that begin with the records of a checkpoint."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest

from tests.netns import needs_sandbox
from tests.supervisor.books import FORTY, books, entries, fate, held, put, revert
from tests.supervisor.conftest import Start
from tests.supervisor.running import Supervised
from tests.supervisor.saving import checkpoint, kept, path_of, pull_the_plug

pytestmark = needs_sandbox


def test_after_a_power_cut_records_are_there_before_the_first_packet(
    saving: Supervised, start: Start
) -> None:
    checkpoint(saving)
    put(saving, 50, 50)
    pull_the_plug(saving)
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
    saving: Supervised, start: Start, layout: int, capacity: int
) -> None:
    checkpoint(saving)
    pull_the_plug(saving)
    again = start()
    report = again.takeover("one", books(layout, capacity))
    fits = min(40, capacity)
    wanted = fate("restored", migrated=fits, lost=40 - fits) | {"from": "kept/0000000001.ckpt"}
    assert entries(report) == wanted
    assert len(held(again)) == fits and held(again).items() <= FORTY.items()


def test_nothing_kept_nothing_restored(start: Start) -> None:
    report = start().takeover("one", books(1))
    assert entries(report) == fate("new")


def test_a_checkpoint_of_another_instance_is_not_ours(saving: Supervised, start: Start) -> None:
    checkpoint(saving)
    pull_the_plug(saving)
    again = start("--name", "edge1/balancer")
    assert entries(again.takeover("one", books(1))) == fate("new")
    (event,) = again.events("checkpoint_passed_over")
    assert event["text"] == "is of another instance, 'edge1/firewall'"


def test_a_damaged_checkpoint_is_set_aside_and_the_one_before_used(
    saving: Supervised, start: Start
) -> None:
    checkpoint(saving)
    put(saving, 50, 50)
    newest = path_of(saving, checkpoint(saving)["file"])
    pull_the_plug(saving)
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


@pytest.mark.parametrize("layout", [1, 2])
def test_a_takeover_restores_what_it_is_told_to_and_a_revert_goes_back(
    saving: Supervised, layout: int
) -> None:
    path = path_of(saving, checkpoint(saving)["file"])
    put(saving, 5, 500)
    put(saving, 60, 600)
    now = held(saving)
    report = saving.takeover("two", books(layout), restore=path)
    where = {"kept": 40} if layout == 1 else {"migrated": 40}
    assert entries(report) == fate("restored", **where) | {"from": str(path)}
    assert held(saving) == FORTY
    put(saving, 70, 700)
    report = revert(saving)
    assert entries(report)["fate"] == "kept"
    assert held(saving) == now


def test_what_was_restored_stays_when_its_worker_dies(saving: Supervised) -> None:
    path = path_of(saving, checkpoint(saving)["file"])
    put(saving, 5, 500)
    now = held(saving)
    saving.takeover("two", books(1), restore=path)
    saving.confirm("two")
    put(saving, 6, 600)
    os.kill(saving.pid(), 9)
    saving.wait_for(lambda status: status["restarts"] == 1, "it is started again")
    assert held(saving) == {**FORTY, 6: 600} != now


def test_a_dead_predecessor_goes_on_with_its_own_records(saving: Supervised) -> None:
    path = path_of(saving, checkpoint(saving)["file"])
    put(saving, 5, 500)
    now = held(saving)
    saving.takeover("two", books(2), restore=path)
    os.kill(int(saving.status()["parked"]["pid"]), 9)
    saving.wait_for(lambda status: status["parked"]["pid"] == 0, "it is dead")
    revert(saving)
    assert held(saving) == now


def test_tables_that_the_file_does_not_have_stay_as_they_are(saving: Supervised) -> None:
    path = path_of(saving, checkpoint(saving)["file"])
    put(saving, 5, 500)
    more = books(1, more="others :: Ledger(1, CAPACITY 64);")
    report = saving.takeover("two", more, restore=path)
    assert report["states"]["others/entries"] == fate("new")
    assert entries(report)["fate"] == "restored"


def test_a_damaged_file_is_refused_and_the_old_release_goes_on(saving: Supervised) -> None:
    path = path_of(saving, checkpoint(saving)["file"])
    path.write_bytes(path.read_bytes()[:-1])
    pid = saving.pid()
    answer = saving.refused("two", books(1), restore=path)
    assert answer.startswith(f"state: restore='{path}': the checkpoint ")
    answer = saving.refused("two", books(1), restore=path.with_name("absent"))
    assert "No such file" in answer
    assert saving.pid() == pid and saving.status()["state"] == "forwarding"


def test_power_cuts_at_random_moments_lose_no_more_than_an_interval(start: Start) -> None:
    """A number keeps growing. The restored value existed, and is no older than the last checkpoint
    that was written.
    """
    moments = random.Random(5)
    number = safe = 0
    for cut in range(10):
        supervised = start("--checkpoint-interval", 20, "--checkpoint-keep", 2)
        supervised.takeover("one", books(1 + cut % 2))
        if cut > 0:
            assert safe <= held(supervised).get(1, 0) <= number
        supervised.confirm("one")
        written_before: dict[int, int] = {}
        end = time.monotonic() + moments.uniform(0.1, 0.4)
        written = 0
        while time.monotonic() < end or written < 3:
            number += 1
            put(supervised, 1, number)
            written_before[number] = written = len(supervised.events("checkpoint_written"))
        pull_the_plug(supervised)
        written = len(supervised.events("checkpoint_written"))
        # Of two that were written since, one was begun since.
        sure = [one for one, before in written_before.items() if written >= before + 2]
        safe = max(sure, default=safe)
    assert safe > 10
