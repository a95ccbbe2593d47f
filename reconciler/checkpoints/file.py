"""Reads checkpoint files, format 1 (docs/reference/checkpoints.md), as supervisors write them."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np

from reconciler.checkpoints.checkpoint import (
    Checkpoint,
    Counters,
    Descriptor,
    Table,
    descriptor_hash,
)
from reconciler.errors import Stalled

FORMAT = 1
FILE_HEADER = struct.Struct("<8s4I16s3Q128s80s128s108xI")
TABLE_HEADER = struct.Struct("<8sIIQ4IQ5Q14HI128s")
BLOCK = struct.Struct("<4I")
PART_END = struct.Struct("<2I")
TABLE_END = struct.Struct("<IIQII")
FILE_END = struct.Struct("<8sQQII")

MAGIC, TABLE_MAGIC, END_MAGIC = b"CKcheckp", b"CKtable1", b"CKend__1"
BLOCK_MAGIC, TABLE_END_MAGIC = (int.from_bytes(word, "little") for word in (b"CKbl", b"CKte"))

MOST_BLOCK_RECORDS = 4096
BLOCK_BYTES = 512 << 10
CLOCK_FIELDS = 14


class CheckpointDamaged(Stalled):
    """The contents of the file are not what was written, or it ends early; use another one."""

    reason = "CheckpointDamaged"


class CheckpointTooNew(Stalled):
    """The file is in a format that only another version of click-up can read."""

    reason = "CheckpointTooNew"


def read_checkpoint(path: Path) -> Checkpoint:
    """Verify and read a whole file.

    Raises CheckpointDamaged, CheckpointTooNew, OSError.
    """
    return parse_checkpoint(path.read_bytes(), str(path))


def parse_checkpoint(data: bytes, name: str) -> Checkpoint:
    """Verify and read a file's contents; `name` is for messages.

    Raises CheckpointDamaged, CheckpointTooNew.
    """
    return _Reading(data, name).checkpoint()


class _Reading:
    """Goes through the parts of a file; each is read once its CRC is verified."""

    def __init__(self, data: bytes, name: str) -> None:
        self._name = name
        self._data = memoryview(data)
        self._at = 0
        self._parts_crc = 0

    def checkpoint(self) -> Checkpoint:
        if self._data[: len(MAGIC)] != MAGIC:
            raise self._damaged("it does not begin as a checkpoint does")
        part = self._part(FILE_HEADER.size, "the file header")
        (_, form, size, tables, _, boot_id, boot_time, real_time, sequence,
         instance, release, reason, _) = FILE_HEADER.unpack(part)  # fmt: skip
        if form != FORMAT or size != FILE_HEADER.size:
            raise CheckpointTooNew(
                f"{self._name} is a checkpoint of format {form}; this version of click-up reads"
                f" format {FORMAT}"
            )
        found = tuple(self._table(number) for number in range(tables))
        checkpoint = Checkpoint(
            sequence=sequence,
            instance=_text(instance),
            release=_text(release),
            reason=_text(reason),
            boot_id=UUID(bytes=boot_id),
            boot_time_ns=boot_time,
            real_time_ns=real_time,
            tables=found,
        )
        self._end(checkpoint.records)
        return checkpoint

    def _table(self, number: int) -> Table:
        what = f"the header of table {number}"
        size = self._peek(TABLE_HEADER, what)[1]
        part = self._part(max(size, TABLE_HEADER.size + PART_END.size), what)
        (magic, _, version, layout_hash, value_size, key_size, capacity, clocks, seed,
         *rest) = TABLE_HEADER.unpack_from(part)  # fmt: skip
        counters, offsets, (length, name) = rest[:5], rest[5:-2], rest[-2:]
        text = bytes(part[TABLE_HEADER.size :][:length])
        if magic != TABLE_MAGIC or size != TABLE_HEADER.size + pad(length) + PART_END.size:
            raise self._damaged(f"{what} is not one")
        descriptor = self._descriptor(text, what)
        sizes = (descriptor.version, descriptor.size, descriptor_hash(text.decode()))
        if sizes != (version, value_size, layout_hash) or clocks > CLOCK_FIELDS:
            raise self._damaged(f"{what} and its descriptor contradict each other")
        if not 0 < key_size <= value_size:
            raise self._damaged(f"{what} has a key of {key_size} bytes")
        return Table(
            name=_text(name),
            text=text.decode(),
            descriptor=descriptor,
            key_size=key_size,
            capacity=capacity,
            hash_seed=seed,
            rows=np.frombuffer(self._records(number, 8 + value_size), f"V{8 + value_size}"),
            counters=Counters(*counters),
            clock_fields=tuple(offsets[:clocks]),
        )

    def _descriptor(self, text: bytes, what: str) -> Descriptor:
        try:
            return Descriptor.read(text.decode())
        except ValueError as error:
            raise self._damaged(f"{what}: {error}") from error

    def _records(self, number: int, record_size: int) -> bytes:
        blocks: list[memoryview] = []
        records = blocks_crc = 0
        what = f"a block of table {number}"
        while self._data[self._at : self._at + 4] == BLOCK_MAGIC.to_bytes(4, "little"):
            _, count, table, block = self._peek(BLOCK, what)
            if not 0 < count <= MOST_BLOCK_RECORDS:
                raise self._damaged(f"{what} has {count} records")
            part = self._part(BLOCK.size + count * record_size + PART_END.size, what)
            if (table, block) != (number, len(blocks)):
                raise self._damaged(f"{what} is in the wrong place")
            blocks.append(part[BLOCK.size : -PART_END.size])
            blocks_crc = zlib.crc32(part[-4:], blocks_crc)
            records += count
        end = TABLE_END.unpack(self._part(TABLE_END.size, f"the end of table {number}"))
        if end[:4] != (TABLE_END_MAGIC, number, records, blocks_crc):
            raise self._damaged(f"the end of table {number} does not fit its blocks")
        return b"".join(blocks)

    def _end(self, records: int) -> None:
        parts_crc = self._parts_crc
        end = FILE_END.unpack(self._part(FILE_END.size, "the end of the file"))
        if end[:4] != (END_MAGIC, records, len(self._data), parts_crc) or self._at != end[2]:
            raise self._damaged("its end does not fit what is before it")

    def _peek(self, head: struct.Struct, what: str) -> tuple[Any, ...]:
        if self._at + head.size > len(self._data):
            raise self._damaged(f"{what} is cut off")
        return head.unpack_from(self._data, self._at)

    def _part(self, size: int, what: str) -> memoryview:
        part = self._data[self._at : self._at + size]
        if len(part) < size:
            raise self._damaged(f"{what} is cut off")
        if zlib.crc32(part[:-4]) != int.from_bytes(part[-4:], "little"):
            raise self._damaged(f"{what} has a wrong checksum")
        self._parts_crc = zlib.crc32(part[-4:], self._parts_crc)
        self._at += size
        return part

    def _damaged(self, why: str) -> CheckpointDamaged:
        return CheckpointDamaged(f"{self._name} is damaged at byte {self._at}: {why}")


def pad(size: int) -> int:
    """Round a size up: parts begin at multiples of eight bytes."""
    return -(-size // 8) * 8


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode(errors="replace")
