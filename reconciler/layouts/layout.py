"""Record layouts of state tables: offsets, self-describing descriptor, hash, and the C++ header
generated from them.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from schemas.element import ElementManifest
from schemas.layout import CLOCK_UNIT, Layout, LayoutField, StateTable

RECORD_ALIGNMENT = 8
"""Records are written as whole 64-bit words, so that a reader in another process never sees a torn
one.
"""

_CPP_TYPES = {
    "u8": "uint8_t",
    "u16": "uint16_t",
    "u32": "uint32_t",
    "u64": "uint64_t",
    "i64": "int64_t",
}
# Compilers guarantee 65536 characters in a string literal, older standards far fewer.
_LITERAL_BYTES = 2000


@dataclass(frozen=True)
class PlacedField:
    """A field and its offset in bytes, the same for every compiler."""

    field: LayoutField
    offset: int

    @property
    def end(self) -> int:
        """Offset of the first byte after the field."""
        return self.offset + self.field.size


def place_fields(layout: Layout) -> tuple[PlacedField, ...]:
    """Return the fields in declared order at their natural alignment.

    Raises ValueError when a key field follows a value field, or a field of bytes has a default.
    """
    placed: list[PlacedField] = []
    end = 0
    for field in layout.fields:
        where = f"layout version {layout.version}: field '{field.name}'"
        if field.key and placed and not placed[-1].field.key:
            raise ValueError(
                f"{where} comes after the value field '{placed[-1].field.name}', but the key is "
                "compared as one run of bytes: declare key fields first"
            )
        if field.default and field.type not in _CPP_TYPES:
            raise ValueError(
                f"{where} has a default, but {field.type} starts as zeros: leave it out"
            )
        placed.append(PlacedField(field, _aligned(end, _alignment(field))))
        end = placed[-1].end
    return tuple(placed)


def layout_size(layout: Layout) -> int:
    """Return the bytes of a record's key and value, padding included."""
    return _aligned(place_fields(layout)[-1].end, RECORD_ALIGNMENT)


def key_size(layout: Layout) -> int:
    """Return the bytes from the start of the record to the end of the last key field."""
    return [placed.end for placed in place_fields(layout) if placed.field.key][-1]


def layout_descriptor(table: str, layout: Layout) -> str:
    """Return the description that a table holds of itself, as canonical JSON; its hash identifies
    the layout.
    """
    fields = [
        {
            "name": placed.field.name,
            "type": placed.field.type,
            "offset": placed.offset,
            "size": placed.field.size,
            "unit": placed.field.unit,
            "default": placed.field.default,
            "key": placed.field.key,
        }
        for placed in place_fields(layout)
    ]
    descriptor = {
        "table": table,
        "version": layout.version,
        "size": layout_size(layout),
        "fields": fields,
    }
    return json.dumps(descriptor, separators=(",", ":"), ensure_ascii=True)


def layout_hash(table: str, layout: Layout) -> int:
    """Return the 64-bit identity of a layout: equal when two drivers may share the
    table's memory.
    """
    digest = hashlib.sha256(layout_descriptor(table, layout).encode()).digest()
    return int.from_bytes(digest[:8], "big")


def layout_header(manifest: ElementManifest) -> str:
    """Return the C++ header `layouts/<Class>.layout.hh`, with a struct for each layout of each
    table of the class.
    """
    lines = [
        f"// Generated from elements/{manifest.class_name}/manifest.yaml: change that, not this.",
        "#pragma once",
        "",
        "#include <array>",
        "#include <cstddef>",
        "#include <cstdint>",
        "#include <string_view>",
        "#include <type_traits>",
        "",
        "namespace clickup {",
        "",
    ]
    for state in manifest.states:
        for layout in state.layouts:
            lines += [*_struct(state, layout), *_assertions(state, layout), ""]
        current = struct_name(state, state.current)
        lines += [f"using {_camel(state.table)}Layout = {current};", ""]
    return "\n".join([*lines, "}  // namespace clickup", ""])


def _struct(state: StateTable, layout: Layout) -> list[str]:
    lines = [f"struct {struct_name(state, layout)} {{"]
    end = 0
    for placed in place_fields(layout):
        lines += _padding(end, placed.offset)
        lines.append(f"  {_declaration(placed.field)}  // {_comment(placed.field)}")
        end = placed.end
    lines += _padding(end, layout_size(layout))
    return [*lines, "", *_constants(state, layout), "};"]


def _constants(state: StateTable, layout: Layout) -> list[str]:
    descriptor = layout_descriptor(state.table, layout)
    pieces = [
        descriptor[start : start + _LITERAL_BYTES]
        for start in range(0, len(descriptor), _LITERAL_BYTES)
    ]
    literals = "\n".join(f'      R"layout({piece})layout"' for piece in pieces)
    return [
        _clock_fields(layout),
        f'  static constexpr std::string_view kTable = "{state.table}";',
        f"  static constexpr uint32_t kVersion = {layout.version};",
        f"  static constexpr uint32_t kKeySize = {key_size(layout)};",
        f"  static constexpr uint64_t kHash = 0x{layout_hash(state.table, layout):016x}u;",
        f"  static constexpr std::string_view kDescriptor =\n{literals};",
    ]


def _clock_fields(layout: Layout) -> str:
    # Offsets of the fields that are rebased when records move to another boot or machine.
    clocks = [
        str(placed.offset) for placed in place_fields(layout) if placed.field.unit == CLOCK_UNIT
    ]
    offsets = f"{{{', '.join(clocks)}}}"
    return f"  static constexpr std::array<uint16_t, {len(clocks)}> kClockFields {offsets};"


def _assertions(state: StateTable, layout: Layout) -> list[str]:
    name = struct_name(state, layout)
    return [
        f"static_assert(sizeof({name}) == {layout_size(layout)});",
        f"static_assert(alignof({name}) <= {RECORD_ALIGNMENT});",
        f"static_assert(std::is_standard_layout_v<{name}>);",
        f"static_assert(std::is_trivially_copyable_v<{name}>);",
        *(
            f"static_assert(offsetof({name}, {placed.field.name}) == {placed.offset});"
            for placed in place_fields(layout)
        ),
    ]


def _declaration(field: LayoutField) -> str:
    # Fresh records start from the declared defaults, so that an element sets only what it knows.
    if field.type in _CPP_TYPES:
        return f"{_CPP_TYPES[field.type]} {field.name} = {field.default};"
    return f"uint8_t {field.name}[{field.size}] = {{}};"


def _comment(field: LayoutField) -> str:
    summary = " ".join(field.summary.split())
    return f"{summary} ({field.unit})" if field.unit else summary


def _padding(end: int, offset: int) -> list[str]:
    # Named and zeroed, because padding bytes inside the key take part in hashing and comparison.
    return [f"  uint8_t padding_{end}[{offset - end}] = {{}};"] if offset > end else []


def struct_name(state: StateTable, layout: Layout) -> str:
    """Return the name of a layout's C++ struct."""
    return f"{_camel(state.table)}LayoutV{layout.version}"


def _camel(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def _alignment(field: LayoutField) -> int:
    return field.size if field.type in _CPP_TYPES else 1


def _aligned(offset: int, alignment: int) -> int:
    return -(-offset // alignment) * alignment
