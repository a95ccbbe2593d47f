"""What a takeover would do to each state, and whether that may be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.graph import Element, Graph
from reconciler.resolve import StateSpec
from schemas.element import ElementManifest
from schemas.network_element import Keep
from schemas.plan import Change, Fate, Reason, Refusal, StateFate
from schemas.rollout import Rollout


def fates(
    states: Mapping[str, StateSpec],
    observed: Graph | None,
    tables: Mapping[str, str],
    elements: Mapping[str, ElementManifest],
    changes: tuple[Change, ...],
) -> tuple[StateFate, ...]:
    """Every state, wanted or present, by name."""
    present = dict(_state_elements(observed, elements))
    found = [_fate(state, present.get(name), tables, changes) for name, state in states.items()]
    found += [
        StateFate(
            name=name,
            keep=Keep.REQUIRED,
            fate=Fate.LOST,
            why=f"no state is called {name} any more",
        )
        for name in present
        if name not in states
    ]
    return tuple(sorted(found, key=lambda fate: fate.name))


def _state_elements(
    graph: Graph | None, elements: Mapping[str, ElementManifest]
) -> Iterator[tuple[str, Element]]:
    for element in graph.elements if graph else ():
        manifest = elements.get(element.class_name)
        if manifest is not None and manifest.states:
            yield element.name, element


def _fate(
    state: StateSpec,
    present: Element | None,
    tables: Mapping[str, str],
    changes: tuple[Change, ...],
) -> StateFate:
    held = {name.partition("/")[0] for name in tables}
    if present is None and state.name not in held:
        return _said(state, Fate.NEW, "starts empty")
    if present is not None and present.class_name != state.class_name:
        return _said(state, Fate.LOST, f"was a {present.class_name}, is a {state.class_name}")
    for change in changes:
        if change.reason is Reason.LAYOUT_CHANGED and _of(change.subject, state.name, "/"):
            return _said(state, Fate.LOST, f"the layout of table {change.subject} changed")
        if not change.live and present is not None and _of(change.subject, state.name, "."):
            # Its table is sized by its settings; memory of another size is not adopted.
            why = f"{change.subject} changes from {change.before} to {change.after}"
            return _said(state, Fate.LOST, f"{why}, which starts its tables anew")
    return _said(state, Fate.KEPT, "the new worker adopts the same memory")


def _of(subject: str, name: str, separator: str) -> bool:
    return subject.startswith(name + separator)


def _said(state: StateSpec, fate: Fate, why: str) -> StateFate:
    return StateFate(name=state.name, keep=state.keep, fate=fate, why=why)


def refusals(states: tuple[StateFate, ...], rollout: Rollout) -> tuple[Refusal, ...]:
    """States that would be lost although they are required."""
    return tuple(
        Refusal(
            state=state.name,
            why=state.why,
            hint=(
                f"Take that change back, or accept the loss with `keep: {{{state.name}: discard}}`"
                f" in rollout {rollout.name}."
            ),
        )
        for state in states
        if state.fate is Fate.LOST
        and rollout.spec.keep.get(state.name, state.keep) is Keep.REQUIRED
    )
