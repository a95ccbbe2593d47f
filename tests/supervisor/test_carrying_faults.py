"""Workers and carriers that fail, hang or die while records are carried, and afterwards."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from reconciler.testbed.network import Network
from tests.netns import needs_sandbox
from tests.supervisor.books import (
    CRASH,
    FORTY,
    HANG,
    books,
    carriers,
    entries,
    fate,
    held,
    put,
    revert,
)
from tests.supervisor.running import Stream, Supervised, alive, until

pytestmark = needs_sandbox


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


OF_BEFORE = """#!{python}
import socket
channel = socket.socket(fileno=3)
while order := channel.recv(100).split():
    if order[0] == b"carry":
        channel.send(b"unknown carry")
        channel.send(b"cannot books/entries it is of before that")
    if order[0] == b"exit":
        break
"""


def test_a_carrier_that_does_not_know_an_order_is_noted(
    keeping: Supervised, tmp_path: Path
) -> None:
    carrier = tmp_path / "carrier"
    carrier.write_text(OF_BEFORE.format(python=sys.executable))
    carrier.chmod(0o755)
    why = keeping.refused("two", books(2), carrier=carrier)
    assert "cannot be carried: it is of before that" in why
    assert [event["order"] for event in keeping.events("unknown_order")] == ["carry"]
    assert held(keeping) == FORTY


@pytest.mark.parametrize("phase", ["initialize", "resume"])
def test_a_new_worker_that_fails_changes_nothing(keeping: Supervised, phase: str) -> None:
    keeping.refused("two", books(2, more=f"Fault({phase}, crash);"))
    assert held(keeping) == FORTY and not any(map(alive, carriers(keeping)))
    put(keeping, 7, 70)
    keeping.takeover("three", books(2))
    assert held(keeping) == {**FORTY, 7: 70}


def begin(supervised: Supervised, release: str, text: str) -> Any:
    """Begin a takeover; its answer is read later."""
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
