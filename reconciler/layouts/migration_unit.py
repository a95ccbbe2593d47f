"""Generates the C++ unit `migrations/<Class>.cc` that moves records between the layouts
of a class.
"""

from __future__ import annotations

from itertools import pairwise

from reconciler.layouts.layout import struct_name
from reconciler.layouts.migration import FieldChange, Rule, field_changes
from schemas.element import ElementManifest
from schemas.layout import Layout, StateTable


def migration_unit(manifest: ElementManifest) -> str:
    """Return a unit that registers a migration for every ordered pair of layouts, and from each
    layout to itself, which moves records into a table of another capacity.

    Raises ValueError for a field to which no rule or function applies.
    """
    name = manifest.class_name
    header = manifest.migrations
    own = [f'#include "elements/{name}/{header}"'] if header else []
    lines = [
        f"// Generated from elements/{name}/manifest.yaml: change that, not this.",
        "#include <algorithm>",
        "#include <cstring>",
        "",
        *own,
        f'#include "layouts/{name}.layout.hh"',
        '#include "state_table/migration.hh"',
        "",
        "namespace clickup {",
        "namespace {",
        "",
    ]
    for table in manifest.states:
        lines += [*_assured(table, header), *_neighbours(table), *_chains(table)]
        lines += [*_registrations(table), ""]
    return "\n".join([*lines, "}  // namespace", "}  // namespace clickup", ""])


def _assured(table: StateTable, header: str | None) -> list[str]:
    """Return functions, one for each layout, that tell which records a full table keeps."""
    lines = []
    for layout in table.layouts:
        record, answer = ("record", "assured(record)") if header else ("", "false")
        parameter = f"const {struct_name(table, layout)}& {record}".rstrip()
        lines.append(f"bool {_assured_name(table, layout)}({parameter}) {{ return {answer}; }}")
    return [*lines, ""]


def _neighbours(table: StateTable) -> list[str]:
    lines = []
    for layout in table.layouts:
        lines += _function(table, layout, layout, ["to = from;"])
    for older, newer in pairwise(table.layouts):
        for before, after in ((older, newer), (newer, older)):
            lines += _function(table, before, after, _body(table, before, after))
    return lines


def _body(table: StateTable, before: Layout, after: Layout) -> list[str]:
    found = field_changes(before, after)
    lines = [f"to = {struct_name(table, after)}();"]
    lines += [line for change in found for line in _assignment(before, after, change)]
    converted = sorted({change.name for change in found if change.rule is Rule.CONVERTED})
    if converted:
        lines.append(f"migrate(from, to);  // {', '.join(converted)}")
    return lines


def _assignment(before: Layout, after: Layout, change: FieldChange) -> list[str]:
    if change.rule is Rule.STUCK:
        raise ValueError(
            f"layout {before.version} -> {after.version}: no rule and no function for {change.name}"
        )
    if change.before is None or change.after is None or change.rule is Rule.CONVERTED:
        return []
    to, source = f"to.{change.after.name}", f"from.{change.before.name}"
    if change.after.is_bytes:
        size = min(change.before.size, change.after.size)
        return [f"std::memcpy({to}, {source}, {size});"]
    if change.rule is Rule.NARROWED:
        greatest = change.after.bounds[1]
        return [f"{to} = decltype({to})(std::min<uint64_t>({source}, {greatest}u));"]
    return [f"{to} = {source};"]


def _chains(table: StateTable) -> list[str]:
    """Return functions between layouts that are not adjacent, which pass through those between."""
    lines = []
    for first in range(len(table.layouts)):
        for last in range(len(table.layouts)):
            if abs(first - last) > 1:
                step = 1 if last > first else -1
                way = [table.layouts[index] for index in range(first, last + step, step)]
                lines += _function(table, way[0], way[-1], _chain(table, way))
    return lines


def _chain(table: StateTable, way: list[Layout]) -> list[str]:
    between = way[1:-1]
    lines = [f"{struct_name(table, one)} layout_{one.version};" for one in between]
    places = ["from", *(f"layout_{one.version}" for one in between), "to"]
    for (before, after), (source, target) in zip(pairwise(way), pairwise(places), strict=True):
        lines.append(f"{_convert_name(table, before, after)}({source}, {target});")
    return lines


def _registrations(table: StateTable) -> list[str]:
    lines = []
    for before in table.layouts:
        for after in table.layouts:
            structs = f"{struct_name(table, before)}, {struct_name(table, after)}"
            convert, assured = _convert_name(table, before, after), _assured_name(table, after)
            name = f"{table.table}_migration_{before.version}_{after.version}"
            lines.append(f"const StateMigrationOf<{structs}, {convert}, {assured}> {name};")
    return lines


def _function(table: StateTable, before: Layout, after: Layout, body: list[str]) -> list[str]:
    source, target = struct_name(table, before), struct_name(table, after)
    name = _convert_name(table, before, after)
    head = f"void {name}(const {source}& from, {target}& to) {{"
    return [head, *(f"  {line}" for line in body), "}", ""]


def _convert_name(table: StateTable, before: Layout, after: Layout) -> str:
    return f"{table.table}_{before.version}_to_{after.version}"


def _assured_name(table: StateTable, layout: Layout) -> str:
    return f"{table.table}_assured_{layout.version}"
