"""Checkpoint files as the supervisor writes and restores them, and as Python reads them."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest

from reconciler.checkpoints.checkpoint import Counters
from reconciler.checkpoints.file import read_checkpoint
from tests.kernels.conversation import Conversation
from tests.reconciler.checkpoints.writing import write_checkpoint
from tests.supervisor.checkpoint_items import FIRST, SECOND, aged, fill, listed, values
from tests.supervisor.checkpointing import compile_checkpoints


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Conversation]:
    with Conversation(compile_checkpoints(tmp_path_factory.mktemp("checkpoints"))) as program:
        yield program


def test_what_was_written_is_restored(program: Conversation, tmp_path: Path) -> None:
    fill(program)
    program.ask("put", 1, 9, 200, 7, 0, 20)
    name, records, size = program.ask("write", tmp_path, "asked").split()
    assert (name, records) == (FIRST, "4")
    assert (tmp_path / FIRST).stat().st_size == int(size)
    assert os.listdir(tmp_path) == [FIRST]
    before = program.ask("counters", 0)
    assert program.ask("verify", tmp_path / FIRST) == "good left/items=3 right/items=1"
    assert program.ask("restore", tmp_path / FIRST) == "3 0 3 0 | 1 0 1 0"
    assert values(program) == {0: 0, 1: 10, 2: 20}
    assert listed(program, 1)[9][:3] == (200, 7, "-")
    assert program.ask("counters", 0) == before


def test_python_reads_the_same(program: Conversation, tmp_path: Path) -> None:
    fill(program, 5000)
    program.ask("write", tmp_path, "asked")
    found = read_checkpoint(tmp_path / FIRST)
    left, right = found.tables
    assert (found.instance, found.release, found.reason, found.sequence) == (
        "edge1/edge-firewall",
        "sha256:1234",
        "asked",
        1,
    )
    assert found.boot_id == UUID(Path("/proc/sys/kernel/random/boot_id").read_text().strip())
    assert (left.name, left.capacity, len(left.rows), len(right.rows)) == (
        "left/items",
        1024,
        1024,
        0,
    )
    assert (left.records["value"] == left.records["key"].astype(np.uint64) * 10).all()
    age = found.boot_time_ns - left.records["opened"].astype(np.int64)
    assert (abs(age - 1000 * SECOND) < 60 * SECOND).all()
    write_checkpoint(tmp_path / "again.ckpt", found)
    assert (tmp_path / "again.ckpt").read_bytes() == (tmp_path / FIRST).read_bytes()


def test_every_flip_and_every_truncation_is_noticed(program: Conversation, tmp_path: Path) -> None:
    fill(program)
    size = program.ask("write", tmp_path, "asked").split()[2]
    told = program.ask("damage", tmp_path / FIRST)
    assert told == f"noticed {8 * int(size)} flips and {size} lengths"
    data = (tmp_path / FIRST).read_bytes()
    (tmp_path / "long.ckpt").write_bytes(data + b"\0")
    assert program.ask("verify", tmp_path / "long.ckpt").startswith("damaged the end of the file")


def test_expired_items_are_left_out(program: Conversation, tmp_path: Path) -> None:
    fill(program)
    program.ask("put", 0, 7, 1, 1, 0, -1)
    assert program.ask("write", tmp_path, "asked").split()[1] == "3"
    checkpoint = read_checkpoint(tmp_path / FIRST)
    write_checkpoint(tmp_path / "old.ckpt", aged(checkpoint, 501, UUID(int=7)))
    assert program.ask("restore", tmp_path / "old.ckpt") == "0 3 0 0 | 0 0 0 0"
    assert program.ask("counters", 0).split()[:4] == ["0", "0", "0", "0"]


def test_times_go_on_after_another_boot(program: Conversation, tmp_path: Path) -> None:
    fill(program)
    program.ask("put", 0, 2, 2, 20, 0, 30)
    program.ask("write", tmp_path, "asked")
    checkpoint = read_checkpoint(tmp_path / FIRST)
    write_checkpoint(tmp_path / "off.ckpt", aged(checkpoint, 60, UUID(int=7)))
    assert program.ask("restore", tmp_path / "off.ckpt").startswith("2 1 2 0 | ")
    for _, (_, _, age, left) in listed(program).items():
        assert 1060 <= int(age) < 1100 and 400 < left <= 440
    fill(program)
    write_checkpoint(tmp_path / "back.ckpt", aged(checkpoint, -3600, UUID(int=7)))
    assert program.ask("restore", tmp_path / "back.ckpt").startswith("3 0 3 0 | ")
    assert listed(program)[2][2] == "-", "no moment stays none"
    assert 460 < listed(program)[0][3] <= 500, "a clock that went back let no time pass"


def test_times_in_the_same_boot_stay(program: Conversation, tmp_path: Path) -> None:
    fill(program)
    program.ask("write", tmp_path, "asked")
    checkpoint = read_checkpoint(tmp_path / FIRST)
    write_checkpoint(tmp_path / "set.ckpt", aged(checkpoint, 86400))
    assert program.ask("restore", tmp_path / "set.ckpt").startswith("3 0 3 0 | ")
    assert 460 < listed(program)[0][3] <= 500, "the time of day was set meanwhile"


@pytest.mark.parametrize("boot", [None, UUID(int=7)])
def test_no_deadline_looks_like_a_free_record(
    program: Conversation, tmp_path: Path, boot: UUID | None
) -> None:
    fill(program)
    program.ask("write", tmp_path, "asked")
    checkpoint = read_checkpoint(tmp_path / FIRST)
    left, right = checkpoint.tables
    rows = left.rows.copy()
    rows.view(np.uint64).reshape(3, -1)[:, 0] = np.uint64((1 << 64) - 1)
    late = replace(aged(checkpoint, 0, boot), tables=(replace(left, rows=rows), right))
    write_checkpoint(tmp_path / "late.ckpt", late)
    assert program.ask("restore", tmp_path / "late.ckpt").startswith("3 0 3 0 | ")
    assert all(seconds > 1_000_000_000 for *_, seconds in listed(program).values())


def test_moments_before_the_boot_keep_their_age(program: Conversation, tmp_path: Path) -> None:
    fill(program, 1)
    program.ask("write", tmp_path, "asked")
    checkpoint = read_checkpoint(tmp_path / FIRST)
    uptime = checkpoint.boot_time_ns
    long_ago = replace(aged(checkpoint, 100, UUID(int=7)), boot_time_ns=uptime + 10_000 * SECOND)
    (table, rest) = checkpoint.tables
    rows = np.frombuffer(
        (checkpoint.boot_time_ns + 10_500 * SECOND).to_bytes(8, "little")
        + table.rows.tobytes()[8:-8]
        + (1).to_bytes(8, "little"),
        table.rows.dtype,
    )
    old = replace(long_ago, tables=(replace(table, rows=rows), rest))
    write_checkpoint(tmp_path / "old.ckpt", old)
    program.ask("restore", tmp_path / "old.ckpt")
    age = int(listed(program)[0][2])
    assert age - uptime // SECOND in range(10_100, 10_160)


def test_of_an_item_that_is_there_twice_the_later_one_counts(
    program: Conversation, tmp_path: Path
) -> None:
    fill(program)
    program.ask("write", tmp_path, "asked")
    checkpoint = read_checkpoint(tmp_path / FIRST)
    left, right = checkpoint.tables
    newer = left.rows[1:2].copy()
    newer.view(np.uint8)[8 + 24] = 99  # its value
    twice = replace(left, rows=np.concatenate([left.rows, newer]), counters=Counters(evicted=5))
    write_checkpoint(tmp_path / "twice.ckpt", replace(checkpoint, tables=(twice, right)))
    assert program.ask("restore", tmp_path / "twice.ckpt").startswith("4 0 3 1 | ")
    assert values(program) == {0: 0, 1: 99, 2: 20}
    assert program.ask("counters", 0).split()[1] == "5"


def test_more_records_than_the_table_holds_are_damage(
    program: Conversation, tmp_path: Path
) -> None:
    fill(program)
    program.ask("write", tmp_path, "asked")
    checkpoint = read_checkpoint(tmp_path / FIRST)
    left, right = checkpoint.tables
    many = replace(left, rows=np.repeat(left.rows, 6), capacity=16)
    write_checkpoint(tmp_path / "many.ckpt", replace(checkpoint, tables=(many, right)))
    assert "more records than it can hold" in program.ask("verify", tmp_path / "many.ckpt")
    odd = replace(left, capacity=15)
    write_checkpoint(tmp_path / "odd.ckpt", replace(checkpoint, tables=(odd, right)))
    assert "its sizes contradict each other" in program.ask("verify", tmp_path / "odd.ckpt")


def test_the_newest_good_one_is_opened_and_damaged_ones_are_set_aside(
    program: Conversation, tmp_path: Path
) -> None:
    fill(program)
    for _ in range(4):
        program.ask("write", tmp_path, "asked")
    (tmp_path / "0000000003.ckpt").write_bytes(b"nothing of a checkpoint")
    data = bytearray((tmp_path / "0000000004.ckpt").read_bytes())
    data[-60] ^= 1
    (tmp_path / "0000000004.ckpt").write_bytes(data)
    header = bytearray(data)
    header[8] = 9
    (tmp_path / "0000000005.ckpt").write_bytes(with_crc(header))
    found, *passed = program.ask("newest", tmp_path).split(" | ")
    assert found == "2"
    assert [text.split()[:2] for text in passed] == [
        ["5", "unreadable"],
        ["4", "damaged"],
        ["3", "damaged"],
    ]
    assert sorted(os.listdir(tmp_path)) == [
        FIRST,
        "0000000002.ckpt",
        "0000000003.ckpt.damaged",
        "0000000004.ckpt.damaged",
        "0000000005.ckpt",
    ]
    assert program.ask("write", tmp_path, "asked").split()[0] == "0000000006.ckpt"
    assert program.ask("newest", tmp_path) == "6"


def with_crc(data: bytearray) -> bytes:
    return bytes(data[:508]) + zlib.crc32(data[:508]).to_bytes(4, "little") + bytes(data[512:])


def test_nothing_to_open(program: Conversation, tmp_path: Path) -> None:
    assert program.ask("newest", tmp_path) == "none"
    assert program.ask("newest", tmp_path / "absent") == "none"


def test_old_ones_are_removed(program: Conversation, tmp_path: Path) -> None:
    fill(program)
    for _ in range(5):
        program.ask("write", tmp_path, "asked")
    (tmp_path / "0000000002.ckpt").rename(tmp_path / "0000000002.ckpt.damaged")
    (tmp_path / "0000000005.ckpt").rename(tmp_path / "0000000005.ckpt.damaged")
    (tmp_path / "notes.ckpt").write_text("of somebody else")
    program.ask("prune", tmp_path, 2)
    left = ["0000000003.ckpt", "0000000004.ckpt", "0000000005.ckpt.damaged", "notes.ckpt"]
    assert sorted(os.listdir(tmp_path)) == left
    program.ask("prune", tmp_path, 0)
    assert sorted(os.listdir(tmp_path)) == left[1:], "the newest one stays"


def test_what_killed_writers_left_is_removed(program: Conversation, tmp_path: Path) -> None:
    (tmp_path / "0000000007.ckpt.new").write_bytes(b"half a checkp")
    fill(program)
    assert program.ask("write", tmp_path, "asked").split()[0] == "0000000008.ckpt"
    assert os.listdir(tmp_path) == ["0000000008.ckpt"]


def test_a_killed_writer_never_leaves_half_a_checkpoint(
    program: Conversation, tmp_path: Path
) -> None:
    fill(program, 1000)
    verdict, unfinished = program.ask("killed", tmp_path, 60).split()
    assert verdict == "whole" and int(unfinished) > 0, "some were killed while they wrote"


def test_a_directory_that_is_gone(program: Conversation, tmp_path: Path) -> None:
    fill(program)
    assert program.ask("write", tmp_path / "gone", "x").startswith("DirectoryMissing ")
    (tmp_path / "file").write_text("")
    assert program.ask("write", tmp_path / "file", "x").startswith("DirectoryMissing ")


def test_checkpoints_beside_a_busy_writer_are_whole(program: Conversation, tmp_path: Path) -> None:
    assert program.ask("race", tmp_path, 300) == "whole 300"


def test_a_writer_off_its_processor_loses_no_record(program: Conversation, tmp_path: Path) -> None:
    assert program.ask("stalled", tmp_path) == "whole"


def test_a_million_records(program: Conversation, tmp_path: Path) -> None:
    told = program.ask("large", tmp_path, 1_000_000, 0)
    assert told.startswith("1000000 0 1000000 0 bytes "), told
    print(told)  # how long it took; benchmarks/checkpoint.py measures
    assert len(read_checkpoint(tmp_path / FIRST).tables[0].deduplicated().rows) == 1_000_000
