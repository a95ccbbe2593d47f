"""The states and tables of a release that is to run. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.graph import Element
from reconciler.graph.settings import setting_text
from reconciler.layouts.records import hash_text
from schemas.element import ElementManifest
from schemas.layout import StateTable
from schemas.network_element import Keep


@dataclass(frozen=True)
class TableSpec:
    """One table; `capacity` in records is None when it is not known."""

    declared: StateTable
    capacity: int | None = None

    @property
    def layout(self) -> str:
        """Hash of the layout that the release writes, 16 hex digits."""
        return hash_text(self.declared.table, self.declared.current)


@dataclass(frozen=True)
class StateSpec:
    """A state of the graph: its tables, and whether an upgrade must keep it."""

    name: str
    class_name: str
    keep: Keep
    tables: Mapping[str, TableSpec] = field(default_factory=dict)

    @classmethod
    def of(cls, element: Element, manifest: ElementManifest, keep: Keep) -> StateSpec:
        """Return the state that an element of the graph is."""
        tables = {
            table.table: TableSpec(table, _capacity(element, manifest, table))
            for table in manifest.states
        }
        return cls(element.name, element.class_name, keep, tables)

    @property
    def layouts(self) -> dict[str, str]:
        """Return table -> hash of the layout that the release writes."""
        return {name: table.layout for name, table in self.tables.items()}


def _capacity(element: Element, manifest: ElementManifest, table: StateTable) -> int | None:
    factor, parameter = table.sized_by
    if not parameter:
        return factor or None
    text = setting_text(element.arguments, manifest, parameter)
    return factor * int(text) if text.isdigit() else None


def tables_by_name(states: Mapping[str, StateSpec]) -> dict[str, TableSpec]:
    """Return every table of all states, named STATE/TABLE."""
    return {
        f"{name}/{table}": spec
        for name, state in sorted(states.items())
        for table, spec in sorted(state.tables.items())
    }
