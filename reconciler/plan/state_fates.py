"""Decides what a takeover does to each state, and whether that is allowed. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.plan.table_fates import carrier_of, fate_of, table_moves
from reconciler.plan.terms import Observed
from reconciler.resolve.states import StateSpec, tables_by_name
from schemas.network_element import Keep
from schemas.plan import Fate, Refusal, StateFate, TableFate
from schemas.rollout import Rollout

GRAVEST = (Fate.LOST, Fate.MIGRATED, Fate.RESTORED, Fate.KEPT, Fate.NEW)
REMOVED = "its last checkpoint stays as a snapshot until that is pruned"


def fates(
    states: Mapping[str, StateSpec], observed: Observed, rollout: Rollout
) -> tuple[StateFate, ...]:
    """Return the fate of every state, desired or present, by name."""
    known = table_moves(tables_by_name(states), observed)
    carrier = carrier_of(known)
    tables = [fate_of(move, carrier) for move in known]
    gone = observed.tables.keys() - tables_by_name(states)
    tables += [_removed(name, states, observed) for name in sorted(gone)]
    names = sorted({*states, *(_state_of(table) for table in tables)})
    keeps = {name: _keep(name, states, observed, rollout) for name in names}
    return tuple(
        _state(name, keeps[name], [t for t in tables if _state_of(t) == name]) for name in names
    )


def carrier(states: Mapping[str, StateSpec], observed: Observed) -> str:
    """Return the release whose driver migrates the records; "" for the new one's own."""
    return carrier_of(table_moves(tables_by_name(states), observed))


def refusals(states: tuple[StateFate, ...], rollout: Rollout) -> tuple[Refusal, ...]:
    """Return a refusal for each state that would be lost although it is required."""
    return tuple(
        Refusal(
            state=state.name,
            why=state.why,
            hint=(
                f"Undo that change, or accept the loss with `keep: {{{state.name}: discard}}`"
                f" in rollout {rollout.name}."
            ),
        )
        for state in states
        if state.fate is Fate.LOST and state.keep is Keep.REQUIRED
    )


def unsaved_refusals(states: tuple[StateFate, ...], rollout: Rollout) -> tuple[Refusal, ...]:
    """Return a refusal for each state that would be lost for good, since the device cannot save it
    first.
    """
    return tuple(
        Refusal(
            state=state.name,
            why=f"{state.why}, and this device cannot save it first",
            hint=f"Accept that with `keep: {{{state.name}: discard}}` in rollout {rollout.name}.",
        )
        for state in states
        if state.fate is Fate.LOST and state.keep is Keep.BEST_EFFORT
    )


def losable_tables(states: tuple[StateFate, ...]) -> list[str]:
    """Return the tables that may start empty when their records cannot be migrated."""
    return [
        table.name
        for state in states
        if state.keep is not Keep.REQUIRED
        for table in state.tables
        if table.fate in (Fate.LOST, Fate.MIGRATED, Fate.RESTORED)
    ]


def needs_checkpoint(states: tuple[StateFate, ...], stops: bool = False) -> bool:
    """Tell whether something is lost for good that somebody may want back, or that the next
    release cannot have without a checkpoint.
    """
    gone = (Fate.LOST, Fate.RESTORED) if stops else (Fate.LOST,)
    lost = any(state.fate in gone and state.keep is not Keep.DISCARD for state in states)
    return lost or any(state.losses and state.keep is Keep.REQUIRED for state in states)


def _removed(name: str, states: Mapping[str, StateSpec], observed: Observed) -> TableFate:
    state, _, table = name.partition("/")
    what = (
        f"{states[state].class_name} has no table {table}"
        if state in states
        else (f"no state is called {state}")
    )
    records = observed.tables[name].records
    return TableFate(name=name, fate=Fate.LOST, why=f"{what} any more; {REMOVED}", records=records)


def _keep(name: str, states: Mapping[str, StateSpec], observed: Observed, rollout: Rollout) -> Keep:
    if name in states:
        return states[name].keep
    recorded = observed.record.states.get(name)
    return rollout.spec.keep.get(name, recorded.keep if recorded else Keep.REQUIRED)


def _state(name: str, keep: Keep, tables: Sequence[TableFate]) -> StateFate:
    gravest = min((table.fate for table in tables), key=GRAVEST.index, default=Fate.NEW)
    return StateFate(
        name=name, keep=keep, fate=gravest, why=_why(tables, gravest), tables=tuple(tables)
    )


def _why(tables: Sequence[TableFate], gravest: Fate) -> str:
    decisive = [table for table in tables if table.fate is gravest]
    if len({table.why for table in tables}) <= 1:
        return tables[0].why if tables else "starts empty"
    return "; ".join(f"{table.name.partition('/')[2]}: {table.why}" for table in decisive)


def _state_of(table: TableFate) -> str:
    return table.name.partition("/")[0]
