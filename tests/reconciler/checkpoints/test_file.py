"""Checkpoint files as Python writes and reads them."""

from __future__ import annotations

import os
import zlib
from pathlib import Path

import numpy as np
import pytest

from reconciler.checkpoints.checkpoint import Checkpoint, Table
from reconciler.checkpoints.file import (
    FILE_HEADER,
    CheckpointDamaged,
    CheckpointTooNew,
    parse_checkpoint,
    read_checkpoint,
)
from tests.reconciler.checkpoints.tables import checkpoint_of, session, sessions, table_of
from tests.reconciler.checkpoints.writing import write_checkpoint


def same(one: Table, other: Table) -> bool:
    return one.rows.tobytes() == other.rows.tobytes() and one.text == other.text


def written(path: Path, checkpoint: Checkpoint) -> Path:
    write_checkpoint(path / "0000000001.ckpt", checkpoint)
    return path / "0000000001.ckpt"


def test_what_is_written_is_read(tmp_path: Path) -> None:
    older = sessions().layouts[0]
    tables = (
        table_of([session(1), session(2)]),
        table_of([session(3)], older, "old/sessions"),
        table_of([], name="none/sessions"),
    )
    found = read_checkpoint(written(tmp_path, checkpoint_of(*tables)))
    assert [table.name for table in found.tables] == [table.name for table in tables]
    assert all(map(same, found.tables, tables))
    assert found.records == 3
    wanted = checkpoint_of()
    assert (found.instance, found.release, found.reason) == (
        wanted.instance,
        wanted.release,
        wanted.reason,
    )
    assert (found.boot_id, found.boot_time_ns, found.real_time_ns) == (
        wanted.boot_id,
        wanted.boot_time_ns,
        wanted.real_time_ns,
    )
    assert found.tables[0].clock_fields == tables[0].clock_fields != ()
    assert found.tables[0].records["first_port"].tolist() == [40001, 40002]


def test_many_blocks(tmp_path: Path) -> None:
    one = table_of([session(1)])
    many = Table(**{**vars(one), "rows": np.repeat(one.rows, 10_000)})
    assert same(read_checkpoint(written(tmp_path, checkpoint_of(many))).tables[0], many)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    checkpoint = checkpoint_of(table_of([session(1)]))
    return written(tmp_path_factory.mktemp("small"), checkpoint).read_bytes()


def test_every_flipped_bit_is_noticed(small: bytes) -> None:
    data = bytearray(small)
    for bit in range(len(small) * 8):
        data[bit // 8] ^= 1 << bit % 8
        with pytest.raises(CheckpointDamaged):
            parse_checkpoint(bytes(data), "flipped")
        data[bit // 8] ^= 1 << bit % 8
    assert parse_checkpoint(bytes(data), "whole").records == 1


def test_every_truncation_is_noticed(small: bytes) -> None:
    for length in range(len(small)):
        with pytest.raises(CheckpointDamaged):
            parse_checkpoint(small[:length], "short")
    with pytest.raises(CheckpointDamaged):
        parse_checkpoint(small + b"\0", "long")


def test_another_format_is_no_damage(small: bytes) -> None:
    header = bytearray(small[: FILE_HEADER.size])
    header[8] = 2
    data = bytes(header[:-4]) + zlib.crc32(header[:-4]).to_bytes(4, "little")
    with pytest.raises(CheckpointTooNew, match="format 2"):
        parse_checkpoint(data + small[FILE_HEADER.size :], "newer")


def test_the_message_names_file_and_place(small: bytes, tmp_path: Path) -> None:
    path = tmp_path / "cut.ckpt"
    path.write_bytes(small[:600])
    with pytest.raises(CheckpointDamaged, match=r"cut.ckpt is damaged at byte 512: .* cut off"):
        read_checkpoint(path)


def test_a_name_that_does_not_fit_leaves_no_file(tmp_path: Path) -> None:
    long = table_of([session(1)], name="s" * 128)
    with pytest.raises(ValueError, match="at most 127 bytes"):
        write_checkpoint(tmp_path / "1.ckpt", checkpoint_of(long))
    assert os.listdir(tmp_path) == []


def test_of_two_records_with_one_key_the_later_counts() -> None:
    table = table_of([session(1, state=1), session(2), session(1, state=8), session(3)])
    newest = table.deduplicated()
    assert newest.records["state"].tolist() == [3, 8, 3]
    assert newest.records["first_port"].tolist() == [40002, 40001, 40003]
    assert newest.deduplicated() is newest
