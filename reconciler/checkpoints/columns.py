"""Turns records into columns: what the numbers and bytes of a field mean to people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from ipaddress import IPv6Address, ip_address
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reconciler.checkpoints.checkpoint import Checkpoint, DescribedField, Table, as_scalars
from reconciler.layouts import layout_hash
from schemas.layout import (
    CLOCK_UNIT,
    DATE_UNIT,
    LayoutField,
    OtherReading,
    Reading,
    StateTable,
)

SECONDS_LEFT = "seconds_left"
"""The column that every table has: time to a record's deadline when the checkpoint was begun."""

Value = str | int | float | None
Mask = NDArray[np.bool_]


class Kind(StrEnum):
    """How the values of a column are read."""

    NUMBER = "number"
    NAMED = "named"
    BITS = "bits"
    ADDRESS = "address"
    MAC = "mac"
    TEXT = "text"
    BYTES = "bytes"
    MOMENT = "moment"
    SECONDS = "seconds"


@dataclass(frozen=True)
class Column:
    """A field of all records. `raw` has an entry for each record: a number, an array of bytes, a
    time (UTC, NaT for none) or seconds.
    """

    name: str
    kind: Kind
    raw: NDArray[Any]
    key: bool = False
    words: Mapping[int, str] = field(default_factory=dict)
    otherwise: tuple[tuple[Mask, Column], ...] = ()
    """Records that are read in another way, and how; no record is in two of them."""

    def values(self) -> list[Value]:
        """Return the values as people read them, one for each record; None where there is none."""
        read = self._values()
        for which, column in self.otherwise:
            for place, value in zip(
                np.flatnonzero(which), column.only(which).values(), strict=True
            ):
                read[place] = value
        return read

    def readings(self) -> tuple[tuple[Mask, Column], ...]:
        """Return every way in which records are read, with the records it applies to."""
        others = [which for which, _ in self.otherwise]
        rest = ~np.logical_or.reduce(others) if others else np.ones(len(self.raw), np.bool_)
        return ((rest, replace(self, otherwise=())), *self.otherwise)

    def _values(self) -> list[Value]:
        if self.kind is Kind.MOMENT:
            texts = np.datetime_as_string(self.raw, unit="ms", timezone="UTC").tolist()
            return [None if text == "NaT" else text for text in texts]
        if self.kind in (Kind.NUMBER, Kind.SECONDS):
            numbers: list[Value] = self.raw.tolist()
            return numbers
        whole = as_scalars(self.raw) if self.raw.ndim > 1 else self.raw
        different, which = np.unique(whole, return_inverse=True)
        texts = np.array([self._text(one) for one in different.tolist()], dtype=object)
        read: list[Value] = texts[which].tolist() if len(different) else []
        return read

    def only(self, which: Mask | slice) -> Column:
        """Return the column for some of the records."""
        others = tuple((where[which], column.only(which)) for where, column in self.otherwise)
        return replace(self, raw=self.raw[which], otherwise=others)

    def _text(self, value: int | bytes) -> str | int:
        return _TEXTS[self.kind](value, self.words)


def address_text(value: bytes) -> str:
    """Write an IPv4 address, also one mapped into IPv6, or an IPv6 address."""
    address = ip_address(value)
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)


def _bits_text(value: int, words: Mapping[int, str]) -> str:
    said = [word for bit, word in sorted(words.items()) if value & bit]
    rest = value & ~sum(words)
    return "|".join([*said, *([f"0x{rest:x}"] if rest else [])]) or "-"


_TEXTS: dict[Kind, Callable[[Any, Mapping[int, str]], str | int]] = {
    Kind.NAMED: lambda value, words: words.get(value, value),
    Kind.BITS: _bits_text,
    Kind.ADDRESS: lambda value, _: address_text(value),
    Kind.MAC: lambda value, _: value.hex(":"),
    Kind.TEXT: lambda value, _: value.partition(b"\0")[0].decode(errors="replace"),
    Kind.BYTES: lambda value, _: value.hex(),
}


