"""Compares two checkpoints record by record."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reconciler.checkpoints.checkpoint import DescribedField, Table
from reconciler.errors import Stalled
from schemas.layout import CLOCK_UNIT

Places = NDArray[np.intp]


class NotComparable(Stalled):
    """The two tables identify their records by different fields."""

    reason = "NotComparable"


@dataclass(frozen=True)
class Difference:
    """Indexes of records in the earlier and the later table; deadlines are not compared.

    `changed[field]` tells for each record that is in both (`before[i]` and `after[i]`) whether that
    field differs. Fields of only one of the layouts are named, not compared.
    """

    removed: Places
    added: Places
    before: Places
    after: Places
    changed: dict[str, NDArray[np.bool_]]
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]

    @property
    def differs(self) -> Places:
        """Tell which of the records in both have a changed field."""
        if not self.changed:
            return np.zeros(0, dtype=np.intp)
        return np.flatnonzero(np.logical_or.reduce(list(self.changed.values())))

    @property
    def empty(self) -> bool:
        """Whether nothing was added, removed or changed."""
        return not (len(self.removed) or len(self.added) or len(self.differs))


def difference(before: Table, after: Table, moments: bool = True) -> Difference:
    """Compare two tables without duplicate keys (Table.newest). Without `moments`, fields that
    count CLOCK_BOOTTIME are left out, as they differ between boots. Raises NotComparable.
    """
    if _key(before) != _key(after):
        raise NotComparable(
            f"{before.name}: records are named by {_key_text(before)} in one checkpoint and by"
            f" {_key_text(after)} in the other"
        )
    _, old, new = np.intersect1d(before.keys, after.keys, assume_unique=True, return_indices=True)
    old_records, new_records = before.records[old], after.records[new]
    known = {_kind(one) for one in _values(after)}
    common = [
        one
        for one in _values(before)
        if _kind(one) in known and (moments or one.unit != CLOCK_UNIT)
    ]
    return Difference(
        removed=_others(len(before.rows), old),
        added=_others(len(after.rows), new),
        before=old,
        after=new,
        changed={one.name: _differ(old_records[one.name], new_records[one.name]) for one in common},
        only_before=_missing(before, after),
        only_after=_missing(after, before),
    )


def _key(table: Table) -> list[tuple[str, str, int]]:
    return [(one.name, one.type, one.offset) for one in table.descriptor.key]


def _key_text(table: Table) -> str:
    return ", ".join(f"{one.name} ({one.type})" for one in table.descriptor.key)


def _values(table: Table) -> list[DescribedField]:
    return [one for one in table.descriptor.fields if not one.key]


def _kind(one: DescribedField) -> tuple[str, tuple[str, tuple[int, ...]]]:
    return one.name, one.format


def _missing(here: Table, there: Table) -> tuple[str, ...]:
    known = {_kind(one) for one in there.descriptor.fields}
    return tuple(one.name for one in here.descriptor.fields if _kind(one) not in known)


def _others(count: int, places: Places) -> Places:
    rest = np.ones(count, dtype=np.bool_)
    rest[places] = False
    return np.flatnonzero(rest)


def _differ(old: NDArray[np.void], new: NDArray[np.void]) -> NDArray[np.bool_]:
    differ = np.asarray(old != new)
    return differ if differ.ndim == 1 else np.asarray(differ.any(axis=1))
