"""Expands atoms and their links into elements and connections."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from reconciler.graph import Connection, Element
from reconciler.library.values import quote_word
from reconciler.resolve.flow import parse_flow
from reconciler.resolve.links import Atom, Link, Wiring
from reconciler.resolve.packet_types import Typing, is_a
from schemas.atom import ANY, AtomMember, Expansion, Glue, PacketTypes

_PARAMETER = re.compile(r"\$([a-z][a-z0-9_]*)(\.\.\.)?")
_PORT = re.compile(r"(?P<member>\w+)(?:\[(?P<port>\d+)\])?")

Ends = tuple[tuple[str, int], ...]
"""Element ports behind an atom's port."""


class NoExpansion(Exception):
    """The atom has no expansion for the packet type that arrives."""


def expand_atoms(
    atoms: Mapping[str, Atom], wiring: Wiring, typing: Typing, types: PacketTypes
) -> tuple[list[Element], list[Connection]]:
    """Return the elements and connections of all atoms. Raises NoExpansion."""
    expanded = {name: _Expanded(atom, typing, types) for name, atom in sorted(atoms.items())}
    elements = [element for one in expanded.values() for element in one.elements]
    connections = [wire for one in expanded.values() for wire in one.connections]
    for link in wiring.links:
        ends = expanded[link.target].inputs[link.input]
        if link in typing.glue:
            glue = _glue_element(expanded[link.target].atom, link, typing.glue[link])
            elements.append(glue)
            connections += _connect([(glue.name, 0)], ends)
            ends = ((glue.name, 0),)
        connections += _connect(expanded[link.source].outputs[link.output], ends)
    for source, output in wiring.dropped:
        sink = Element(f"{source}/{output}", "Discard", (), source)
        elements.append(sink)
        connections += _connect(expanded[source].outputs[output], [(sink.name, 0)])
    return elements, connections


def _connect(
    sources: Iterable[tuple[str, int]], targets: Iterable[tuple[str, int]]
) -> Iterator[Connection]:
    ends = tuple(targets)
    for source, source_port in sources:
        for target, target_port in ends:
            yield Connection(source, source_port, target, target_port)


def _glue_element(target: Atom, link: Link, glue: Glue) -> Element:
    port = f"_{link.input}" if len(target.inputs) > 1 else ""
    name = f"{target.name}/{glue.from_}_to_{glue.to}{port}"
    return Element(name, glue.class_name, glue.arguments, target.name)


class _Expanded:
    """One atom as elements, with the element ports behind each of its own."""

    def __init__(self, atom: Atom, typing: Typing, types: PacketTypes) -> None:
        self.atom = atom
        came = next((typing.inputs[atom.name, port] for port in atom.inputs), ANY)
        expansion = _choose_expansion(atom, came, types)
        self.elements = [
            Element(self._element_name(member), use.class_name, self._arguments(use), atom.name)
            for member, use in expansion.elements.items()
        ]
        self.connections = list(self._inner_connections(expansion))
        self.inputs = self._element_ports({n: p.to for n, p in atom.input_ports.items()})
        self.outputs = self._element_ports({n: p.from_ for n, p in atom.outputs.items()})

    def _element_name(self, member: str) -> str:
        return self.atom.name if member == "self" else f"{self.atom.name}/{member}"

    def _element_ports(self, ports: Mapping[str, tuple[str, ...]]) -> dict[str, Ends]:
        """Return element ports; those that are not named are the main element's next ones."""
        ends: dict[str, Ends] = {}
        following = 0
        for name, places in ports.items():
            if places:
                ends[name] = tuple(self._parse_port(place) for place in places)
            else:
                after = following + self.atom.bound.widths.get(name, 1)
                ends[name] = tuple((self.atom.name, port) for port in range(following, after))
                following = after
        return ends

    def _parse_port(self, text: str) -> tuple[str, int]:
        match = _PORT.fullmatch(text)
        assert match, f"{self.atom.manifest.atom}: {text!r} is not an element port"
        return self._element_name(match["member"]), int(match["port"] or 0)

    def _inner_connections(self, expansion: Expansion) -> Iterator[Connection]:
        for line in expansion.connections:
            for hop in parse_flow(line):
                yield Connection(
                    self._element_name(hop.source.name),
                    int(hop.output.name) if hop.output else 0,
                    self._element_name(hop.target.name),
                    int(hop.input.name) if hop.input else 0,
                )

    def _arguments(self, member: AtomMember) -> tuple[str, ...]:
        return tuple(text for template in member.arguments for text in self._argument(template))

    def _argument(self, template: str) -> tuple[str, ...]:
        texts = {**self.atom.bound.texts, "atom": quote_word(self.atom.name)}
        names = _PARAMETER.findall(template)
        if any(name not in texts for name, _ in names):
            return ()
        if names and names[0][1]:
            entries = texts[names[0][0]]
            return (entries,) if isinstance(entries, str) else entries
        return (_PARAMETER.sub(lambda match: str(texts[match[1]]), template),)


def _choose_expansion(atom: Atom, came: str, types: PacketTypes) -> Expansion:
    for expansion in atom.manifest.expands:
        if expansion.when is None or came == ANY or is_a(types, came, expansion.when):
            return expansion
    raise NoExpansion(f"{atom.manifest.atom} has no expansion for {came}")
