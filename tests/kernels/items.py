"""The state table that the programs items.cc and threads.cc keep."""

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
