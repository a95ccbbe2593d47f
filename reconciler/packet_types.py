"""Which packet type each atom's input carries, and the glue between types that differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import networkx as nx

from reconciler.diagnostics import Diagnostic
from reconciler.library import Library
from reconciler.wiring import Atom, Link
from reconciler.yaml_source import Document
from schemas.atom import ANY, SAME, Glue, PacketTypes


@dataclass(frozen=True)
class Typing:
    """Type of every input and output, and the glue each link needs."""

    inputs: Mapping[tuple[str, str], str]
    outputs: Mapping[tuple[str, str], str]
    glue: Mapping[Link, Glue]


def is_a(types: PacketTypes, narrow: str, wide: str) -> bool:
    """Whether packets of the narrow type are packets of the wide one."""
    current: str | None = narrow
    while current is not None and current != wide:
        declared = types.types.get(current)
        current = declared.is_ if declared else None
    return current == wide


def infer(
    document: Document, atoms: Mapping[str, Atom], links: Iterable[Link], library: Library
) -> tuple[Typing, tuple[Diagnostic, ...]]:
    """Types follow the packets, from the atoms where they arrive on."""
    inference = _Inference(document, atoms, sorted(links), library)
    inference.run()
    typing = Typing(inference.inputs, inference.outputs, inference.glue)
    return typing, tuple(inference.diagnostics)


class _Inference:
    def __init__(
        self, document: Document, atoms: Mapping[str, Atom], links: list[Link], library: Library
    ) -> None:
        self.document = document
        self.atoms = atoms
        self.links = links
        self.library = library
        self.types = library.packet_types
        self.inputs: dict[tuple[str, str], str] = {}
        self.outputs: dict[tuple[str, str], str] = {}
        self.glue: dict[Link, Glue] = {}
        self.diagnostics: list[Diagnostic] = []

    def run(self) -> None:
        graph: nx.DiGraph[str] = nx.DiGraph((link.source, link.target) for link in self.links)
        graph.add_nodes_from(self.atoms)
        if not nx.is_directed_acyclic_graph(graph):
            self._cycle(graph)
            return
        for name in nx.lexicographical_topological_sort(graph):
            self._atom(self.atoms[name])

    def _cycle(self, graph: nx.DiGraph[str]) -> None:
        around = [source for source, _ in nx.find_cycle(graph)]
        first = min(link for link in self.links if link.source == around[0])
        detail = " -> ".join([*around, around[0]])
        hint = "Packets flow one way; end the flow or lead it elsewhere."
        place = next(
            (
                link.position
                for link in self.links
                if link.target == around[0] and link.source == around[-1]
            ),
            first.position,
        )
        self.diagnostics.append(Diagnostic.at(place, "Flow goes in a circle", detail, hint))

    def _atom(self, atom: Atom) -> None:
        for port, declared in atom.manifest.ports.inputs.items():
            arriving = [
                link for link in self.links if (link.target, link.input) == (atom.name, port)
            ]
            self.inputs[atom.name, port] = self._input_type(atom, declared.type, arriving)
        came = next((self.inputs[atom.name, port] for port in atom.inputs), ANY)
        for name, output in atom.outputs.items():
            self.outputs[atom.name, name] = came if output.type == SAME else output.type

    def _input_type(self, atom: Atom, declared: str, arriving: list[Link]) -> str:
        wanted = self._common(arriving) if declared == ANY else declared
        for link in sorted(arriving, key=lambda link: link.joined):
            have = self.outputs[link.source, link.output]
            if have == ANY or is_a(self.types, have, wanted):
                continue
            glue = self._glue(have, wanted)
            if glue is None:
                self._mismatch(link, have, wanted, declared)
            else:
                self.glue[link] = glue
        return wanted

    def _common(self, arriving: list[Link]) -> str:
        """The type that all that arrives can take, else the first."""
        have = sorted({self.outputs[link.source, link.output] for link in arriving} - {ANY})
        for wanted in (*have, *self._wider(have)):
            if all(is_a(self.types, one, wanted) or self._glue(one, wanted) for one in have):
                return wanted
        return have[0] if have else ANY

    def _wider(self, types: list[str]) -> list[str]:
        declared = (self.types.types.get(one) for one in types)
        return [one.is_ for one in declared if one is not None and one.is_ is not None]

    def _glue(self, have: str, wanted: str) -> Glue | None:
        for glue in self.types.glue:
            if is_a(self.types, have, glue.from_) and is_a(self.types, glue.to, wanted):
                return glue
        return None

    def _mismatch(self, link: Link, have: str, wanted: str, declared: str) -> None:
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
        found = [
            f"{name}[{port}]"
            for name, atom in sorted(self.library.atoms.items())
            if any(self._takes(have, one.type) for one in atom.ports.inputs.values())
            for port, output in atom.ports.outputs.items()
            if output.optional is None and is_a(self.types, output.type, wanted)
        ]
        if found:
            return f"Put one that converts {have} to {wanted} in between: {', '.join(found)}."
        return f"No atom converts {have} to {wanted}."

    def _takes(self, have: str, declared: str) -> bool:
        return declared == ANY or is_a(self.types, have, declared)


def _is_at(diagnostic: Diagnostic, link: Link) -> bool:
    place = link.position
    return (diagnostic.file, diagnostic.line, diagnostic.column) == (
        place.file,
        place.line,
        place.column,
    )
