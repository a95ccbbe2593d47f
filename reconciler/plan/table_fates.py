"""Decides how the records of each table reach a release, and what becomes of them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reconciler.layouts.migration import MigrationPath, explain, migration_path
from reconciler.layouts.records import table_of
from reconciler.plan.terms import HeldTable, Observed
from reconciler.resolve.states import TableSpec
from schemas.plan import Fate, TableFate
from schemas.release import ReleaseRecord

LAST_CHECKPOINT = "the checkpoint before the stop"
FORGOTTEN = "the device stops what runs before the next release starts, and brings no records back"


@dataclass(frozen=True)
class Move:
    """A table that a release wants, and the one that holds its records now.

    `by_new` is the migration that the release's own driver knows, `by_old` the one known to the
    driver that wrote the records.
    """

    name: str
    wanted: TableSpec
    held: HeldTable | None
    saved_in: str
    """The file it is read from; empty when memory holds it, or nothing does any more."""
    writer: ReleaseRecord
    by_new: MigrationPath | None = None
    by_old: MigrationPath | None = None
    forgotten: bool = False
    """Neither memory nor a file will hold it."""

    @property
    def resized(self) -> bool:
        """Whether memory of another size is needed."""
        sizes = (self.held.capacity if self.held else 0, self.wanted.capacity)
        return all(sizes) and sizes[0] != sizes[1]

    @property
    def carried(self) -> bool:
        """Whether records must be copied because the memory cannot be adopted as it is."""
        if self.held is None:
            return False
        return self.held.layout != self.wanted.layout or self.resized


def table_moves(wanted: Mapping[str, TableSpec], observed: Observed) -> tuple[Move, ...]:
    """Return where the records of every desired table are, in the order in which a supervisor
    looks.
    """
    return tuple(_move(name, spec, observed) for name, spec in wanted.items())


def carrier_of(known: Sequence[Move]) -> str:
    """Return the release whose driver migrates the records; "" for the new one's own.

    One driver migrates all tables: the new one unless only the old one can migrate them all.
    """
    carried = [move for move in known if move.carried]
    old = {move.writer.release for move in carried}
    if all(move.by_new for move in carried) or not all(move.by_old for move in carried):
        return ""
    return old.pop() if len(old) == 1 else ""


def fate_of(move: Move, carrier: str) -> TableFate:
    """Return what becomes of a table when the driver of release `carrier` migrates records."""
    held = move.held
    if held is None:
        return TableFate(name=move.name, fate=Fate.NEW, why="starts empty")
    if move.forgotten:
        return TableFate(name=move.name, fate=Fate.LOST, why=FORGOTTEN, records=held.records)
    way = move.by_old if carrier else move.by_new
    if move.carried and way is None:
        why = _obstacle(move, held)
        return TableFate(name=move.name, fate=Fate.LOST, why=why, records=held.records)
    losses = (*(way.losses if way else ()), *_crowded_out(move, held))
    return TableFate(
        name=move.name,
        fate=Fate.RESTORED if move.saved_in else Fate.MIGRATED if move.carried else Fate.KEPT,
        why="; ".join(_reasons(move, held, way, carrier)),
        records=held.records,
        source=move.saved_in,
        losses=losses,
    )


def _move(name: str, spec: TableSpec, observed: Observed) -> Move:
    held, saved, writer = observed.tables.get(name), "", observed.record
    if observed.stops and observed.tables:
        can = observed.capabilities
        saved = LAST_CHECKPOINT if can.checkpoints and can.state_restore else ""
    elif held is None and observed.saved is not None and name in observed.saved.tables:
        held, saved = observed.saved.tables[name], str(observed.saved)
        writer = observed.saved.record
    if held is None:
        return Move(name, spec, None, "", writer)
    recorded = writer.table(name)
    old = table_of(name.partition("/")[2], recorded.carries) if recorded else None
    ways = (held.layout, spec.layout)
    by_new = migration_path(spec.declared, *ways)
    by_old = migration_path(old, *ways) if old else None
    forgotten = observed.stops and not saved
    return Move(name, spec, held, saved, writer, by_new, by_old, forgotten)


def _reasons(move: Move, held: HeldTable, way: MigrationPath | None, carrier: str) -> list[str]:
    said = [f"{record_count(held.records)} from {move.saved_in}"] if move.saved_in else []
    if held.layout != move.wanted.layout:
        said.append(str(way))
    if move.resized:
        said.append(f"capacity {held.capacity} -> {move.wanted.capacity}")
    if move.carried and carrier:
        said.append(f"carried by the driver of release {carrier[:12]}")
    said += _crowded_out(move, held)
    return said or ["the new worker adopts the same memory"]


def _crowded_out(move: Move, held: HeldTable) -> list[str]:
    over = held.records - (move.wanted.capacity or held.records)
    if over <= 0:
        return []
    return [
        f"about {over:,} of {record_count(held.records)} would be dropped, those not assured and"
        " nearest to their deadline first"
    ]


def _obstacle(move: Move, held: HeldTable) -> str:
    if move.by_new or move.by_old:
        return (
            f"only {'its own driver' if move.by_new else 'the driver that wrote its records'} can"
            " carry it, and another table needs the other one: change them in two commits"
        )
    descriptor = held.descriptor or _descriptor(move, held)
    wanted = move.wanted.declared.current
    where = f"its layout {held.version or held.layout} cannot become layout {wanted.version}"
    if not descriptor:
        return f"{where}: the release that wrote it does not say what its fields are"
    return f"{where}: {'; '.join(explain(descriptor, wanted))}"


def _descriptor(move: Move, held: HeldTable) -> str:
    recorded = move.writer.table(move.name)
    known = recorded.carries if recorded else ()
    return next((one.descriptor for one in known if one.hash == held.layout), "")


def record_count(records: int) -> str:
    """Write a number of records: `1 record`, `65,536 records`."""
    return f"{records:,} record{'' if records == 1 else 's'}"
