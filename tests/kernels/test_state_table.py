"""The state table against a dict, when it is full, and after its writer was killed."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.kernels.conversation import Conversation


def listed(items: Conversation) -> dict[int, int]:
    pairs = (word.split("=") for word in items.ask("read").split())
    return {int(key): int(value) for key, value in pairs}


keys = st.integers(0, 40)
puts = st.tuples(st.just("put"), keys, st.integers(0, 9), st.integers(1, 60))
operations = st.one_of(
    puts,
    puts,
    st.tuples(st.just("get"), keys),
    st.tuples(st.just("erase"), keys),
    st.tuples(st.just("expire"), st.integers(1, 80)),
    st.tuples(st.just("later"), st.integers(1, 10)),
    st.tuples(st.just("succeed"), st.sampled_from(["clean", "killed", "torn"])),
)


class Model:
    """Model of a table that never fills up."""

    def __init__(self) -> None:
        self.now = 1
        self.items: dict[int, tuple[int, int]] = {}

    def live(self) -> dict[int, int]:
        return {key: value for key, (value, end) in self.items.items() if end > self.now}

    def put(self, key: int, value: int, deadline: int) -> str:
        answer = "changed" if key in self.live() else "added"
        self.items[key] = (value, deadline)
        return answer

    def get(self, key: int) -> str:
        return str(self.live().get(key, "none"))

    def erase(self, key: int) -> str:
        if key not in self.live():
            return "none"
        del self.items[key]
        return "erased"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(operations, max_size=60))
def test_behaves_as_a_dict_with_deadlines(
    items: Conversation, steps: list[tuple[object, ...]]
) -> None:
    items.ask("start", 64)
    model = Model()
    for name, *arguments in steps:
        if name == "later":
            model.now += int(str(arguments[0]))
            items.ask("time", model.now)
        elif name in ("expire", "succeed"):
            items.ask(name, *arguments)
        else:
            assert items.ask(name, *arguments) == getattr(model, str(name))(*arguments)
    found = {key: items.ask("get", key) for key in range(41)}
    assert {key: int(value) for key, value in found.items() if value != "none"} == model.live()
    items.ask("expire", 64)
    assert listed(items) == model.live()
    assert int(items.ask("counters").split()[0]) == len(model.live())


def fill(items: Conversation, capacity: int, value: int = 0) -> None:
    items.ask("start", capacity)
    for key in range(capacity):
        assert items.ask("put", key, value, 1000 + key) == "added"


def test_full_table_replaces_an_expired_item_first(items: Conversation) -> None:
    fill(items, 16)
    items.ask("put", 9, 1, 50)
    items.ask("time", 50)
    assert items.ask("put", 100, 0, 2000) == "added"
    assert 9 not in listed(items) and len(listed(items)) == 16
    assert items.ask("counters") == "16 1 0 0"


def test_full_table_replaces_the_unassured_item_nearest_to_its_deadline(
    items: Conversation,
) -> None:
    fill(items, 16, value=1)
    items.ask("put", 4, 0, 1500)
    items.ask("put", 7, 0, 1400)
    assert items.ask("put", 100, 0, 2000) == "added"
    assert 7 not in listed(items) and 4 in listed(items)
    assert items.ask("counters") == "16 0 1 0"


def test_full_table_of_assured_items_refuses_and_counts(items: Conversation) -> None:
    fill(items, 16, value=1)
    assert items.ask("put", 100, 1, 2000) == "full"
    assert items.ask("counters") == "16 0 0 1"
    assert len(listed(items)) == 16


def test_search_for_room_is_bounded_and_goes_on_where_it_stopped(items: Conversation) -> None:
    fill(items, 128, value=1)
    items.ask("put", 127, 0, 5000)
    assert items.ask("put", 500, 0, 2000) == "full"
    assert items.ask("put", 500, 0, 2000) == "added"
    assert 127 not in listed(items)


def test_expiry_looks_at_a_bounded_number_of_records(items: Conversation) -> None:
    fill(items, 64)
    items.ask("time", 5000)
    assert [items.ask("expire", 10) for _ in range(7)] == ["10"] * 6 + ["4"]
    assert items.ask("counters") == "0 64 0 0"


def test_successor_of_a_clean_writer_adopts_everything(items: Conversation) -> None:
    fill(items, 32)
    assert items.ask("succeed", "clean") == "adopted 0 0"
    assert len(listed(items)) == 32 and items.ask("get", 31) == "0"


def test_successor_of_a_killed_writer_drops_only_the_record_being_written(
    items: Conversation,
) -> None:
    fill(items, 32)
    items.ask("erase", 5)
    items.ask("break", 10)
    assert items.ask("succeed", "torn") == "rebuilt 30 1"
    assert sorted(listed(items)) == [key for key in range(32) if key not in (5, 10)]
    assert all(items.ask("get", key) == "0" for key in listed(items))
    assert [items.ask("put", key, 0, 3000) for key in (5, 10)] == ["added", "added"]
    assert items.ask("put", 99, 0, 3000) == "added", "the free list holds exactly the two"
    assert items.ask("counters").split()[2] == "1"


def test_reader_waits_out_a_write_that_never_ends(items: Conversation) -> None:
    fill(items, 16)
    items.ask("break", 3)
    assert sorted(listed(items)) == [key for key in range(16) if key != 3]


def test_dirty_blocks_are_those_written_since_the_epoch(items: Conversation) -> None:
    fill(items, 256)
    assert items.ask("epoch").split() == ["0", "1", "2", "3"]
    items.ask("put", 70, 3, 4000)
    assert items.ask("epoch").split() == ["1"]
    items.ask("erase", 200)
    assert items.ask("epoch").split() == ["3"]
    assert items.ask("epoch").split() == []


def test_flush_empties_the_table(items: Conversation) -> None:
    fill(items, 32)
    items.ask("flush")
    assert listed(items) == {}
    assert items.ask("put", 1, 0, 1000) == "added"


def test_reader_in_another_process_sees_whole_records(items: Conversation) -> None:
    assert items.ask("race", 1_500_000) == "consistent"


def test_killed_writers_leave_tables_that_a_new_one_makes_whole(items: Conversation) -> None:
    assert items.ask("kill", 30) == "sound"
