"""The state tables that test programs keep: one of items.cc and threads.cc, one of copies.cc."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from schemas.element import ElementManifest


def items_of(layouts: Sequence[Mapping[str, object]]) -> ElementManifest:
    """Return a class with one table, `items`, of these layouts."""
    return ElementManifest.model_validate({
        "class": "Items",
        "summary": "Items of this test.",
        "ports": {"inputs": "0", "outputs": "0"},
        "processing": "a/a",
        "click": False,
        "states": [{"table": "items", "layouts": layouts}],
    })  # fmt: skip


KEY = {"name": "key", "type": "u32", "key": True, "summary": "number"}
TAG = {"name": "tag", "type": "u8", "summary": "makes a gap before the value"}
VALUE = {"name": "value", "type": "u64", "summary": "odd: assured"}
MORE = {"name": "extra", "type": "u64", "default": 7, "summary": "only in the second layout"}

ITEMS = items_of([{"version": 1, "fields": [KEY, TAG, VALUE]}])

FIELDS = [
    {**KEY, "summary": "number; odd: assured"},
    TAG,
    {**VALUE, "summary": "anything"},
]
OF_TWO_LAYOUTS = items_of([
    {"version": 1, "fields": FIELDS},
    {"version": 2, "fields": [*FIELDS, MORE]},
])  # fmt: skip
