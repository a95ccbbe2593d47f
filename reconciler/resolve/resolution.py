"""Resolves a network element for one device to its element graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from reconciler.diagnostics import Diagnostic, did_you_mean, ordered
from reconciler.graph import Element, Graph
from reconciler.library import Library
from reconciler.load.repository import Desired
from reconciler.resolve.arguments import Binding
from reconciler.resolve.expand import NoExpansion, expand_atoms
from reconciler.resolve.links import Atom
from reconciler.resolve.packet_types import infer_types
from reconciler.resolve.probe_handlers import probe_mistakes, readable_in_draft, readable_in_graph
from reconciler.resolve.states import StateSpec
from reconciler.resolve.wiring import wire_atoms
from schemas.element import ElementManifest


@dataclass(frozen=True)
class Resolved:
    """The element graph and states of a network element on a device. With diagnostics, the graph is
    empty.
    """

    graph: Graph = field(default_factory=Graph)
    states: Mapping[str, StateSpec] = field(default_factory=dict)
    live: Mapping[str, str] = field(default_factory=dict)
    """ELEMENT.PARAMETER -> write handler ELEMENT.HANDLER that changes it without a takeover."""
    diagnostics: tuple[Diagnostic, ...] = ()


def resolve(desired: Desired, library: Library) -> Resolved:
    """Return the element graph, or all that is wrong with the network element."""
    resolving = _Resolving(desired, library)
    graph = resolving.graph()
    readable = readable_in_draft(desired, library) if graph is None else readable_in_graph(graph)
    resolving.diagnostics.extend(probe_mistakes(desired, readable, library))
    if graph is None:
        return Resolved(diagnostics=ordered(resolving.diagnostics))
    return Resolved(
        graph=graph,
        states=dict(_states(desired, graph, library)),
        live=live_parameters(graph, library.elements),
        diagnostics=ordered(resolving.diagnostics),
    )


def live_parameters(graph: Graph, elements: Mapping[str, ElementManifest]) -> dict[str, str]:
    """Return ELEMENT.PARAMETER -> ELEMENT.HANDLER for all parameters that change without a
    takeover.
    """
    return {
        f"{element.name}.{parameter}": f"{element.name}.{handler}"
        for element in graph.elements
        if element.class_name in elements
        for parameter, handler in elements[element.class_name].live.items()
    }


def _states(desired: Desired, graph: Graph, library: Library) -> Iterator[tuple[str, StateSpec]]:
    elements = graph.by_name()
    for name, use in sorted(desired.element.spec.states.items()):
        keep = desired.rollout.spec.keep.get(name, use.keep)
        yield name, StateSpec.of(elements[name], library.elements[use.use], keep)


class _Resolving:
    def __init__(self, desired: Desired, library: Library) -> None:
        self.desired = desired
        self.document = desired.element_document
        self.library = library
        self.diagnostics: list[Diagnostic] = []

    def graph(self) -> Graph | None:
        """Return states, atoms, glue and their connections; None when something is wrong or left
        out.
        """
        binding = Binding(self.desired, self.diagnostics, self.library.states)
        states = list(self._state_elements(binding))
        self._check_names()
        atoms = dict(self._atoms(binding))
        spec = self.desired.element.spec
        wiring, mistakes = wire_atoms(self.document, spec.flow, atoms, self._declared())
        self.diagnostics.extend(mistakes)
        typing, mistakes = infer_types(atoms, wiring, self.library)
        self.diagnostics.extend(mistakes)
        if self.diagnostics or self.document.doubts:
            return None
        try:
            elements, connections = expand_atoms(atoms, wiring, typing, self.library.packet_types)
        except NoExpansion as reason:
            place = self.document.key_at("spec", "atoms")
            self.diagnostics.append(Diagnostic.at(place, "Atom does not fit here", str(reason)))
            return None
        return Graph((*states, *elements), tuple(connections))

    def _declared(self) -> frozenset[str]:
        """Return the names of all atoms, including those left out for their mistakes."""
        return (
            self.document.doubtful_names("spec", "atoms") | self.desired.element.spec.atoms.keys()
        )

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
            yield name, Atom.of(name, manifest, binding.atom(name, manifest))
