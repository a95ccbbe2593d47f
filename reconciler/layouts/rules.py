"""Checks what a manifest says about the layouts of its tables. Pure.

Devices and disks hold records of every version that was ever shipped, so each version must be
reachable from its neighbour by the rules of `reconciler.layouts.migration` or by a declared
function.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from reconciler.diagnostics import did_you_mean
from reconciler.layouts.layout import place_fields
from reconciler.layouts.migration import FieldChange, Rule, can_widen, field_changes
from schemas.element import ElementManifest, ParameterType
from schemas.layout import CLOCK_UNIT, Layout, LayoutField, StateTable

MOST_CLOCK_FIELDS = 14
"""As many as fit into the header of a table's memory."""

Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Mistake:
    """One mistake at a path inside the manifest."""

    path: Place
    summary: str
    detail: str
    hint: str = ""


def layout_mistakes(manifest: ElementManifest) -> Iterator[Mistake]:
    """Yield every mistake in the layouts of a class."""
    for number, table in enumerate(manifest.states):
        at: Place = ("states", number)
        yield from _table(at, table)
        yield from _capacity(at, table, manifest)
        if manifest.migrations is None and any(layout.converts for layout in table.layouts):
            detail = f"table {table.table} has converted fields, but no function that converts them"
            hint = "Name the header with it: `migrations: <name>.hh`."
            yield Mistake((*at, "layouts"), "Conversion without a function", detail, hint)
    if manifest.migrations is not None and not manifest.states:
        detail = f"{manifest.class_name} has no states"
        yield Mistake(("migrations",), "Nothing to migrate", detail, "Remove `migrations`.")


def _table(at: Place, table: StateTable) -> Iterator[Mistake]:
    for number, layout in enumerate(table.layouts):
        where: Place = (*at, "layouts", number)
        yield from _fields(where, layout)
        before = table.layouts[number - 1] if number else None
        yield from _list_mistakes(where, before, layout)
        yield from _renamings(where, before, layout)
    for number, (before, after) in enumerate(pairwise(table.layouts), start=1):
        for change in field_changes(before, after):
            if change.rule is Rule.STUCK:
                yield _no_rule((*at, "layouts", number), before, after, change)
    yield from _reserved(at, table)


def _capacity(at: Place, table: StateTable, manifest: ElementManifest) -> Iterator[Mistake]:
    _, name = table.sized_by
    known = {one.name: one for one in manifest.parameters if one.type is ParameterType.INT}
    if name and name not in known:
        detail = f"table {table.table} is sized by {name}, which is not a numeric parameter"
        hint = did_you_mean(name, known)
        yield Mistake((*at, "capacity"), "Unknown capacity", detail, hint)


def _fields(at: Place, layout: Layout) -> Iterator[Mistake]:
    try:
        place_fields(layout)
    except ValueError as error:
        yield Mistake((*at, "fields"), "Impossible layout", str(error))
    for number, field in enumerate(layout.fields):
        where: Place = (*at, "fields", number)
        least, greatest = field.bounds
        if not field.is_bytes and not least <= field.default <= greatest:
            detail = f"{field.default} is not a {field.type}: {least} to {greatest}"
            yield Mistake((*where, "default"), "Default out of range", detail)
        if field.unit == CLOCK_UNIT and field.type != "u64":
            detail = f"{field.name} is a {field.type}, nanoseconds since boot are u64"
            yield Mistake((*where, "type"), "Clock of another type", detail)
    clocks = sum(field.unit == CLOCK_UNIT for field in layout.fields)
    if clocks > MOST_CLOCK_FIELDS:
        detail = f"{clocks} fields in {CLOCK_UNIT}, at most {MOST_CLOCK_FIELDS} are rebased"
        yield Mistake((*at, "fields"), "Too many clocks", detail)


def _list_mistakes(at: Place, before: Layout | None, after: Layout) -> Iterator[Mistake]:
    """Yield the names in `drops` and `converts` that are not fields."""
    old = {field.name for field in before.fields} if before else set()
    new = {field.name for field in after.fields}
    for index, name in enumerate(after.drops):
        if name not in old or name in new:
            detail = (
                f"{name} is not a field of the previous layout that is removed in {after.version}"
            )
            yield Mistake((*at, "drops", index), "Nothing to drop", detail, "Remove it.")
    for index, name in enumerate(after.converts):
        if before is None or name not in old | new:
            detail = f"{name} is not a field of layout {after.version} or of the previous one"
            yield Mistake((*at, "converts", index), "Nothing to convert", detail, "Remove it.")
        elif name in after.drops:
            detail = f"{name} is dropped and converted in layout {after.version}"
            yield Mistake((*at, "converts", index), "Two ways for one field", detail, "Choose one.")


def _renamings(at: Place, before: Layout | None, after: Layout) -> Iterator[Mistake]:
    sources = [field.former_name for field in after.fields]
    taken = {*after.drops, *(field.name for field in after.fields)}
    for number, field in enumerate(after.fields):
        where: Place = (*at, "fields", number, "renamed_from")
        if field.renamed_from is None:
            continue
        if before is None or before.field(field.renamed_from) is None:
            detail = f"the layout before {after.version} has no field {field.renamed_from}"
            yield Mistake(where, "Renamed from nothing", detail)
        elif sources.count(field.renamed_from) > 1 or field.renamed_from in taken:
            detail = f"{field.renamed_from} continues as {field.name} and elsewhere"
            yield Mistake(where, "Two ways for one field", detail, "Choose one.")


def _no_rule(at: Place, before: Layout, after: Layout, change: FieldChange) -> Mistake:
    versions = f"layout {before.version} -> {after.version}"
    if change.after is None:
        name = change.before.name if change.before else ""
        hint = "List it in `drops`, name it in `renamed_from`, or convert it with a function."
        return Mistake(at, "Lost field", f"{versions}: {name} was removed", hint)
    index = after.fields.index(change.after)
    detail = f"{versions}: {change.after.name} {_difference(change.before, change.after)}"
    hint = "List it in `converts` and write the function, or take another name."
    return Mistake((*at, "fields", index), "No rule for this change", detail, hint)


def _difference(before: LayoutField | None, after: LayoutField) -> str:
    if before is None or before.key != after.key:
        return "enters or leaves the key"
    if before.unit != after.unit:
        return f"changes its unit from '{before.unit}' to '{after.unit}'"
    key = " in the key" if after.key and can_widen(before, after) else ""
    return f"changes from {before.type} to {after.type}{key}"


def _reserved(at: Place, table: StateTable) -> Iterator[Mistake]:
    """Yield removed names that are missing from `reserved`, or used again."""
    gone: set[str] = set()
    for number, layout in enumerate(table.layouts):
        names = {field.name for field in layout.fields}
        for index, field in enumerate(layout.fields):
            if field.name in gone:
                detail = f"{field.name} meant something else before layout {layout.version}"
                where: Place = (*at, "layouts", number, "fields", index, "name")
                yield Mistake(where, "Reserved name", detail, "Take another name.")
        if number + 1 < len(table.layouts):
            gone |= names - {field.name for field in table.layouts[number + 1].fields}
    for name in sorted(gone - set(table.reserved)):
        hint = f"Add it to `reserved` of table {table.table}."
        yield Mistake(
            at, "Name not reserved", f"{name} was removed, but old records still have it", hint
        )
    current = {field.name for field in table.current.fields}
    for index, name in enumerate(table.reserved):
        if name in current - gone:
            detail = f"{name} is a field of layout {table.current.version}"
            yield Mistake(
                (*at, "reserved", index), "Reserved name", detail, "Remove one of the two."
            )
