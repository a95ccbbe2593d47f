"""Resolves a network element for one device to its element graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from reconciler.arguments import Binding
from reconciler.diagnostics import Diagnostic, did_you_mean, ordered
from reconciler.expand import NoExpansion, expand
from reconciler.graph import Element, Graph
from reconciler.layouts import layout_hash
from reconciler.library import Library
from reconciler.packet_types import infer
from reconciler.repository import Desired
from reconciler.wiring import Atom, wire
from schemas.element import ElementManifest
from schemas.network_element import Keep
from schemas.rollout import PROBE_TERM

_EVERY_ELEMENT = frozenset({"class", "name", "config", "ports", "handlers"})
"""Read handlers that Click gives every element."""


@dataclass(frozen=True)
class StateSpec:
    """A state of the graph: its tables' current layouts, and what an upgrade owes it."""

    name: str
    class_name: str
    keep: Keep
    layouts: Mapping[str, str]
    """Table -> hash of its layout, 16 hex digits."""


@dataclass(frozen=True)
class Resolved:
    """What a network element becomes on a device. With diagnostics, the graph is empty."""

    graph: Graph = field(default_factory=Graph)
    states: Mapping[str, StateSpec] = field(default_factory=dict)
    live: Mapping[str, str] = field(default_factory=dict)
    """ELEMENT.PARAMETER -> write handler ELEMENT.HANDLER that changes it without a takeover."""
    diagnostics: tuple[Diagnostic, ...] = ()


def resolve(desired: Desired, library: Library) -> Resolved:
    """The element graph, or everything that stands in its way."""
    resolving = _Resolving(desired, library)
    graph = resolving.graph()
    if resolving.diagnostics:
        return Resolved(diagnostics=ordered(resolving.diagnostics))
    resolving.check_probes(graph)
    return Resolved(
        graph=graph,
        states=dict(_states(desired, library)),
        live=live_parameters(graph, library.elements),
        diagnostics=ordered(resolving.diagnostics),
    )


def live_parameters(graph: Graph, elements: Mapping[str, ElementManifest]) -> dict[str, str]:
    """ELEMENT.PARAMETER -> ELEMENT.HANDLER for all parameters that change without a takeover."""
    return {
        f"{element.name}.{parameter}": f"{element.name}.{handler}"
        for element in graph.elements
        if element.class_name in elements
        for parameter, handler in elements[element.class_name].live.items()
    }


def _states(desired: Desired, library: Library) -> Iterator[tuple[str, StateSpec]]:
    for name, use in sorted(desired.element.spec.states.items()):
        tables = library.elements[use.use].states
        layouts = {
            table.table: f"{layout_hash(table.table, table.current):016x}" for table in tables
        }
        keep = desired.rollout.spec.keep.get(name, use.keep)
        yield name, StateSpec(name, use.use, keep, layouts)


class _Resolving:
    def __init__(self, desired: Desired, library: Library) -> None:
        self.desired = desired
        self.document = desired.element_document
        self.library = library
        self.diagnostics: list[Diagnostic] = []

    def graph(self) -> Graph:
        """States, atoms, glue and their connections; empty after a mistake."""
        binding = Binding(self.desired, self.diagnostics)
        states = list(self._state_elements(binding))
        self._check_names()
        atoms = dict(self._atoms(binding))
        spec = self.desired.element.spec
        wiring, mistakes = wire(self.document, spec.flow, atoms, spec.atoms)
        self.diagnostics.extend(mistakes)
        if self.diagnostics:
            return Graph()
        typing, mistakes = infer(self.document, atoms, wiring.links, self.library)
        self.diagnostics.extend(mistakes)
        if self.diagnostics:
            return Graph()
        try:
            elements, connections = expand(atoms, wiring, typing, self.library.packet_types)
        except NoExpansion as reason:
            place = self.document.key_at("spec", "atoms")
            self.diagnostics.append(Diagnostic.at(place, "Atom does not fit here", str(reason)))
            return Graph()
        return Graph((*states, *elements), tuple(connections))

    def _state_elements(self, binding: Binding) -> Iterator[Element]:
        for name, use in self.desired.element.spec.states.items():
            manifest = self.library.states.get(use.use)
            if manifest is None:
                place = self.document.at("spec", "states", name, "use")
                detail = f"{use.use} is not an element class with state tables"
                hint = did_you_mean(use.use, self.library.states)
                self.diagnostics.append(Diagnostic.at(place, "Unknown state class", detail, hint))
            else:
                yield Element(name, use.use, binding.state(name, manifest))

    def _check_names(self) -> None:
        for name in self.desired.element.spec.atoms:
            if name in self.desired.element.spec.states:
                place = self.document.key_at("spec", "atoms", name)
                detail = f"{name!r} is a state and an atom"
                hint = "Both become elements; rename one."
                self.diagnostics.append(Diagnostic.at(place, "Name used twice", detail, hint))

    def _atoms(self, binding: Binding) -> Iterator[tuple[str, Atom]]:
        for name, use in self.desired.element.spec.atoms.items():
            manifest = self.library.atoms.get(use.use)
            if manifest is None:
                place = self.document.at("spec", "atoms", name, "use")
                detail = f"the library has no atom {use.use!r}"
                hint = did_you_mean(use.use, self.library.atoms)
                self.diagnostics.append(Diagnostic.at(place, "No such atom", detail, hint))
                continue
            bound = binding.atom(name, manifest)
            if bound is not None:
                yield name, Atom.of(name, manifest, bound)

    def check_probes(self, graph: Graph) -> None:
        """Every probe reads a handler that some element of the graph has."""
        for index, probe in enumerate(self.desired.rollout.spec.verify.probes):
            for match in PROBE_TERM.finditer(probe):
                self._check_probe(graph, index, match[1], match[2])

    def _check_probe(self, graph: Graph, index: int, name: str, handler: str) -> None:
        document = self.desired.rollout_document
        place = document.at("spec", "verify", "probes", index)
        element = graph.element(name)
        if element is None:
            names = [one.name for one in graph.elements]
            detail = f"{self.desired.element.name} has no element {name!r}"
            hint = did_you_mean(name, names)
            self.diagnostics.append(Diagnostic.at(place, "Unknown element", detail, hint))
            return
        manifest = self.library.elements[element.class_name]
        known = {h.name for h in manifest.handlers if h.access != "write"} | _EVERY_ELEMENT
        if handler not in known:
            detail = f"{name} is a {element.class_name} and has no read handler {handler!r}"
            hint = did_you_mean(handler, known)
            self.diagnostics.append(Diagnostic.at(place, "Unknown handler", detail, hint))
