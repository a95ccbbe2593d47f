"""The program checkpoints.cc, and the layout of its two tables left/items and right/items."""

from __future__ import annotations

from pathlib import Path

from schemas.layout import CLOCK_UNIT
from tests.cpp import compile_kernel
from tests.kernels.conversation import sanitizers
from tests.kernels.items import items_of
from tests.objects import LIBRARY
from tests.units import layout_headers

ITEMS = items_of([{
    "version": 3,
    "fields": [
        {"name": "address", "type": "bytes[16]", "key": True, "summary": "of somebody"},
        {"name": "key", "type": "u32", "key": True, "summary": "number"},
        {"name": "state", "type": "u8", "summary": "makes a gap before the value"},
        {"name": "value", "type": "u64", "summary": "anything"},
        {"name": "opened", "type": "u64", "unit": CLOCK_UNIT, "summary": "a moment"},
    ],
}])  # fmt: skip


def compile_checkpoints(out: Path) -> Path:
    """Compile the program in the folder `out`."""
    parts = ("clock", "folder", "reader", "writer")
    folder = LIBRARY / "supervisor"
    sources = [folder / f"checkpoint_{part}.cc" for part in parts]
    sources += [folder / "table_view.cc", Path(__file__).with_name("checkpoints.cc")]
    return compile_kernel(out / "checkpoints", sources, layout_headers([ITEMS]), sanitizers())
