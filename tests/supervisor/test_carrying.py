"""Releases whose tables differ: records are carried before the pause and in it, and back."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from reconciler.testbed.network import Network
from tests.netns import needs_sandbox
from tests.supervisor.books import (
    FORTY,
    books,
    carriers,
    entries,
    fate,
    held,
    put,
    revert,
)
from tests.supervisor.running import WIRES, Stream, Supervised, alive, until

pytestmark = needs_sandbox


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
