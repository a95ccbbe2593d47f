"""State tables of element classes and every layout that their records ever had."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from schemas.meta import GraphName, Model

CLOCK_UNIT = "ns, CLOCK_BOOTTIME"
"""Unit of the fields that are rebased when records move to another boot or machine."""
DATE_UNIT = "ns, CLOCK_REALTIME"
"""Unit of the fields that are times of day by themselves."""

_FIELD_TYPE = re.compile(r"u8|u16|u32|u64|i64|bytes\[([1-9]\d{0,3})\]")
_SIZES = {"u8": 1, "u16": 2, "u32": 4, "u64": 8, "i64": 8}


def _field_type(value: str) -> str:
    if not _FIELD_TYPE.fullmatch(value):
        raise ValueError("a field is u8, u16, u32, u64, i64 or bytes[N]")
    return value


FieldType = Annotated[
    str,
    AfterValidator(_field_type),
    WithJsonSchema({"type": "string", "pattern": f"^({_FIELD_TYPE.pattern})$"}),
]


FieldWord = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_-]*$")]
"""The name of a value, as people write it in filters."""


class Reading(Model):
    """How people read a field. It is not part of the layout: records do not change with it."""

    shown: Literal["address", "mac", "text"] | None = None
    """How bytes are shown to people."""
    names: Mapping[int, FieldWord] = {}
    """Numbers that have names."""
    bits: Mapping[int, FieldWord] = {}
    """Bits that have names, each as the number with that bit alone."""


class OtherReading(Reading):
    """How a field is read in some records."""

    when: Annotated[Mapping[GraphName, tuple[FieldWord, ...]], Field(min_length=1)]
    """Other fields of the record, each with the names of values that it must have."""


class LayoutField(Reading):
    """A field of the records of a state table."""

    name: GraphName
    type: FieldType
    key: bool = False
    unit: str = ""
    default: int = 0
    """The value in fresh records, and in records of a layout that did not have the field."""
    renamed_from: GraphName | None = None
    """Name of the same field in the previous layout."""
    summary: str
    otherwise: tuple[OtherReading, ...] = ()
    """How it is read in some records instead; the first that fits counts."""

    @model_validator(mode="after")
    def _can_be_shown_so(self) -> Self:
        readings: tuple[Reading, ...] = (self, *self.otherwise)
        for reading in readings:
            self._check_reading(reading)
        return self

    def _check_reading(self, reading: Reading) -> None:
        sizes = {"address": (4, 16), "mac": (6,), "text": (self.size,)}
        if reading.shown and (not self.is_bytes or self.size not in sizes[reading.shown]):
            fitting = " or ".join(f"bytes[{size}]" for size in sizes[reading.shown])
            raise ValueError(f"shown: {reading.shown} is for {fitting}, {self.name} is {self.type}")
        if self.is_bytes and (reading.names or reading.bits):
            raise ValueError(f"names and bits are for numbers, {self.name} is {self.type}")
        odd = [bit for bit in reading.bits if bit < 1 or bit & (bit - 1)]
        if odd:
            raise ValueError(f"bits are 1, 2, 4, 8 ..., not {', '.join(map(str, odd))}")

    @property
    def size(self) -> int:
        """Size in bytes."""
        array = _FIELD_TYPE.fullmatch(self.type)
        return int(array[1]) if array and array[1] else _SIZES[self.type]

    @property
    def is_bytes(self) -> bool:
        """Whether the field holds bytes, not a number."""
        return self.type not in _SIZES

    @property
    def former_name(self) -> str:
        """Name in the previous layout, if it was there."""
        return self.renamed_from or self.name

    @property
    def bounds(self) -> tuple[int, int]:
        """Least and greatest number that the field holds."""
        bits = 8 * self.size
        return (
            (-(1 << bits - 1), (1 << bits - 1) - 1) if self.type == "i64" else (0, (1 << bits) - 1)
        )


class Layout(Model):
    """One version of the records of a state table."""

    version: int = Field(ge=1)
    fields: tuple[LayoutField, ...] = Field(min_length=1)
    drops: tuple[GraphName, ...] = ()
    """Fields of the previous layout that are removed; what they held is lost."""
    converts: tuple[GraphName, ...] = ()
    """Fields of this layout and the previous one that a C++ function beside the element fills."""

    @model_validator(mode="after")
    def _names_once_and_a_key(self) -> Self:
        names = [field.name for field in self.fields]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"fields named twice: {', '.join(twice)}")
        if not any(field.key for field in self.fields):
            raise ValueError("a record has at least one field with key: true")
        return self

    @model_validator(mode="after")
    def _readings_ask_for_what_there_is(self) -> Self:
        names = {field.name: set(field.names.values()) for field in self.fields}
        asked = (reading.when for field in self.fields for reading in field.otherwise)
        for name, words in (one for when in asked for one in when.items()):
            for word in set(words) - names.get(name, set()):
                raise ValueError(f"when: no field {name} has a value named {word}")
        return self

    def field(self, name: str) -> LayoutField | None:
        """Return the field of this name, or None."""
        return next((field for field in self.fields if field.name == name), None)


class StateTable(Model):
    """A table of a state and every layout it ever had."""

    table: GraphName
    summary: str = ""
    reserved: tuple[GraphName, ...] = ()
    """Names of removed fields; old records and files still use them, so no new field may."""
    capacity: Annotated[str | None, Field(pattern=r"^(\d+|(\d+ \* )?[A-Z][A-Z0-9_]*)$")] = None
    """Maximum number of records: a number, a parameter of the class, or a multiple of one (`2 *
    CAPACITY`). It tells a plan whether a commit changes the size of the table.
    """
    layouts: tuple[Layout, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _versions_ascend(self) -> Self:
        versions = [layout.version for layout in self.layouts]
        if versions != sorted(set(versions)):
            raise ValueError("layouts are listed in ascending order of version, each once")
        return self

    @property
    def sized_by(self) -> tuple[int, str]:
        """A factor and its parameter; without a parameter for a plain number; (0, "") when not
        given.
        """
        factor, _, parameter = (self.capacity or "0").rpartition(" * ")
        if parameter[0].isdigit():
            return int(parameter), ""
        return int(factor or 1), parameter

    @property
    def current(self) -> Layout:
        """The layout that this library writes."""
        return self.layouts[-1]
