"""Copies between layouts of a state table against a dict, with a live writer and after its end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.kernels.conversation import Conversation
from tests.kernels.programs import compile_named


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Conversation]:
    with Conversation(compile_named("copies", tmp_path_factory.mktemp("copies"))) as conversation:
        yield conversation


def listed(copies: Conversation) -> dict[int, int]:
    pairs = (word.split("=") for word in copies.ask("list").split())
    return {int(key): int(value) for key, value in pairs}


def fill(copies: Conversation, keys: range) -> dict[int, int]:
    copies.ask_all([f"put {key} {key * 3}" for key in keys])
    return {key: key * 3 for key in keys}


keys = st.integers(0, 40)
puts = st.tuples(st.just("put"), keys, st.integers(0, 9))
operations = st.one_of(
    puts,
    puts,
    puts,
    st.tuples(st.just("put"), keys, st.integers(0, 9), st.just("short")),
    st.tuples(st.just("erase"), keys),
    st.tuples(st.just("round")),
    st.tuples(st.just("turn")),
    st.tuples(st.just("again"), st.sampled_from(["", "torn"])),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(operations, max_size=80))
def test_any_order_of_writes_rounds_and_turns_loses_and_invents_nothing(
    copies: Conversation, steps: list[tuple[object, ...]]
) -> None:
    assert copies.ask("start", 64, 64) == "ok"
    model: dict[int, int] = {}
    for step in steps:
        answer = copies.ask(*step)
        match step:
            case ("put", int() as key, int() as value):
                assert answer == ("changed" if key in model else "added")
                model[key] = value
            case ("put", int() as key, _, _) | ("erase", int() as key):
                model.pop(key, None)
            case ("turn",):
                assert answer.split()[::2] == [str(len(model)), "0"]
                assert listed(copies) == model
    copies.ask("turn")
    assert listed(copies) == model


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.one_of(puts, st.tuples(st.just("round"))), max_size=120))
def test_a_smaller_table_keeps_what_fits_and_counts_the_rest(
    copies: Conversation, steps: list[tuple[object, ...]]
) -> None:
    copies.ask("start", 64, 16)
    model = {}
    for step in steps:
        copies.ask(*step)
        if step[0] == "put":
            model[step[1]] = step[2]
    migrated, _, lost = map(int, copies.ask("turn").split())
    kept = listed(copies)
    assert kept.items() <= model.items()
    assert (len(kept), lost) == (migrated, len(model) - migrated)
    assert migrated == min(16, len(model))


def test_assured_records_stay_in_a_smaller_table(copies: Conversation) -> None:
    copies.ask("start", 64, 16)
    fill(copies, range(40))
    assert copies.ask("turn") == "16 0 24"
    assert all(key % 2 for key in listed(copies))
    assert copies.ask("counters").split()[1] == "24"


def test_room_that_comes_in_time_is_used(copies: Conversation) -> None:
    copies.ask("start", 64, 16)
    fill(copies, range(2, 18))
    fill(copies, range(1, 2))
    copies.ask("erase", 3)
    copies.ask("round")
    fill(copies, range(20, 21))  # where 3 was: the copy comes across it before it sees 1 go
    assert copies.ask("erase", 1) == "erased"
    copies.ask("round")
    assert copies.ask("turn") == "16 0 0"
    assert set(listed(copies)) == {2, *range(4, 18), 20}


def test_what_a_smaller_table_lost_is_there_again_after_going_back(copies: Conversation) -> None:
    copies.ask("start", 64, 16)
    before = fill(copies, range(40))
    copies.ask("turn")
    copies.ask("put", 1, 1000)
    copies.ask("turn")
    assert listed(copies) == {**before, 1: 1000}


def test_only_changes_are_carried_again(copies: Conversation) -> None:
    copies.ask("start", 4096, 4096)
    fill(copies, range(4000))
    assert copies.ask("round") == "4000"
    assert copies.ask("round") == "0"
    copies.ask("put", 5, 1)
    assert copies.ask("round") == "1"
    copies.ask("turn")
    assert copies.ask("round") == "0"
    copies.ask("put", 7, 1)
    assert copies.ask("round") == "1"


def test_a_writer_that_was_held_up_within_a_write_is_waited_for(copies: Conversation) -> None:
    copies.ask("start", 4096, 4096)
    items = fill(copies, range(200))
    copies.ask_all(["round", "round"])
    assert copies.ask("late", 5, 99, 6) == "changed"
    copies.ask_all(["round unsettled", "round"])
    copies.ask("turn")
    assert listed(copies) == {**items, 5: 99}


def test_a_record_that_a_dead_writer_left_torn_is_left_out(copies: Conversation) -> None:
    copies.ask("start", 64, 64)
    items = fill(copies, range(3))
    copies.ask("round")
    assert copies.ask("turn", "torn") == "2 0 1"
    del items[0]
    assert listed(copies) == items


def test_counters_of_the_table_go_on(copies: Conversation) -> None:
    copies.ask("start", 16, 16)
    fill(copies, range(0, 60, 2))
    before = copies.ask("counters")
    assert before.split()[1] == "14"
    copies.ask("turn")
    assert copies.ask("counters") == before


def test_beside_a_live_writer(copies: Conversation) -> None:
    assert copies.ask("race", 15) == "equal"


def test_after_a_writer_that_was_killed(copies: Conversation) -> None:
    assert copies.ask("race", 15, "killed") == "equal"
