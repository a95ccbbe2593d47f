"""Prints records of a checkpoint, for people and for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.checkpoints.checkpoint import Checkpoint, Table
from reconciler.checkpoints.columns import SECONDS_LEFT, Column, Kind, Value, columns
from reconciler.checkpoints.where import WhereError, select
from reconciler.cli.terminal import say
from reconciler.cli.workplace import fail, local_time, print_table
from reconciler.diagnostics import did_you_mean
from schemas.layout import StateTable


@dataclass(frozen=True)
class Selected:
    """Some fields of some records of a table, which has `all_records` in the checkpoint."""

    name: str
    layout_version: int
    columns: tuple[Column, ...]
    records: int
    all_records: int

    def rows(self, limit: int) -> list[tuple[Value, ...]]:
        """Return the first records, one value for each field."""
        values = (column.only(slice(limit)).values() for column in self.columns)
        return list(zip(*values, strict=True))


def select_records(
    checkpoint: Checkpoint,
    states: Sequence[StateTable],
    table: str | None,
    where: str | None,
    fields: str | None,
) -> list[Selected]:
    """Select the records for which `where` holds, of one table or of all; end the command when
    there is no such table or field, or the condition cannot be parsed.
    """
    return [
        _select(checkpoint, one.deduplicated(), states, where, fields)
        for one in tables_of(checkpoint, table)
    ]


def tables_of(checkpoint: Checkpoint, wanted: str | None) -> list[Table]:
    """Return the table of this name, or all; end the command when there is no such table."""
    known = {table.name: table for table in checkpoint.tables}
    if wanted is None:
        return list(checkpoint.tables)
    if wanted not in known:
        fail(f"the checkpoint has no table {wanted!r}. {did_you_mean(wanted, known)}", 2)
    return [known[wanted]]


def _select(
    checkpoint: Checkpoint,
    table: Table,
    states: Sequence[StateTable],
    where: str | None,
    fields: str | None,
) -> Selected:
    found = columns(checkpoint, table, states)
    records = len(table.rows)
    if where is not None:
        try:
            mask = select(where, found)
        except WhereError as error:
            fail(f"--where: {error}", 2)
        found = tuple(column.only(mask) for column in found)
        records = int(mask.sum())
    chosen = _choose_fields(table.name, found, fields)
    return Selected(table.name, table.descriptor.version, chosen, records, len(table.rows))


def _choose_fields(table: str, found: Sequence[Column], wanted: str | None) -> tuple[Column, ...]:
    if wanted == "all":
        return tuple(found)
    if wanted is None:
        return _default_fields(found)
    known = {column.name: column for column in found}
    names = [name.strip() for name in wanted.split(",")]
    for name in names:
        if name not in known:
            fail(f"{table} has no field {name!r}. {did_you_mean(name, known)}", 2)
    return tuple(known[name] for name in names)


_ALWAYS_SHOWN = (Kind.NAMED, Kind.ADDRESS, Kind.MAC, Kind.TEXT)


def _default_fields(found: Sequence[Column]) -> tuple[Column, ...]:
    """Keys, names, addresses with their ports, the time left; of bit fields only the first."""
    kept = {
        one.name
        for one in found
        if one.key or one.kind in _ALWAYS_SHOWN or one.name == SECONDS_LEFT
    }
    kept |= {f"{name.removesuffix('_address')}_port" for name in kept}
    kept |= set([one.name for one in found if one.kind is Kind.BITS][:1])
    return tuple(column for column in found if column.name in kept)


def print_records(checkpoint: Checkpoint, found: Sequence[Selected], limit: int) -> None:
    """Print selected records for people."""
    when = local_time(checkpoint.real_time_ns / 1e9)
    say(
        f"checkpoint {checkpoint.sequence} of {checkpoint.instance or 'no instance'}, {when},"
        f" release {checkpoint.release[:12] or '-'}: {checkpoint.reason or 'no reason recorded'}"
    )
    for one in found:
        which = f"{one.records} of {one.all_records} records, layout {one.layout_version}"
        say(f"\n{one.name}: {which}")
        rows = [tuple(map(_cell, row)) for row in one.rows(limit)]
        print_table([column.name.upper() for column in one.columns], rows)
        if one.records > limit:
            say(f"... {one.records - limit} more: give a higher --limit")


def _cell(value: Value) -> str:
    return "-" if value in (None, "") else str(value)


def as_json(checkpoint: Checkpoint, found: Sequence[Selected], limit: int) -> dict[str, Any]:
    """Return selected records for programs."""
    return {
        "sequence": checkpoint.sequence,
        "instance": checkpoint.instance,
        "release": checkpoint.release,
        "reason": checkpoint.reason,
        "time_ns": checkpoint.real_time_ns,
        "tables": [
            {
                "name": one.name,
                "layout_version": one.layout_version,
                "matching": one.records,
                "in_all": one.all_records,
                "records": [
                    dict(zip([column.name for column in one.columns], row, strict=True))
                    for row in one.rows(limit)
                ],
            }
            for one in found
        ],
    }
