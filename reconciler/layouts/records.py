"""Layouts as release.json records them, so that any version of click-up can tell which layouts a
driver built by another version can read. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from pydantic import ValidationError

from reconciler.layouts.layout import layout_descriptor, layout_hash
from schemas.layout import Layout, StateTable
from schemas.release import LayoutRecord

_FIELD = ("name", "type", "unit", "default", "key")


def layout_records(table: StateTable) -> tuple[LayoutRecord, ...]:
    """Return a record of every layout of a table, in the order of versions."""
    return tuple(
        LayoutRecord(
            version=layout.version,
            hash=hash_text(table.table, layout),
            descriptor=layout_descriptor(table.table, layout),
            renames={f.name: f.renamed_from for f in layout.fields if f.renamed_from},
            drops=layout.drops,
            converts=layout.converts,
        )
        for layout in table.layouts
    )


def table_of(name: str, layouts: Iterable[LayoutRecord]) -> StateTable | None:
    """Return the table whose layouts were recorded, or None when no layout is left. Layouts that
    this version reads differently from the one that recorded them are left out.
    """
    known = tuple(_known(name, layouts))
    return StateTable(table=name, layouts=known) if known else None


def hash_text(table: str, layout: Layout) -> str:
    """Return the identity of a layout as devices and plans write it: 16 hex digits."""
    return f"{layout_hash(table, layout):016x}"


def parse_descriptor(
    descriptor: str, renames: dict[str, str] | None = None, **lists: tuple[str, ...]
) -> Layout:
    """Return the layout that a descriptor describes; `lists` are its `drops` and `converts`.

    Raises ValueError when the descriptor cannot be read.
    """
    try:
        said = json.loads(descriptor)
        fields = [
            {name: field[name] for name in _FIELD}
            | {"summary": "", "renamed_from": (renames or {}).get(field["name"])}
            for field in said["fields"]
        ]
        return Layout.model_validate({"version": said["version"], "fields": fields, **lists})
    except (ValidationError, KeyError, TypeError) as error:
        raise ValueError(str(error)) from error


def _known(name: str, layouts: Iterable[LayoutRecord]) -> Iterator[Layout]:
    for one in layouts:
        try:
            layout = parse_descriptor(
                one.descriptor, one.renames, drops=one.drops, converts=one.converts
            )
            same = hash_text(name, layout) == one.hash
        except ValueError:
            continue
        if same:
            yield layout
