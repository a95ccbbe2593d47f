"""The ledger on a real file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from reconciler.errors import LedgerTooNew, LedgerUnusable
from reconciler.store import Ledger, Suspension
from reconciler.store.events import EVENTS_KEPT, FOLD_SECONDS
from schemas.status import InstanceStatus, Phase

KEY = "box/stream"


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(tmp_path: Path, clock: Clock) -> Iterator[Ledger]:
    made = Ledger(tmp_path / "state" / "ledger.db", clock)
    yield made
    made.close()


def test_unknown_instance_is_empty(ledger: Ledger) -> None:
    assert ledger.instance(KEY).status is None
    assert ledger.instances() == ()


def test_status_and_what_was_desired_survive_a_restart(tmp_path: Path, ledger: Ledger) -> None:
    status = InstanceStatus(instance=KEY, phase=Phase.READY, applied_revision="main@sha1:1")
    ledger.record_status(status, "main@sha1:2", "digest", "all")
    ledger.record_applied(KEY, {"element": {}})
    ledger.close()
    again = Ledger(tmp_path / "state" / "ledger.db")
    record = again.instance(KEY)
    assert record.status == status
    assert (record.desired_revision, record.desired_digest) == ("main@sha1:2", "digest")
    assert (record.rollout, record.applied) == ("all", {"element": {}})
    again.close()


def test_suspension_has_reason_owner_and_end(ledger: Ledger) -> None:
    suspension = Suspension(reason="audit", owner="eve", since=1, until=5)
    ledger.suspend(KEY, suspension)
    assert ledger.instance(KEY).suspension == suspension
    assert (suspension.over(4), suspension.over(5)) == (False, True)
    ledger.resume(KEY)
    assert ledger.instance(KEY).suspension is None


def test_an_attempt_is_known_before_its_effects_and_until_it_ended(
    ledger: Ledger, clock: Clock
) -> None:
    first = ledger.begin_attempt(KEY, "main@sha1:1", "1.0.0", "release", "digest")
    assert [a.id for a in ledger.unfinished(KEY)] == [first]
    ledger.record_step(first, "Takeover")
    clock.now = 1002.0
    ledger.end_attempt(first, "Applied", report={"running": {"pause_ns": 5}})
    assert ledger.unfinished(KEY) == ()
    clock.now = 1003.0
    second = ledger.begin_attempt(KEY, "main@sha1:2", "1.1.0", "other", "digest")
    newest, oldest = ledger.attempts(KEY)
    assert (newest.id, oldest.id) == (second, first)
    assert (oldest.step, oldest.outcome, oldest.ended) == ("Takeover", "Applied", 1002.0)
    assert oldest.report == {"running": {"pause_ns": 5}}
    assert ledger.attempt(first) == oldest


def test_rejections_are_by_content_and_are_tried_again_on_request(ledger: Ledger) -> None:
    ledger.reject(KEY, "d1", "main@sha1:1", "probe failed")
    ledger.reject(KEY, "d1", "main@sha1:2", "failed again")
    (rejection,) = ledger.rejections(KEY)
    assert (rejection.revision, rejection.reason) == ("main@sha1:2", "failed again")
    assert ledger.rejections("other/stream") == ()
    ledger.requests.add(KEY, retry=True)
    assert ledger.rejections(KEY) == ()


def test_equal_events_are_counted(ledger: Ledger, clock: Clock) -> None:
    for _ in range(3):
        clock.now += 10
        ledger.events.record(KEY, "Warning", "Drifted", "made.RATE: 7 -> 1000")
    ledger.events.record(KEY, "Normal", "Healed", "")
    drifted, healed = ledger.events.newest(KEY)
    assert (drifted.count, drifted.first_seen, drifted.last_seen) == (3, 1010.0, 1030.0)
    assert healed.count == 1
    clock.now += FOLD_SECONDS + 1
    ledger.events.record(KEY, "Warning", "Drifted", "made.RATE: 7 -> 1000")
    assert [event.count for event in ledger.events.newest(KEY)] == [3, 1, 1]


def test_old_events_go(ledger: Ledger) -> None:
    for number in range(EVENTS_KEPT + 5):
        ledger.events.record(KEY, "Normal", "Some", str(number))
    events = ledger.events.newest(limit=10 * EVENTS_KEPT)
    assert len(events) == EVENTS_KEPT
    assert events[-1].message == str(EVENTS_KEPT + 4)


def test_requests_are_taken_once_and_acknowledged(ledger: Ledger) -> None:
    ledger.reject(KEY, "d", "r", "no")
    number = ledger.requests.add(KEY, retry=True)
    assert ledger.rejections(KEY) == ()
    assert not ledger.requests.was_taken(number)
    assert ledger.requests.take() == {KEY}
    assert ledger.requests.take() == frozenset()
    assert ledger.requests.was_taken(number)


def test_graphs_are_kept_by_release(ledger: Ledger) -> None:
    ledger.keep_graph("r", "a :: Idle;")
    ledger.keep_graph("r", "other")
    assert ledger.graph("r") == "a :: Idle;"
    assert ledger.graph("unknown") is None


def test_forgotten_instance_leaves_its_history(ledger: Ledger) -> None:
    ledger.begin_attempt(KEY, "r", "1.0.0", "x", "d")
    ledger.suspend(KEY, Suspension(reason="a", owner="b", since=0))
    ledger.forget(KEY)
    assert ledger.instances() == ()
    assert len(ledger.attempts(KEY)) == 1


def test_ledger_of_another_version_is_refused(tmp_path: Path, ledger: Ledger) -> None:
    ledger.close()
    path = tmp_path / "state" / "ledger.db"
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE about SET version = 99")
    connection.close()
    with pytest.raises(LedgerTooNew, match=r"format 99, this one knows 1.*--data"):
        Ledger(path)


def test_writers_wait_for_each_other(tmp_path: Path, ledger: Ledger) -> None:
    other = Ledger(tmp_path / "state" / "ledger.db")

    def write(number: int) -> None:
        (ledger, other)[number % 2].events.record(KEY, "Normal", "Some", str(number))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(40)))
    assert len(ledger.events.newest(limit=100)) == 40
    other.close()


def test_what_is_no_ledger_is_explained(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_text("something else altogether")
    with pytest.raises(LedgerUnusable, match=r"not a database.*--data"):
        Ledger(tmp_path / "ledger.db")


def test_an_attempt_ends_once(ledger: Ledger) -> None:
    attempt = ledger.begin_attempt(KEY, "r", "1.0.0", "x", "d")
    ledger.end_attempt(attempt, "Applied", report={"running": {"pause_ns": 1}})
    ledger.end_attempt(attempt, "Interrupted", "seen by another reconciler")
    found = ledger.attempt(attempt)
    assert found is not None
    assert (found.outcome, found.report) == ("Applied", {"running": {"pause_ns": 1}})
