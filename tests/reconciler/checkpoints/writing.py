"""Writes checkpoint files for tests, in format 1 (docs/reference/checkpoints.md).

The reconciler only reads them; the supervisor writes them.
"""

from __future__ import annotations

import contextlib
import os
import zlib
from collections.abc import Iterator
from pathlib import Path

from reconciler.checkpoints.checkpoint import Checkpoint, Table
from reconciler.checkpoints.file import (
    BLOCK,
    BLOCK_BYTES,
    BLOCK_MAGIC,
    CLOCK_FIELDS,
    END_MAGIC,
    FILE_END,
    FILE_HEADER,
    FORMAT,
    MAGIC,
    MOST_BLOCK_RECORDS,
    PART_END,
    TABLE_END,
    TABLE_END_MAGIC,
    TABLE_HEADER,
    TABLE_MAGIC,
    pad,
)


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a file atomically; it is on disk when this returns.

    Raises ValueError for a name that does not fit, OSError.
    """
    unfinished = path.with_name(f"{path.name}.new")
    try:
        with unfinished.open("wb") as file:
            for part in _parts(checkpoint):
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _parts(checkpoint: Checkpoint) -> Iterator[bytes]:
    size = crc = 0
    for part in _parts_before_the_end(checkpoint):
        size += len(part)
        crc = zlib.crc32(part[-4:], crc)
        yield part
    size += FILE_END.size
    yield _closed(FILE_END.pack(END_MAGIC, checkpoint.records, size, crc, 0))


def _parts_before_the_end(checkpoint: Checkpoint) -> Iterator[bytes]:
    yield _closed(FILE_HEADER.pack(
        MAGIC, FORMAT, FILE_HEADER.size, len(checkpoint.tables), 0, checkpoint.boot_id.bytes,
        checkpoint.boot_time_ns, checkpoint.real_time_ns, checkpoint.sequence,
        _bytes(checkpoint.instance, 128), _bytes(checkpoint.release, 80),
        _bytes(checkpoint.reason, 128), 0,
    ))  # fmt: skip
    for number, table in enumerate(checkpoint.tables):
        yield _table_header(table)
        blocks_crc = 0
        for block in _blocks(number, table):
            blocks_crc = zlib.crc32(block[-4:], blocks_crc)
            yield block
        yield _closed(TABLE_END.pack(TABLE_END_MAGIC, number, len(table.rows), blocks_crc, 0))


def _table_header(table: Table) -> bytes:
    text = table.text.encode()
    clocks = table.clock_fields
    counted = table.counters
    head = TABLE_HEADER.pack(
        TABLE_MAGIC, TABLE_HEADER.size + pad(len(text)) + PART_END.size,
        table.descriptor.version, table.layout_hash, table.descriptor.size, table.key_size,
        table.capacity, len(clocks), table.hash_seed, counted.evicted, counted.refused,
        counted.expired, counted.recovered, counted.discarded,
        *clocks, *[0] * (CLOCK_FIELDS - len(clocks)), len(text), _bytes(table.name, 128),
    )  # fmt: skip
    return _closed(head + text.ljust(pad(len(text)), b"\0") + bytes(PART_END.size))


def _blocks(number: int, table: Table) -> Iterator[bytes]:
    rows = table.rows
    most = max(1, min(MOST_BLOCK_RECORDS, BLOCK_BYTES // rows.itemsize))
    for block, first in enumerate(range(0, len(rows), most)):
        some = rows[first : first + most]
        head = BLOCK.pack(BLOCK_MAGIC, len(some), number, block)
        yield _closed(head + some.tobytes() + bytes(PART_END.size))


def _closed(part: bytes) -> bytes:
    """Return the part with its CRC as the last four bytes."""
    return part[:-4] + zlib.crc32(part[:-4]).to_bytes(4, "little")


def _bytes(text: str, width: int) -> bytes:
    data = text.encode()
    if len(data) >= width:
        raise ValueError(f"{text!r} does not fit into a checkpoint: at most {width - 1} bytes")
    return data
