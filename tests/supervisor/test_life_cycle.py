"""The states and transitions of the supervisor, without processes or packets."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cpp import compile_program
from tests.objects import LIBRARY

STARTED = ["takeover", "ready", "prepared", "running", "confirm"]
UPGRADED = [*STARTED, "takeover", "ready", "prepared", "paused", "running"]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    sources = [
        Path(__file__).parent / "life_cycle.cc",
        LIBRARY / "supervisor" / "takeover_machine.cc",
    ]
    return compile_program(tmp_path_factory.mktemp("life_cycle") / "life_cycle", sources)


CARRIED = [
    *STARTED,
    *("takeover", "ready_to_carry", "carried", "prepared", "carrier_prepared", "paused", "running"),
]


def run(program: Path, *events: str) -> list[str]:
    done = subprocess.run([str(program), *events], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    return done.stdout.splitlines()


def test_no_order_of_events_reaches_a_wrong_state(program: Path) -> None:
    lines = run(program)
    assert len(lines) == 1 and int(lines[0].split()[0]) > 50


def test_the_straight_way(program: Path) -> None:
    assert run(program, *UPGRADED, "confirm") == [
        "takeover: spawn",
        "ready: prepare",
        "prepared: grant_turn",
        "running: adopt report_success arm_confirm",
        "confirm: disarm_confirm end_previous",
        "takeover: spawn",
        "ready: prepare",
        "prepared: pause_current",
        "paused:",
        "running: adopt report_success arm_confirm",
        "confirm: disarm_confirm end_previous",
        "steady/upgrade current",
    ]


@pytest.mark.parametrize(
    ("events", "end"),
    [
        (["revert", "prepared", "paused", "running"], "steady/revert current"),
        (["current_lost", "prepared", "running"], "steady/revert current"),
        (
            ["previous_lost", "revert", "ready", "prepared", "paused", "running"],
            "steady/revert current",
        ),
        (
            ["previous_lost", "current_lost", "candidate_lost", "candidate_gone"],
            "backoff/revert current(dead) previous(dead) unconfirmed",
        ),
        (
            ["revert", "candidate_lost", "candidate_gone"],
            "steady/revert current previous(dead) unconfirmed",
        ),
        (
            ["confirm", "current_lost", "retry_due", "ready", "prepared", "running"],
            "steady/restart current",
        ),
    ],
)
def test_ways_back(program: Path, events: list[str], end: str) -> None:
    assert run(program, *UPGRADED, *events)[-1] == end


def test_records_are_carried_before_the_pause_and_back_until_confirmed(program: Path) -> None:
    assert run(program, *CARRIED, "carrier_lost", "confirm")[len(STARTED) :] == [
        "takeover: spawn",
        "ready_to_carry: carry",
        "carried: prepare",
        "prepared: prepare_carrier",
        "carrier_prepared: pause_current",
        "paused:",
        "running: adopt report_success arm_confirm carry_back",
        "carrier_lost: carry_back",
        "confirm: disarm_confirm end_carrier end_previous",
        "steady/upgrade current",
    ]


BACK = ["carried", "prepared", "carrier_prepared", "paused", "running"]


@pytest.mark.parametrize(
    ("events", "actions", "end"),
    [
        (["revert"], ["disarm_confirm", "take_previous", "carry"], "carrying/revert"),
        (["current_lost"], ["disarm_confirm", "take_previous", "carry"], "carrying/revert"),
        (["revert", "current_lost"], ["carry"], "carrying/revert"),
        (["revert", "carrier_lost"], ["carry"], "carrying/revert"),
        (["revert", "cannot_carry"], ["end_carrier", "prepare"], "preparing/revert"),
        (["revert", *BACK], ["adopt", "report_success", "end_carrier"], "steady/revert"),
        (["previous_lost", "revert", "ready_to_carry"], ["carry"], "carrying/revert"),
        (["revert", *BACK[:-2], "carrier_lost"], ["kill_candidate"], "undoing/revert"),
        (
            ["revert", *BACK[:-2], "carrier_lost", "candidate_gone"],
            ["resume_current", "report_failure", "arm_confirm", "carry_back"],
            "steady/revert",
        ),
        (["current_lost", *BACK[:-2]], ["grant_turn"], "resuming/revert"),
    ],
)
def test_ways_back_with_records(
    program: Path, events: list[str], actions: list[str], end: str
) -> None:
    *_, last, state = run(program, *CARRIED, *events)
    assert last.split()[1:] == actions and state.startswith(end)


@pytest.mark.parametrize("lost", ["carrier_lost", "candidate_lost"])
@pytest.mark.parametrize("reached", range(2, 7))
def test_a_takeover_that_fails_while_it_carries_leaves_the_current_one(
    program: Path, reached: int, lost: str
) -> None:
    events = CARRIED[: len(STARTED) + reached]
    lines = run(program, *events, lost, "candidate_gone")
    assert lines[-3:] == [
        f"{lost}: kill_candidate",
        "candidate_gone: resume_current report_failure",
        "steady/upgrade current",
    ]


@pytest.mark.parametrize(
    "reached", [[], ["ready"], ["ready", "prepared"], ["ready", "prepared", "paused"]]
)
def test_a_candidate_that_fails_anywhere_leaves_the_current_one(
    program: Path, reached: list[str]
) -> None:
    lines = run(program, *STARTED, "takeover", *reached, "candidate_lost", "candidate_gone")
    assert lines[-3:] == [
        "candidate_lost: kill_candidate",
        "candidate_gone: resume_current report_failure",
        "steady/upgrade current",
    ]


@pytest.mark.parametrize("reached", [[], ["ready_to_carry"]])
def test_traffic_does_not_wait_for_a_candidate_that_takes_long(
    program: Path, reached: list[str]
) -> None:
    lines = run(program, *STARTED, "takeover", *reached, "current_lost", "candidate_gone")
    assert lines[-1] == "backoff/restart current(dead)"


def test_a_worker_that_dies_while_pausing_is_succeeded(program: Path) -> None:
    lines = run(program, *STARTED, "takeover", "ready", "prepared", "current_lost", "running")
    assert lines[-3:-1] == ["current_lost: grant_turn", "running: adopt report_success arm_confirm"]
    assert lines[-1] == "steady/upgrade current previous(dead) unconfirmed"
