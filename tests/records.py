"""Records of state tables as values by field name."""

from __future__ import annotations

from reconciler.layouts import layout_size, place_fields
from schemas.layout import Layout

Record = dict[str, int | bytes]


def pack(layout: Layout, record: Record) -> bytes:
    """Return key and value of a record as they lie in memory; omitted fields are zero."""
    data = bytearray(layout_size(layout))
    for placed in place_fields(layout):
        value = record.get(placed.field.name, 0)
        if isinstance(value, int):
            signed = placed.field.type == "i64"
            value = value.to_bytes(placed.field.size, "little", signed=signed)
        data[placed.offset : placed.end] = value
    return bytes(data)


def unpack(layout: Layout, data: bytes) -> Record:
    """Return the record at the start of `data`."""
    record: Record = {}
    for placed in place_fields(layout):
        piece = data[placed.offset : placed.end]
        signed = placed.field.type == "i64"
        number = int.from_bytes(piece, "little", signed=signed)
        record[placed.field.name] = piece if placed.field.is_bytes else number
    return record
