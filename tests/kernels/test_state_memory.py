"""Memory of state tables: its growth, and its state after a writer dies at any moment."""

from __future__ import annotations

from platform import machine

import pytest

from tests.kernels.conversation import Conversation

MINIMUM_STATES = 5 if machine() == "x86_64" else 1
"""Single-stepping needs x86-64: elsewhere only the state after the change is checked."""


@pytest.mark.parametrize(
    "change", ["insert", "grow", "write", "erase", "reuse", "evict", "flush", "rebuild"]
)
def test_a_writer_may_die_at_any_instruction(items: Conversation, change: str) -> None:
    verdict, states = items.ask("crash", change).split(" ", 1)
    assert verdict == "sound", f"{verdict} {states}"
    assert int(states) >= MINIMUM_STATES


@pytest.mark.parametrize("change", ["pause", "adopt"])
def test_a_writer_may_die_while_the_turn_passes(items: Conversation, change: str) -> None:
    assert items.ask("crash", change).startswith("sound ")


@pytest.mark.parametrize("capacity", [16, 17, 255, 256, 257, 1000, 4096, 100_000])
def test_every_record_of_a_full_table_is_found(items: Conversation, capacity: int) -> None:
    file, mapped, records = map(int, items.ask("large", capacity, capacity).split())
    assert file >= records and mapped >= records


def test_memory_comes_with_the_records(items: Conversation) -> None:
    for capacity in (1_000_000, 4_000_000):
        file, mapped, _ = map(int, items.ask("large", capacity, 1000).split())
        assert 0 < file < 512 and 0 < mapped < 512, "half a megabyte for a thousand records"


def test_the_index_of_a_full_table_is_small(items: Conversation) -> None:
    file, mapped, records = map(int, items.ask("large", 300_000, 300_000).split())
    beside = 8 + 4 * 8 + 1  # bytes a record: deadline, slots of a quarter full index, epoch
    assert max(file, mapped) < records + 300_000 * beside / 1024 + 256


def test_imported_records_are_indexed_and_counted_once(items: Conversation) -> None:
    assert items.ask("import", 1000, 500) == "imported 500 1"
    assert [items.ask("get", key) for key in (0, 1, 499, 500)] == ["0", "1", "499", "none"]
    assert items.ask("put", 500, 7, 1000) == "added"
    assert items.ask("succeed", "clean") == "adopted 0 0"
    assert items.ask("counters").split()[0] == "501"


def test_imported_records_survive_the_crash_of_their_first_writer(items: Conversation) -> None:
    items.ask("import", 64, 20)
    assert items.ask("succeed", "torn") == "rebuilt 20 0"


def test_imported_records_can_be_indexed_before_the_turn(items: Conversation) -> None:
    assert items.ask("import", 64, 20, "settle") == "adopted 0 0"
    assert len(items.ask("read").split()) == 20 and items.ask("get", 19) == "19"


@pytest.mark.parametrize("capacity", [15, 4_000_001])
def test_an_image_refuses_sizes_that_no_table_has(items: Conversation, capacity: int) -> None:
    assert "give 16 to 4000000" in items.ask("import", capacity, 10)
