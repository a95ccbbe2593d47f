"""The contents of a checkpoint as values: its origin, and tables of records."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from schemas.layout import FieldType

Rows = NDArray[np.void]
"""Records as stored in the file: a deadline (u64) and the bytes of key and value."""

_FORMATS = {"u8": "<u1", "u16": "<u2", "u32": "<u4", "u64": "<u8", "i64": "<i8"}


class DescribedField(BaseModel):
    """A field of a record, as the table itself describes it."""

    model_config = ConfigDict(frozen=True)

    name: str
    type: FieldType
    offset: int = Field(ge=0)
    size: int = Field(ge=1)
    unit: str
    default: int
    key: bool

    @property
    def format(self) -> tuple[str, tuple[int, ...]]:
        """The numpy type and shape: bytes are an array of numbers."""
        return (_FORMATS[self.type], ()) if self.type in _FORMATS else ("<u1", (self.size,))


class Descriptor(BaseModel):
    """The layout of a table's records, as the table itself describes it."""

    model_config = ConfigDict(frozen=True)

    table: str
    version: int
    size: int = Field(ge=1)
    fields: tuple[DescribedField, ...] = Field(min_length=1)

    @classmethod
    def read(cls, text: str) -> Descriptor:
        """Parse a descriptor. Raises ValueError when it is malformed, or its fields do not fit its
        records.
        """
        try:
            found = cls.model_validate_json(text)
        except ValidationError as error:
            raise ValueError(f"its descriptor cannot be read: {error}") from error
        if any(field.offset + field.size > found.size for field in found.fields):
            raise ValueError("its descriptor has fields beyond the end of a record")
        return found

    @property
    def dtype(self) -> np.dtype[np.void]:
        """Return the numpy type of a record's key and value."""
        return np.dtype({
            "names": [field.name for field in self.fields],
            "formats": [field.format for field in self.fields],
            "offsets": [field.offset for field in self.fields],
            "itemsize": self.size,
        })  # fmt: skip

    @property
    def key(self) -> tuple[DescribedField, ...]:
        """The fields that identify a record."""
        return tuple(field for field in self.fields if field.key)


def as_scalars(rows: NDArray[np.uint8]) -> NDArray[np.void]:
    """Return arrays of bytes, one for each record, as one value for each record."""
    return np.ascontiguousarray(rows).view(f"V{rows.shape[1]}").reshape(-1)


def descriptor_hash(descriptor: str) -> int:
    """Return the 64-bit identity of the layout that a descriptor's text describes."""
    return int.from_bytes(hashlib.sha256(descriptor.encode()).digest()[:8], "big")


@dataclass(frozen=True)
class Counters:
    """Counters that a table keeps of its past, in records."""

    evicted: int = 0
    refused: int = 0
    expired: int = 0
    recovered: int = 0
    discarded: int = 0


@dataclass(frozen=True)
class Table:
    """A table of a checkpoint; `name` is STATE/TABLE, `text` the descriptor as written."""

    name: str
    text: str
    descriptor: Descriptor
    key_size: int
    capacity: int
    hash_seed: int
    rows: Rows
    counters: Counters = Counters()
    clock_fields: tuple[int, ...] = ()
    """Offsets of the fields that count nanoseconds of CLOCK_BOOTTIME."""

    @property
    def layout_hash(self) -> int:
        """Identity of the layout, 64 bits."""
        return descriptor_hash(self.text)

    @property
    def deadlines(self) -> NDArray[np.uint64]:
        """CLOCK_BOOTTIME nanoseconds, one for each record."""
        column: NDArray[np.uint64] = self._split()["deadline"]
        return column

    @property
    def records(self) -> NDArray[np.void]:
        """Key and value of every record, structured as the descriptor says."""
        column: NDArray[np.void] = self._split()["value"]
        return column

    @property
    def keys(self) -> NDArray[np.void]:
        """The bytes that identify each record."""
        raw = self.rows.view(np.uint8).reshape(len(self.rows), self.rows.itemsize)
        return as_scalars(raw[:, 8 : 8 + self.key_size])

    def _split(self) -> NDArray[np.void]:
        return self.rows.view(np.dtype([("deadline", "<u8"), ("value", self.descriptor.dtype)]))

    def only(self, which: NDArray[np.bool_] | NDArray[np.intp] | slice) -> Table:
        """Return the table with some of its records: those at these indexes, or where the mask is
        true.
        """
        return replace(self, rows=self.rows[which])

    def deduplicated(self) -> Table:
        """Return the table with each key once. A record that moved within its table during the
        writing may be in a file twice; the later one is newer.
        """
        _, last = np.unique(self.keys[::-1], return_index=True)
        if len(last) == len(self.rows):
            return self
        return self.only(np.sort(len(self.rows) - 1 - last))


@dataclass(frozen=True)
class Checkpoint:
    """Tables as they were on a device at one time; both clocks are in nanoseconds."""

    sequence: int
    instance: str
    release: str
    reason: str
    boot_id: UUID
    boot_time_ns: int
    real_time_ns: int
    tables: tuple[Table, ...]

    @property
    def records(self) -> int:
        """Number of records of all tables."""
        return sum(len(table.rows) for table in self.tables)
