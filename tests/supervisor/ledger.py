"""A state of two tables, one of which has had two layouts."""

from __future__ import annotations

from schemas.element import ElementManifest

_KEY = {"name": "key", "type": "u32", "key": True, "summary": "number"}
_VALUE = {"name": "value", "type": "u64", "summary": "anything"}
_EXTRA = {"name": "extra", "type": "u64", "default": 7, "summary": "only in layout 2"}

LEDGER = ElementManifest.model_validate({
    "class": "Ledger",
    "summary": "Numbers by number.",
    "ports": {"inputs": "0", "outputs": "0"},
    "processing": "a/a",
    "click": False,
    "states": [
        {
            "table": "entries",
            "layouts": [
                {"version": 1, "fields": [_KEY, _VALUE]},
                {"version": 2, "fields": [_KEY, _VALUE, _EXTRA]},
            ],
        },
        {"table": "notes", "layouts": [{"version": 1, "fields": [_KEY, _VALUE]}]},
    ],
})  # fmt: skip
