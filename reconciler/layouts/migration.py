"""Decides what becomes of each field when records move from one layout to another. Pure.

Between adjacent versions, fields match by name; longer migrations pass through the versions
between.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from reconciler.layouts.records import hash_text, parse_descriptor
from schemas.layout import Layout, LayoutField, StateTable

_WIDTHS = ("u8", "u16", "u32", "u64")


class Rule(StrEnum):
    """The rule by which a field reaches the next layout; the words appear in plans."""

    KEPT = "keeps"
    RENAMED = "renames"
    WIDENED = "widens"
    NARROWED = "narrows"
    ADDED = "adds"
    DROPPED = "drops"
    CONVERTED = "converts"
    """By the C++ function beside the element."""
    STUCK = "cannot carry"
    """No rule and no function applies."""


@dataclass(frozen=True)
class FieldChange:
    """A field in two adjacent layouts: None where the layout does not have it."""

    rule: Rule
    before: LayoutField | None
    after: LayoutField | None

    @property
    def lossy(self) -> bool:
        """Whether records may hold less afterwards."""
        return self.rule in (Rule.DROPPED, Rule.NARROWED)

    @property
    def name(self) -> str:
        """The field's name, with the former one if it was renamed."""
        if self.before and self.after and self.before.name != self.after.name:
            return f"{self.before.name} to {self.after.name}"
        field = self.after or self.before
        return field.name if field else ""

    def reversed(self) -> FieldChange:
        """Return the same field in the opposite direction."""
        turned = {Rule.ADDED: Rule.DROPPED, Rule.DROPPED: Rule.ADDED, Rule.WIDENED: Rule.NARROWED}
        return FieldChange(turned.get(self.rule, self.rule), self.after, self.before)


@dataclass(frozen=True)
class MigrationPath:
    """The layouts that records pass through, first and last included."""

    table: StateTable
    layouts: tuple[Layout, ...]

    @property
    def steps(self) -> tuple[tuple[Layout, Layout], ...]:
        """Pairs of adjacent layouts, in the order in which records pass them."""
        return tuple(pairwise(self.layouts))

    @property
    def losses(self) -> tuple[str, ...]:
        """Losses of records, one clause for each field; empty when lossless."""
        return tuple(
            f"layout {before.version} -> {after.version} {change.rule} {change.name}"
            for before, after in self.steps
            for change in field_changes(before, after)
            if change.lossy
        )

    def __str__(self) -> str:
        """For a plan: `layout 1 -> 2: adds first_bytes; drops nothing`."""
        if not self.steps:
            return f"layout {self.layouts[0].version} stays"
        return "; ".join(_step_text(before, after) for before, after in self.steps)


def field_changes(before: Layout, after: Layout) -> tuple[FieldChange, ...]:
    """Return every field of two adjacent layouts, in either order of versions."""
    if before.version > after.version:
        return tuple(change.reversed() for change in field_changes(after, before))
    met = tuple(_field_change(before, field, after) for field in after.fields)
    taken = {change.before.name for change in met if change.before}
    gone = (field for field in before.fields if field.name not in taken)
    return (*met, *(_removed_field(field, after) for field in gone))


def migration_path(table: StateTable, before: str, after: str) -> MigrationPath | None:
    """Return the migration between two layouts of a table, given by their hashes as 16 hex digits;
    None unless the table lists both.
    """
    hashes = [hash_text(table.table, layout) for layout in table.layouts]
    if before not in hashes or after not in hashes:
        return None
    first, last = hashes.index(before), hashes.index(after)
    if first <= last:
        return MigrationPath(table, table.layouts[first : last + 1])
    return MigrationPath(table, table.layouts[last : first + 1][::-1])


def explain(descriptor: str, to: Layout) -> tuple[str, ...]:
    """Return why records with this descriptor cannot become `to`: at least one clause.

    For records of a layout that no manifest at hand lists, so that only names can be matched.
    """
    try:
        before = parse_descriptor(descriptor)
    except ValueError:
        return ("its descriptor cannot be read",)
    found = tuple(_obstacles(before, to))
    return found or (f"no library at hand lists its layout {before.version} beside {to.version}",)


def can_widen(before: LayoutField, after: LayoutField) -> bool:
    """Tell whether every value fits into the later field, as it is or followed by zeros."""
    if before.is_bytes and after.is_bytes:
        return before.size < after.size
    numbers = before.type in _WIDTHS and after.type in _WIDTHS
    return numbers and _WIDTHS.index(before.type) < _WIDTHS.index(after.type)


def _field_change(before: Layout, field: LayoutField, after: Layout) -> FieldChange:
    former = before.field(field.former_name)
    if field.name in after.converts:
        return FieldChange(Rule.CONVERTED, former, field)
    if former is None:
        return FieldChange(Rule.ADDED, None, field)
    return FieldChange(_rule_for(former, field), former, field)


def _rule_for(former: LayoutField, field: LayoutField) -> Rule:
    if former.key != field.key or former.unit != field.unit:
        return Rule.STUCK
    if former.type != field.type:
        widens = can_widen(former, field) and not field.key
        return Rule.WIDENED if widens else Rule.STUCK
    return Rule.KEPT if former.name == field.name else Rule.RENAMED


def _removed_field(field: LayoutField, after: Layout) -> FieldChange:
    if field.name in after.converts:
        return FieldChange(Rule.CONVERTED, field, None)
    return FieldChange(Rule.DROPPED if field.name in after.drops else Rule.STUCK, field, None)


def _step_text(before: Layout, after: Layout) -> str:
    changes = field_changes(before, after)
    said = []
    for rule in (
        Rule.ADDED,
        Rule.RENAMED,
        Rule.WIDENED,
        Rule.CONVERTED,
        Rule.NARROWED,
        Rule.DROPPED,
    ):
        names = sorted(change.name for change in changes if change.rule is rule)
        if names or rule is Rule.DROPPED:
            said.append(f"{rule} {', '.join(names) or 'nothing'}")
    return f"layout {before.version} -> {after.version}: {'; '.join(said)}"


def _obstacles(before: Layout, after: Layout) -> Iterator[str]:
    for field in before.fields:
        later = after.field(field.name)
        where = f"layout {after.version}"
        if later is None:
            yield f"{where} has no field {field.name}"
        elif field.type != later.type:
            yield f"field {field.name} is {field.type}, in {where} {later.type}"
        elif field.unit != later.unit:
            units = (field.unit or "no unit", later.unit or "none")
            yield f"field {field.name} is in {units[0]}, in {where} in {units[1]}"
        elif field.key != later.key:
            yield f"field {field.name} is part of the key in one of the two only"
