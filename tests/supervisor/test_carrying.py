"""Releases whose tables differ: records are carried before the pause and in it, and back."""

from __future__ import annotations

import json
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from reconciler.demo.network import Network
from tests.netns import needs_sandbox
from tests.supervisor.running import WIRES, Stream, Supervised, until
from tests.supervisor.test_process import alive

pytestmark = needs_sandbox

CRASH, HANG = 666, 667  # values at which a migration fails


def books(layout: int, capacity: int = 64, on_pause: int = 0, more: str = "") -> str:
    with_pause = f", ON_PAUSE {on_pause}" if on_pause else ""
    return WIRES + f"books :: Ledger({layout}, CAPACITY {capacity}{with_pause}); {more}"


def put(supervised: Supervised, key: int, value: int, handler: str = "put") -> None:
    code, why = supervised.write(f"books.{handler}", f"{key} {value}", "control.sock")
    assert code == 200, why


def held(supervised: Supervised, handler: str = "entries") -> dict[int, int]:
    pairs = (word.split("=") for word in supervised.worker(f"books.{handler}").split())
    return {int(key): int(value) for key, value in pairs}


def entries(report: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = report["states"]["books/entries"]
    return found


def fate(name: str, **counts: int) -> dict[str, object]:
    return {"fate": name, "kept": 0, "migrated": 0, "expired": 0, "lost": 0, "from": "", **counts}


def revert(supervised: Supervised) -> dict[str, Any]:
    code, answer = supervised.write("revert", "as asked")
    assert code == 200, answer
    report: dict[str, Any] = json.loads(answer)
    assert report["reason"] == "as asked"
    return report


def carriers(supervised: Supervised) -> list[int]:
    return [int(event["pid"]) for event in supervised.events("carrier_started")]


@pytest.fixture
def keeping(supervised: Supervised) -> Supervised:
    """A confirmed release `one` with layout 1, forty entries and a note."""
    supervised.confirmed("one", books(1))
    supervised.write("books.fill", "40", "control.sock")
    put(supervised, 1, 11, "note")
    return supervised


FORTY = {key: key for key in range(1, 41)}


def test_a_changed_layout_takes_its_records_along_and_back(
    keeping: Supervised, network: Network
) -> None:
    with Stream(network) as stream:
        stream.run_on()
        report = keeping.takeover("two", books(2))
        stream.run_on()
        assert entries(report) == fate("migrated", migrated=40)
        assert report["states"]["books/notes"] == fate("kept", kept=1)
        assert report["rounds"] >= 2 and report["last_records"] <= 40
        assert held(keeping) == FORTY and held(keeping, "notes") == {1: 11}
        assert keeping.status()["tables"]["books/entries"]["version"] == 2
        put(keeping, 5, 500)
        put(keeping, 50, 51)
        put(keeping, 1, 12, "note")
        report = revert(keeping)
        stream.run_on()
    assert not stream.lost
    assert entries(report) == fate("migrated", migrated=41)
    assert held(keeping) == {**FORTY, 5: 500, 50: 51} and held(keeping, "notes") == {1: 12}
    assert keeping.worker("books.begun") == "adopted", "nothing had to be rebuilt in the pause"
    assert len(carriers(keeping)) == 1, "the same one both ways"
    until(lambda: not any(map(alive, carriers(keeping))), "the carrier ends with the revert")
    assert keeping.status()["tables"]["books/entries"]["version"] == 1


def test_a_confirmation_ends_the_carrier_and_the_old_table(keeping: Supervised) -> None:
    keeping.takeover("two", books(2))
    (carrier,) = carriers(keeping)
    assert alive(carrier)
    keeping.confirm("two")
    until(lambda: not alive(carrier), "the carrier ends")
    (dropped,) = keeping.events("table_dropped")
    assert dropped["table"] == "books/entries"
    os.kill(keeping.pid(), signal.SIGKILL)
    keeping.wait_for(lambda now: now["restarts"] == 1, "restarts")
    assert held(keeping) == FORTY
    keeping.takeover("three", books(1))
    assert held(keeping) == FORTY


def test_equal_tables_need_no_carrier(keeping: Supervised) -> None:
    report = keeping.takeover("two", books(1))
    assert entries(report) == fate("kept", kept=40)
    assert (report["precopy_ms"], report["rounds"], report["last_records"]) == (0, 0, 0)
    revert(keeping)
    assert not carriers(keeping) and held(keeping) == FORTY


@pytest.mark.parametrize("capacity", [63, 65, 1000])
def test_another_capacity_takes_the_records_along(keeping: Supervised, capacity: int) -> None:
    report = keeping.takeover("two", books(1, capacity))
    assert entries(report) == fate("migrated", migrated=40)
    assert keeping.status()["tables"]["books/entries"]["capacity"] == capacity
    assert held(keeping) == FORTY


def test_a_smaller_table_keeps_what_is_assured_and_a_revert_brings_the_rest_back(
    keeping: Supervised,
) -> None:
    report = keeping.takeover("two", books(1, 16))
    assert entries(report) == fate("migrated", migrated=16, lost=24)
    kept = held(keeping)
    assert len(kept) == 16 and all(value % 2 for value in kept.values())
    put(keeping, *(next(iter(kept)), 1001))
    revert(keeping)
    assert held(keeping) == {**FORTY, next(iter(kept)): 1001}


def test_a_table_that_is_new_and_one_that_goes(keeping: Supervised) -> None:
    report = keeping.takeover("two")
    assert report["states"] == {}
    report = revert(keeping)
    assert entries(report) == fate("kept", kept=40) and held(keeping) == FORTY
    report = keeping.takeover("three", books(1, more="more :: Ledger(2);"))
    assert report["states"]["more/entries"] == fate("new")


def test_a_carrier_that_knows_no_migration(keeping: Supervised, tmp_path: Path) -> None:
    why = keeping.refused("two", books(2), carrier="/bin/false")
    assert "the carrier exited with code 1; the release before it goes on" in why
    why = keeping.refused("three", books(2), carrier=tmp_path / "none")
    assert "carrier=" in why and "No such file" in why
    assert held(keeping) == FORTY and keeping.status()["state"] == "forwarding"
    keeping.takeover("four", books(2))
    assert held(keeping) == FORTY


def test_records_that_may_be_lost(keeping: Supervised) -> None:
    text = WIRES + "books :: Memory(9, NAME entries); "
    why = keeping.refused("two", text)
    assert "the records of table 'books/entries' cannot be carried" in why
    report = keeping.takeover("three", text, lose="books/entries")
    assert entries(report) == fate("lost", lost=40)
    report = revert(keeping)
    assert entries(report) == fate("lost", kept=40), "the old table as it was"
    assert held(keeping) == FORTY


@pytest.mark.parametrize(
    ("value", "reason"),
    [(CRASH, "the carrier killed by signal"), (HANG, "the carrier made no progress for 2000 ms")],
)
@pytest.mark.parametrize("in_the_pause", [False, True])
def test_a_carrier_that_fails_stops_nothing(
    supervised: Supervised, network: Network, value: int, reason: str, in_the_pause: bool
) -> None:
    supervised.confirmed("one", books(1, on_pause=value if in_the_pause else 1))
    put(supervised, 3, 3)
    if not in_the_pause:
        put(supervised, 4, value)
    before, saw = supervised.pid(), held(supervised)
    with Stream(network) as stream:
        stream.run_on()
        why = supervised.refused("two", books(2), start_timeout_ms=2000)
        stream.run_on()
    if in_the_pause and value == HANG:
        reason = "the carrier had its turn and did not pass it on in time"
    assert reason in why and "the release before it goes on" in why
    assert not stream.lost and supervised.pid() == before
    assert held(supervised) == {**saw, **({0: value} if in_the_pause else {})}
    assert supervised.worker("books.begun") == "adopted"
    put(supervised, 0, 1)
    put(supervised, 4, 4)
    assert not any(map(alive, carriers(supervised)))


@pytest.mark.parametrize("phase", ["initialize", "resume"])
def test_a_new_worker_that_fails_changes_nothing(keeping: Supervised, phase: str) -> None:
    keeping.refused("two", books(2, more=f"Fault({phase}, crash);"))
    assert held(keeping) == FORTY and not any(map(alive, carriers(keeping)))
    put(keeping, 7, 70)
    keeping.takeover("three", books(2))
    assert held(keeping) == {**FORTY, 7: 70}


def begin(supervised: Supervised, release: str, text: str) -> Any:
    """A takeover whose answer is read later."""
    client = supervised.client()
    request = supervised.request(release, text)
    client.send(f"WRITEDATA takeover {len(request)}\r\n{request}")
    return client


def test_a_worker_that_dies_while_its_records_are_carried_is_started_again(
    keeping: Supervised,
) -> None:
    put(keeping, 4, HANG)
    client = begin(keeping, "two", books(2))
    keeping.wait_for(lambda now: now["phase"] == "carrying", "carries")
    os.kill(keeping.pid(), signal.SIGKILL)
    code, why = client.reply()
    assert code == 520 and "the forwarding worker killed by signal 9" in why
    keeping.wait_for(lambda now: now["restarts"] == 1, "restarts")
    assert held(keeping) == {**FORTY, 4: HANG}


def test_a_carrier_that_is_killed_while_it_carries_is_the_takeovers_end(
    keeping: Supervised,
) -> None:
    put(keeping, 4, HANG)
    client = begin(keeping, "two", books(2))
    keeping.wait_for(lambda now: now["phase"] == "carrying", "carries")
    os.kill(carriers(keeping)[0], signal.SIGKILL)
    code, why = client.reply()
    assert code == 520 and "the carrier killed by signal 9" in why
    assert keeping.status()["state"] == "forwarding" and held(keeping) == {**FORTY, 4: HANG}


def test_records_of_a_worker_that_cannot_be_started_again(
    supervised: Supervised, tmp_path: Path
) -> None:
    driver = tmp_path / "driver"
    shutil.copy2(supervised.driver, driver)
    supervised.takeover("one", books(1), driver=driver)
    supervised.confirm("one")
    supervised.write("books.fill", "40", "control.sock")
    driver.unlink()
    os.kill(supervised.pid(), signal.SIGKILL)
    supervised.wait_for(lambda now: now["phase"] == "backoff", "cannot restart")
    report = supervised.takeover("two", books(2))
    assert entries(report) == fate("migrated", migrated=40) and held(supervised) == FORTY


@pytest.mark.parametrize("parked_too", [False, True])
def test_a_new_worker_that_dies_on_probation_leaves_its_records(
    keeping: Supervised, network: Network, parked_too: bool
) -> None:
    with Stream(network, 300) as stream:
        keeping.takeover("two", books(2))
        put(keeping, 5, 500)
        put(keeping, 60, 61)
        if parked_too:
            os.kill(keeping.status()["parked"]["pid"], signal.SIGKILL)
            keeping.wait_for(lambda now: now["parked"]["pid"] == 0, "notices")
        os.kill(keeping.pid(), signal.SIGKILL)
        keeping.wait_for(lambda now: now["reverts"] == 1, "reverts")
        stream.run_on()
    assert len(stream.lost) <= 1, "at most the packet that was on its way through the worker"
    assert held(keeping) == {**FORTY, 5: 500, 60: 61}
    assert entries(keeping.status()["last_takeover"]) == fate("migrated", migrated=41)


@pytest.mark.parametrize("how", ["parked", "loaded", "current dead"])
def test_a_carrier_that_dies_on_probation_is_replaced(keeping: Supervised, how: str) -> None:
    keeping.takeover("two", books(2))
    put(keeping, 5, 500)
    os.kill(carriers(keeping)[0], signal.SIGKILL)
    until(lambda: len(carriers(keeping)) == 2, "another one is started")
    put(keeping, 60, 61)
    if how == "loaded":
        os.kill(keeping.status()["parked"]["pid"], signal.SIGKILL)
        keeping.wait_for(lambda now: now["parked"]["pid"] == 0, "notices")
    if how == "current dead":
        os.kill(carriers(keeping)[1], signal.SIGKILL)
        os.kill(keeping.pid(), signal.SIGKILL)
        keeping.wait_for(lambda now: now["reverts"] == 1, "reverts")
    else:
        revert(keeping)
    assert held(keeping) == {**FORTY, 5: 500, 60: 61}
    assert keeping.status()["active"]["release"] == "one"


def test_a_carrier_that_hangs_on_probation_is_replaced_for_the_revert(keeping: Supervised) -> None:
    keeping.takeover("two", books(2), start_timeout_ms=2000)
    put(keeping, 5, 500)
    os.kill(carriers(keeping)[0], signal.SIGSTOP)
    assert entries(revert(keeping)) == fate("migrated", migrated=40)
    assert held(keeping) == {**FORTY, 5: 500} and len(carriers(keeping)) == 2


def test_a_revert_that_fails_leaves_the_new_release_and_is_tried_again(
    keeping: Supervised,
) -> None:
    keeping.takeover("two", books(2, on_pause=HANG), confirm_timeout_ms=1500)
    put(keeping, 5, 500)
    code, why = keeping.write("revert", "as asked")
    assert code == 520 and "the carrier had its turn and did not pass it on in time" in why
    assert keeping.status()["active"]["release"] == "two"
    assert held(keeping) == {**FORTY, 5: 500, 0: HANG}
    put(keeping, 0, 1)
    assert keeping.status()["parked"]["pid"] == 0, "it had been told to take over"


def test_a_revert_that_can_carry_nothing_goes_back_to_the_old_records(
    keeping: Supervised, network: Network
) -> None:
    with Stream(network) as stream:
        keeping.takeover("two", books(2))
        put(keeping, 3, CRASH)
        until(lambda: bool(keeping.events("carrier_given_up")), "every carrier crashes")
        assert keeping.status()["state"] == "probation"
        report = revert(keeping)
        stream.run_on()
    assert not stream.lost
    assert entries(report)["fate"] == "lost" and entries(report)["lost"] == 40
    assert held(keeping) == FORTY


def test_forth_and_back_many_times(keeping: Supervised) -> None:
    model = dict(FORTY)
    for number in range(6):
        report = keeping.takeover(f"r{number}", books(2 - number % 2, 64 + number))
        assert entries(report)["migrated"] == len(model)
        put(keeping, 41 + number, number)
        model[41 + number] = number
        if number % 3 == 2:
            revert(keeping)
            keeping.takeover(f"again{number}", books(2 - number % 2, 64 + number))
            keeping.confirm(f"again{number}")
        else:
            keeping.confirm(f"r{number}")
        assert held(keeping) == model
