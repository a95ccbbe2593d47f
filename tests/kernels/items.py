"""The state table that the programs items.cc and threads.cc keep, and that of copies.cc."""

from __future__ import annotations

from schemas.element import ElementManifest

ITEMS = ElementManifest.model_validate({
    "class": "Items",
    "summary": "Items of this test.",
    "ports": {"inputs": "0", "outputs": "0"},
    "processing": "a/a",
    "click": False,
    "states": [{
        "table": "items",
        "layouts": [{
            "version": 1,
            "fields": [
                {"name": "key", "type": "u32", "key": True, "summary": "number"},
                {"name": "tag", "type": "u8", "summary": "makes a gap before the value"},
                {"name": "value", "type": "u64", "summary": "odd: assured"},
            ],
        }],
    }],
})  # fmt: skip

FIELDS = [
    {"name": "key", "type": "u32", "key": True, "summary": "number; odd: assured"},
    {"name": "tag", "type": "u8", "summary": "makes a gap before the value"},
    {"name": "value", "type": "u64", "summary": "anything"},
]
MORE = {"name": "extra", "type": "u64", "default": 7, "summary": "only in the second layout"}
OF_TWO_LAYOUTS = ElementManifest.model_validate({
    "class": "Items",
    "summary": "Items of this test.",
    "ports": {"inputs": "0", "outputs": "0"},
    "processing": "a/a",
    "click": False,
    "states": [{
        "table": "items",
        "layouts": [{"version": 1, "fields": FIELDS}, {"version": 2, "fields": [*FIELDS, MORE]}],
    }],
})  # fmt: skip
