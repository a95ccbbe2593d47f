"""Prints the differences between two checkpoints, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from reconciler.checkpoints.checkpoint import Checkpoint, Table
from reconciler.checkpoints.columns import Column, Value, columns
from reconciler.checkpoints.difference import Difference, NotComparable, difference
from reconciler.cli.state_records import tables_of
from reconciler.cli.terminal import say
from reconciler.cli.workplace import fail
from schemas.layout import StateTable

Record = dict[str, Value]


@dataclass(frozen=True)
class Comparison:
    """A table in two checkpoints; where it is missing it counts as empty."""

    name: str
    found: Difference
    before: tuple[Column, ...]
    after: tuple[Column, ...]

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return self.found.empty

    def removed(self) -> Iterator[Record]:
        """Yield the keys of removed records."""
        return _keys(self.before, self.found.removed.tolist())

    def added(self) -> Iterator[Record]:
        """Yield the keys of added records."""
        return _keys(self.after, self.found.added.tolist())

    def changed(self) -> Iterator[tuple[Record, dict[str, tuple[Value, Value]]]]:
        """Yield keys of changed records, and the old and new value of each field that differs."""
        old = {column.name: column for column in self.before}
        new = {column.name: column for column in self.after}
        for pair in self.found.differs.tolist():
            before, after = int(self.found.before[pair]), int(self.found.after[pair])
            changes = {
                name: (_value(old[name], before), _value(new[name], after))
                for name, differs in self.found.changed.items()
                if differs[pair]
            }
            yield _key(self.after, after), changes


def compare(
    before: Checkpoint, after: Checkpoint, states: Sequence[StateTable], table: str | None
) -> list[Comparison]:
    """Compare every table, or the one of this name; end the command when that cannot be done."""
    sides = [{one.name: one.deduplicated() for one in side.tables} for side in (before, after)]
    names = dict.fromkeys([*sides[0], *sides[1]])
    if table is not None and table not in names:
        tables_of(after, table)
    try:
        return [
            _comparison(name, (before, after), sides, states)
            for name in names
            if table in (None, name)
        ]
    except NotComparable as error:
        fail(str(error), 2)


def _comparison(
    name: str,
    checkpoints: tuple[Checkpoint, Checkpoint],
    sides: Sequence[dict[str, Table]],
    states: Sequence[StateTable],
) -> Comparison:
    there = next(side[name] for side in sides if name in side)
    old, new = (side.get(name, there.only(slice(0))) for side in sides)
    before, after = checkpoints
    found = difference(old, new, moments=before.boot_id == after.boot_id)
    shown = columns(before, old, states), columns(after, new, states)
    return Comparison(name, found, *shown)


def print_comparison(one: Comparison, limit: int) -> None:
    """Print a comparison for people: `-` removed, `+` added, `~` changed."""
    found = one.found
    counts = (len(found.removed), len(found.added), len(found.differs))
    removed, added, changed = counts
    say(f"{one.name}: {removed} removed, {added} added, {changed} changed")
    for names, where in ((found.only_before, "before"), (found.only_after, "after")):
        if names:
            say(f"  only {where}: {', '.join(names)}")
    for line in islice(_lines(one), limit):
        say(f"  {line}")
    if sum(counts) > limit:
        say(f"  ... {sum(counts) - limit} more: give a higher --limit")


def _lines(one: Comparison) -> Iterator[str]:
    for record in one.removed():
        yield f"- {_record_text(record)}"
    for record in one.added():
        yield f"+ {_record_text(record)}"
    for record, changes in one.changed():
        told = ", ".join(f"{name} {old} -> {new}" for name, (old, new) in changes.items())
        yield f"~ {_record_text(record)}: {told}"


def _record_text(record: Record) -> str:
    return " ".join(f"{name}={value}" for name, value in record.items())


def as_json(one: Comparison, limit: int) -> dict[str, Any]:
    """Return a comparison for programs, with at most `limit` records of each kind."""
    found = one.found
    return {
        "table": one.name,
        "counts": {
            "removed": len(found.removed),
            "added": len(found.added),
            "changed": len(found.differs),
        },
        "only_before": found.only_before,
        "only_after": found.only_after,
        "removed": list(islice(one.removed(), limit)),
        "added": list(islice(one.added(), limit)),
        "changed": [
            {"key": record, "fields": {name: list(pair) for name, pair in changes.items()}}
            for record, changes in islice(one.changed(), limit)
        ],
    }


def _keys(shown: Sequence[Column], places: Iterable[int]) -> Iterator[Record]:
    for place in places:
        yield _key(shown, place)


def _key(shown: Sequence[Column], place: int) -> Record:
    return {column.name: _value(column, place) for column in shown if column.key}


def _value(column: Column, place: int) -> Value:
    return column.only(slice(place, place + 1)).values()[0]
