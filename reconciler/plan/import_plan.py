"""Plans the import of records from a file into the running release. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.layouts.records import table_of
from reconciler.plan.state_fates import carrier, fates
from reconciler.plan.steps import verify_steps
from reconciler.plan.table_fates import record_count
from reconciler.plan.terms import HeldTable, Observed, SavedState
from reconciler.resolve.states import StateSpec, TableSpec, tables_by_name
from schemas.plan import Fate, Plan, Refusal, StateFate, TableFate
from schemas.release import ReleaseRecord, StateRecord
from schemas.rollout import Rollout
from schemas.steps import Checkpoint, Step, Takeover


def import_plan(instance: str, observed: Observed, rollout: Rollout) -> Plan:
    """Return a plan by which the running release takes over from itself with the tables in
    `observed.saved`.
    """
    saved = observed.saved
    assert saved is not None
    states = states_of(observed.record)
    wanted = tables_by_name(states)
    taken = {name: table for name, table in saved.tables.items() if name in wanted}
    rest = {name: held for name, held in observed.tables.items() if name not in taken}
    source = SavedState(saved.file, saved.written, taken, saved.record, saved.snapshot)
    seen = Observed(
        supervisor=True, release=observed.release, record=observed.record, tables=rest, saved=source
    )
    found = tuple(_replacing(state, observed.tables) for state in fates(states, seen, rollout))
    refused = (*_useless(saved, wanted), *_stuck(found))
    return Plan(
        instance=instance,
        release=observed.release,
        running=observed.release,
        states=found,
        steps=() if refused else tuple(_steps(states, seen, rollout)),
        refusals=refused,
    )


def left_out_tables(observed: Observed) -> tuple[str, ...]:
    """Return the tables of the file that the release does not have."""
    saved = observed.saved.tables if observed.saved is not None else {}
    return tuple(sorted(saved.keys() - tables_by_name(states_of(observed.record))))


def states_of(record: ReleaseRecord) -> dict[str, StateSpec]:
    """Return the states of a release, as its release.json records them."""
    return {name: _spec(name, state) for name, state in sorted(record.states.items())}


def _spec(name: str, state: StateRecord) -> StateSpec:
    declared = {table: table_of(table, one.carries) for table, one in state.tables.items()}
    tables = {
        table: TableSpec(known, state.tables[table].capacity)
        for table, known in declared.items()
        if known is not None
    }
    return StateSpec(name, state.class_name, state.keep, tables)


def _useless(saved: SavedState, wanted: Mapping[str, TableSpec]) -> Iterator[Refusal]:
    if saved.tables.keys() & wanted.keys():
        return
    has, needs = (", ".join(sorted(names)) or "none" for names in (saved.tables, wanted))
    yield Refusal(
        state=needs.partition("/")[0],
        why=f"{saved} has the tables {has}, the running release has {needs}",
        hint="Import it where a release with these states runs.",
    )


def _stuck(states: tuple[StateFate, ...]) -> Iterator[Refusal]:
    """Refuse states of which nothing can be imported, even those that may be lost."""
    for state in states:
        if state.fate is Fate.LOST:
            hint = "Import it where the running release knows that layout."
            yield Refusal(state=state.name, why=state.why, hint=hint)


def _replacing(state: StateFate, memory: Mapping[str, HeldTable]) -> StateFate:
    """Return the clause that names the records which an import replaces."""
    tables = tuple(_table_replacing(table, memory.get(table.name)) for table in state.tables)
    why = state.why if len(tables) != 1 else tables[0].why
    return state.model_copy(update={"tables": tables, "why": why})


def _table_replacing(table: TableFate, held: HeldTable | None) -> TableFate:
    if table.fate is not Fate.RESTORED or held is None or not held.records:
        return table
    loss = f"the {record_count(held.records)} that it has now"
    return table.model_copy(update={"losses": (loss, *table.losses)})


def _steps(states: Mapping[str, StateSpec], observed: Observed, rollout: Rollout) -> Iterator[Step]:
    assert observed.saved is not None
    yield Checkpoint(reason="before state is imported", required=True)
    yield Takeover(
        release=observed.release,
        confirm_timeout=rollout.spec.confirm_timeout,
        carrier=carrier(states, observed),
        restore=observed.saved.file,
    )
    yield from verify_steps(observed.release, rollout)