def columns(
    checkpoint: Checkpoint, table: Table, states: Iterable[StateTable] = ()
) -> tuple[Column, ...]:
    """Return every field of the table's records, then the time left. `states` define how they are
    shown.
    """
    shown = _shown(table, states)
    records = table.records
    found = [
        _with_others(_column(checkpoint, one, records[one.name], shown.get(one.name)), table, shown)
        for one in table.descriptor.fields
    ]
    left = (table.deadlines - np.uint64(checkpoint.boot_time_ns)).view(np.int64) / 1e9
    return (*found, Column(SECONDS_LEFT, Kind.SECONDS, left.round(3)))


def _column(
    checkpoint: Checkpoint, described: DescribedField, raw: NDArray[Any], shown: LayoutField | None
) -> Column:
    if described.unit in (CLOCK_UNIT, DATE_UNIT):
        moments = _moments(raw, checkpoint if described.unit == CLOCK_UNIT else None)
        return Column(described.name, Kind.MOMENT, moments, described.key)
    return _read_as(shown or Reading(), Column(described.name, Kind.NUMBER, raw, described.key))


def _read_as(reading: Reading, column: Column) -> Column:
    if reading.shown:
        return replace(column, kind=Kind(reading.shown))
    if column.raw.ndim > 1:
        return replace(column, kind=Kind.BYTES)
    if reading.names:
        return replace(column, kind=Kind.NAMED, words=reading.names)
    if reading.bits:
        return replace(column, kind=Kind.BITS, words=reading.bits)
    return column


def _with_others(column: Column, table: Table, shown: Mapping[str, LayoutField]) -> Column:
    """Add the other readings of a column, which depend on other fields of the record."""
    others: list[tuple[Mask, Column]] = []
    free = np.ones(len(table.rows), np.bool_)
    for reading in shown[column.name].otherwise if column.name in shown else ():
        which = free & _fitting(reading, table, shown)
        free &= ~which
        others.append((which, _read_as(reading, column)))
    return replace(column, otherwise=tuple(others))


def _fitting(reading: OtherReading, table: Table, shown: Mapping[str, LayoutField]) -> Mask:
    which = np.full(len(table.rows), reading.when.keys() <= shown.keys())
    for name, words in reading.when.items() if which.any() else ():
        values = [number for number, word in shown[name].names.items() if word in words]
        which &= np.isin(table.records[name], values)
    return which


def _moments(raw: NDArray[Any], booted: Checkpoint | None) -> NDArray[Any]:
    """Return times of day, from times since boot if `booted` is given: as differences, since a
    moment before the boot is negative in two's complement.
    """
    since_1970 = booted.real_time_ns - booted.boot_time_ns if booted else 0
    moments = (raw + np.uint64(since_1970 % (1 << 64))).view("datetime64[ns]")
    return np.where(raw == 0, np.datetime64("NaT", "ns"), moments)


def _shown(table: Table, states: Iterable[StateTable]) -> dict[str, LayoutField]:
    """Return how fields are shown, by name: as in the newest layout of a table of that name. Tables
    that have this very layout take precedence.
    """
    found: dict[str, LayoutField] = {}
    for one in _layouts(table, states):
        for described in table.descriptor.fields:
            known = one.get(described.name)
            says = known is not None and (
                known.shown or known.names or known.bits or known.otherwise
            )
            if known is not None and says and known.type == described.type:
                found.setdefault(described.name, known)
    return found


def _layouts(table: Table, states: Iterable[StateTable]) -> Iterator[dict[str, LayoutField]]:
    same = [state for state in states if state.table == table.descriptor.table]
    hashes = {
        id(state): {layout_hash(state.table, layout) for layout in state.layouts} for state in same
    }
    for state in sorted(same, key=lambda state: table.layout_hash not in hashes[id(state)]):
        for layout in reversed(state.layouts):
            yield {one.name: one for one in layout.fields}
