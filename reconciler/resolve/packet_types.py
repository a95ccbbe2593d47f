"""Infers the packet type of each atom's input, and the glue between types that differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import networkx as nx

from reconciler.diagnostics import Diagnostic
from reconciler.library import Library
from reconciler.resolve.links import Atom, Link, Wiring
from schemas.atom import ANY, SAME, Glue, PacketTypes


@dataclass(frozen=True)
class Typing:
    """Type of every input and output, and the glue that each link needs."""

    inputs: Mapping[tuple[str, str], str]
    outputs: Mapping[tuple[str, str], str]
    glue: Mapping[Link, Glue]


def is_a(types: PacketTypes, narrow: str, wide: str) -> bool:
    """Tell whether packets of the narrow type are packets of the wide one."""
    current: str | None = narrow
    while current is not None and current != wide:
        declared = types.types.get(current)
        current = declared.is_ if declared else None
    return current == wide


def infer_types(
    atoms: Mapping[str, Atom], wiring: Wiring, library: Library
) -> tuple[Typing, tuple[Diagnostic, ...]]:
    """Infer types along the flow, from the atoms at which packets arrive."""
    inference = _Inference(atoms, wiring, library)
    inference.run()
    typing = Typing(inference.inputs, inference.outputs, inference.glue)
    return typing, tuple(inference.diagnostics)


class _Inference:
    def __init__(self, atoms: Mapping[str, Atom], wiring: Wiring, library: Library) -> None:
        self.atoms = atoms
        self.links = sorted(wiring.links)
        self.loose = wiring.loose
        self.cyclic_links: set[tuple[str, str]] = set()
        self.library = library
        self.types = library.packet_types
        self.inputs: dict[tuple[str, str], str] = {}
        self.outputs: dict[tuple[str, str], str] = {}
        self.glue: dict[Link, Glue] = {}
        self.diagnostics: list[Diagnostic] = []

    def run(self) -> None:
        graph: nx.DiGraph[str] = nx.DiGraph((link.source, link.target) for link in self.links)
        graph.add_nodes_from(self.atoms)
        for cycle in sorted(sorted(one) for one in nx.strongly_connected_components(graph)):
            inner = graph.subgraph(cycle)
            if inner.number_of_edges():
                self._report_cycle(inner)
        # A cycle has no type; what follows it may still have a wrong one.
        graph.remove_edges_from(self.cyclic_links)
        for name in nx.lexicographical_topological_sort(graph):
            self._infer_atom(self.atoms[name])

    def _report_cycle(self, graph: nx.DiGraph[str]) -> None:
        around = [source for source, _ in nx.find_cycle(graph)]
        closing = next(
            link for link in self.links if (link.source, link.target) == (around[-1], around[0])
        )
        detail = " -> ".join([*around, around[0]])
        hint = "Packets flow one way; end the flow or lead it elsewhere."
        self.diagnostics.append(Diagnostic.at(closing.position, "Flow forms a cycle", detail, hint))
        self.cyclic_links |= set(graph.edges)

    def _infer_atom(self, atom: Atom) -> None:
        for port, declared in atom.input_ports.items():
            at = (atom.name, port)
            arriving = [link for link in self.links if (link.target, link.input) == at]
            self.inputs[at] = self._input_type(atom, port, declared.type, arriving)
        came = next((self.inputs[atom.name, port] for port in atom.inputs), ANY)
        for name, output in atom.outputs.items():
            self.outputs[atom.name, name] = came if output.type == SAME else output.type

    def _input_type(self, atom: Atom, port: str, declared: str, arriving: list[Link]) -> str:
        around = {(link.source, link.target) for link in arriving} & self.cyclic_links
        if declared == ANY and (around or (atom.name, port) in self.loose or _is_end(atom)):
            return ANY
        wanted = self._common_type(arriving) if declared == ANY else declared
        for link in sorted(arriving, key=lambda link: link.joined):
            have = self.outputs.get((link.source, link.output), ANY)
            if have == ANY or is_a(self.types, have, wanted):
                continue
            glue = self._find_glue(have, wanted)
            if glue is None:
                self._report_mismatch(link, have, wanted, declared)
            else:
                self.glue[link] = glue
        return self._specific_type(arriving, wanted) if declared != ANY else wanted

    def _specific_type(self, arriving: list[Link], wanted: str) -> str:
        """Return the arriving type where it is more specific than the wanted one. A type that does
        not fit was reported on arrival, so it is not reported again downstream.
        """
        if any(link in self.glue for link in arriving):
            return wanted
        fitting = [link for link in arriving if self._fits(link, wanted)]
        return self._common_type(fitting) if fitting else ANY

    def _fits(self, link: Link, wanted: str) -> bool:
        return is_a(self.types, self.outputs.get((link.source, link.output), ANY), wanted)

    def _common_type(self, arriving: list[Link]) -> str:
        """Return the type that fits everything that arrives, else the first."""
        have = sorted({self.outputs[link.source, link.output] for link in arriving} - {ANY})
        for wanted in (*have, *self._wider_types(have)):
            if all(is_a(self.types, one, wanted) or self._find_glue(one, wanted) for one in have):
                return wanted
        return have[0] if have else ANY

    def _wider_types(self, types: list[str]) -> list[str]:
        declared = (self.types.types.get(one) for one in types)
        return [one.is_ for one in declared if one is not None and one.is_ is not None]

    def _find_glue(self, have: str, wanted: str) -> Glue | None:
        for glue in self.types.glue:
            if is_a(self.types, have, glue.from_) and is_a(self.types, glue.to, wanted):
                return glue
        return None

    def _report_mismatch(self, link: Link, have: str, wanted: str, declared: str) -> None:
        if link.joined and any(_is_at(one, link) for one in self.diagnostics):
            return
        target = self.atoms[link.target].manifest.atom
        takes = f"{link.target} ({target}) takes {wanted}"
        if declared == ANY:
            takes = f"{link.target} ({target}) gets {wanted} from elsewhere"
        detail = f"{link.source}[{link.output}] carries {have}, {takes}"
        self.diagnostics.append(
            Diagnostic.at(
                link.position, "Packet types differ", detail, self._converters(have, wanted)
            )
        )

    def _converters(self, have: str, wanted: str) -> str:
        """Return the converters that need no arguments, if there are any: others do more than
        convert.
        """
        found = [
            (any(one.required for one in atom.parameters.values()), f"{name}[{port}]")
            for name, atom in sorted(self.library.atoms.items())
            if any(self._accepts(have, one.type) for one in atom.ports.inputs.values())
            for port, output in atom.ports.outputs.items()
            if output.optional is None and is_a(self.types, output.type, wanted)
        ]
        simplest = [name for told, name in found if told == min(found)[0]]
        if simplest:
            names = ", ".join(simplest)
            return f"Put one that converts {have} to {wanted} in between: {names}."
        return f"No atom converts {have} to {wanted}."

    def _accepts(self, have: str, declared: str) -> bool:
        return declared == ANY or is_a(self.types, have, declared)


def _is_end(atom: Atom) -> bool:
    """Tell whether packets of any types may meet at an atom: it neither forwards nor
    inspects them.
    """
    looks = any(expansion.when for expansion in atom.manifest.expands)
    return not atom.outputs and not looks


def _is_at(diagnostic: Diagnostic, link: Link) -> bool:
    place = link.position
    return (diagnostic.file, diagnostic.line, diagnostic.column) == (
        place.file,
        place.line,
        place.column,
    )
