"""Layouts: the offsets of fields, their identity, and a compiler's agreement."""

from __future__ import annotations

import hashlib
import json
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.layouts import (
    key_size,
    layout_descriptor,
    layout_hash,
    layout_header,
    layout_size,
    place_fields,
)
from schemas.element import ElementManifest
from schemas.layout import Layout
from tests.libraries import todays_library
from tests.objects import FLAGS, compiler


def layout(*fields: tuple[str, str, bool], version: int = 1) -> Layout:
    return Layout.model_validate({
        "version": version,
        "fields": [
            {"name": name, "type": kind, "key": key, "summary": f"the {name}"}
            for name, kind, key in fields
        ],
    })  # fmt: skip


def manifest(*layouts: Layout, table: str = "items") -> ElementManifest:
    return ElementManifest.model_validate({
        "class": "Sample",
        "summary": "A sample.",
        "ports": {"inputs": "0", "outputs": "0"},
        "processing": "a/a",
        "click": False,
        "states": [{"table": table, "layouts": [item.model_dump() for item in layouts]}],
    })  # fmt: skip


SAMPLE = layout(
    ("port", "u16", True), ("address", "bytes[3]", True), ("flags", "u8", False),
    ("seen", "u32", False), ("narrow", "u8", False), ("delta", "i64", False), ("last", "u8", False),
)  # fmt: skip


def test_fields_keep_their_order_and_natural_alignment() -> None:
    offsets = {placed.field.name: placed.offset for placed in place_fields(SAMPLE)}
    assert offsets == {
        "port": 0, "address": 2, "flags": 5, "seen": 8, "narrow": 12, "delta": 16, "last": 24,
    }  # fmt: skip
    assert layout_size(SAMPLE) == 32
    assert key_size(SAMPLE) == 5


def test_descriptor_tells_everything_about_the_fields() -> None:
    descriptor = json.loads(layout_descriptor("items", SAMPLE))
    assert descriptor["table"] == "items"
    assert descriptor["version"] == 1
    assert descriptor["size"] == 32
    assert descriptor["fields"][1] == {
        "name": "address", "type": "bytes[3]", "offset": 2, "size": 3,
        "unit": "", "default": 0, "key": True,
    }  # fmt: skip


def test_hash_is_the_start_of_the_descriptors_digest() -> None:
    digest = hashlib.sha256(layout_descriptor("items", SAMPLE).encode()).hexdigest()
    assert f"{layout_hash('items', SAMPLE):016x}" == digest[:16]


def test_hash_depends_on_meaning_and_not_on_words() -> None:
    first = layout(("key", "u32", True), ("value", "u64", False))
    reworded = first.model_copy(
        update={
            "fields": tuple(f.model_copy(update={"summary": "other words"}) for f in first.fields)
        }
    )
    widened = layout(("key", "u32", True), ("value", "u32", False))
    assert layout_hash("items", first) == layout_hash("items", reworded)
    assert layout_hash("items", first) != layout_hash("items", widened)
    assert layout_hash("items", first) != layout_hash("others", first)


def test_key_fields_come_first() -> None:
    with pytest.raises(ValueError, match=r"'late'.* comes after the value field 'value'"):
        place_fields(layout(("key", "u32", True), ("value", "u32", False), ("late", "u8", True)))


def test_default_of_bytes_is_refused() -> None:
    fields = [{"name": "key", "type": "bytes[4]", "key": True, "default": 7, "summary": "x"}]
    with pytest.raises(ValueError, match=r"'key'.*default"):
        place_fields(Layout.model_validate({"version": 1, "fields": fields}))


def test_the_header_tells_which_fields_are_times() -> None:
    header = layout_header(todays_library().elements["SessionTable"])
    sessions = todays_library().elements["SessionTable"].states[0]
    for item in sessions.layouts:
        (opened,) = (
            placed.offset for placed in place_fields(item) if placed.field.name == "opened"
        )
        assert f"std::array<uint16_t, 1> kClockFields {{{opened}}};" in header
    assert "std::array<uint16_t, 0> kClockFields {};" in layout_header(manifest(SAMPLE))


def compile_header(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    (folder / "sample.hh").write_text(text)
    source = folder / "sample.cc"
    source.write_text('#include "sample.hh"\n')
    command = [*compiler(), *FLAGS, "-c", str(source), "-o", str(folder / "sample.o")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_compiler_agrees_with_every_offset(tmp_path: Path) -> None:
    older = layout(("port", "u16", True))
    text = layout_header(manifest(older, SAMPLE.model_copy(update={"version": 2})))
    assert "struct ItemsLayoutV1" in text and "using ItemsLayout = ItemsLayoutV2;" in text
    done = compile_header(text, tmp_path)
    assert done.returncode == 0, done.stderr


def test_compiler_rejects_a_wrong_offset(tmp_path: Path) -> None:
    text = layout_header(manifest(SAMPLE)).replace("seen) == 8", "seen) == 12")
    done = compile_header(text, tmp_path)
    assert done.returncode != 0 and "offsetof(ItemsLayoutV1, seen)" in done.stderr


def test_layouts_that_were_shipped_stay_as_they_are() -> None:
    """Memory and files of deployed devices contain these hashes."""
    (sessions,) = todays_library().elements["SessionTable"].states
    hashes = {
        item.version: f"{layout_hash(sessions.table, item):016x}" for item in sessions.layouts
    }
    assert hashes == {1: "793f8601fd10a818", 2: "5ef78fcf905dcd1a"}


KINDS = st.sampled_from(["u8", "u16", "u32", "u64", "i64", "bytes[5]", "bytes[16]"])


@given(st.lists(KINDS, min_size=1, max_size=12), st.integers(1, 12))
def test_fields_never_overlap_and_are_aligned(kinds: list[str], keys: int) -> None:
    fields = [(f"f{i}", kind, i < keys) for i, kind in enumerate(kinds)]
    placed = place_fields(layout(*fields))
    for before, after in pairwise(placed):
        assert before.end <= after.offset < before.end + 8
    for item in placed:
        assert item.field.type.startswith("bytes") or item.offset % item.field.size == 0
    assert layout_size(layout(*fields)) % 8 == 0
