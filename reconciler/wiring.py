"""Reads a flow into links between atoms' ports, and settles the ports left open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from reconciler.arguments import Bound
from reconciler.diagnostics import Diagnostic, Position, did_you_mean
from reconciler.flow import FlowSyntaxError, Hop, PortName, Stop, parse_flow
from reconciler.yaml_source import Document
from schemas.atom import AtomManifest, AtomOutput


@dataclass(frozen=True)
class Atom:
    """An atom at work: its manifest, its arguments, and its outputs by name, in order."""

    name: str
    manifest: AtomManifest
    bound: Bound
    outputs: Mapping[str, AtomOutput]

    @classmethod
    def of(cls, name: str, manifest: AtomManifest, bound: Bound) -> Atom:
        """With one output for each name that the arguments list."""
        outputs: dict[str, AtomOutput] = {}
        for output_name, output in manifest.ports.outputs.items():
            if output.each is None:
                outputs[output_name] = output
            else:
                outputs.update(dict.fromkeys(bound.names.get(output.each, ()), output))
        return cls(name, manifest, bound, outputs)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs, in order."""
        return tuple(self.manifest.ports.inputs)


@dataclass(frozen=True, order=True)
class Link:
    """A connection between ports of atoms."""

    source: str
    output: str
    target: str
    input: str
    position: Position = field(compare=False, default=Position())
    joined: bool = field(compare=False, default=False)
    """The output was left open and follows another one there."""


@dataclass(frozen=True)
class Wiring:
    """All links, and the outputs whose packets are dropped."""

    links: tuple[Link, ...]
    dropped: tuple[tuple[str, str], ...]


def wire(
    document: Document, flow: Iterable[str], atoms: Mapping[str, Atom], names: Iterable[str]
) -> tuple[Wiring, tuple[Diagnostic, ...]]:
    """The links of a flow. `names` are all declared atoms, those with mistakes included."""
    wiring = _Wiring(document, atoms, frozenset(names))
    for number, line in enumerate(flow):
        wiring.add(document.at("spec", "flow", number), line)
    if not wiring.diagnostics:
        wiring.settle_open_ports()
    return Wiring(tuple(wiring.links), tuple(wiring.dropped)), tuple(wiring.diagnostics)


class _Wiring:
    def __init__(
        self, document: Document, atoms: Mapping[str, Atom], names: frozenset[str]
    ) -> None:
        self.document = document
        self.atoms = atoms
        self.names = names
        self.links: list[Link] = []
        self.dropped: list[tuple[str, str]] = []
        self.diagnostics: list[Diagnostic] = []
        self.connected: dict[tuple[str, str], Link] = {}

    def add(self, start: Position, line: str) -> None:
        """Adds the links of one line."""
        try:
            hops = parse_flow(line)
        except FlowSyntaxError as error:
            place = start.shifted(error.offset)
            hint = "A flow is written `a -> b[output] -> c`."
            self.diagnostics.append(Diagnostic.at(place, "Flow not understood", str(error), hint))
            return
        unknown = self._unknown_atoms(start, hops)
        for hop in hops:
            if not unknown & {hop.source.name, hop.target.name}:
                self._add_hop(start, hop)

    def _unknown_atoms(self, start: Position, hops: Iterable[Hop]) -> set[str]:
        """Atoms of a line that are not declared (reported here) or have mistakes of their own."""
        stops = {stop.offset: stop for hop in hops for stop in (hop.source, hop.target)}
        for stop in stops.values():
            if stop.name not in self.names:
                detail = f"no atom is called {stop.name!r}"
                hint = did_you_mean(stop.name, self.names)
                place = start.shifted(stop.offset)
                self.diagnostics.append(Diagnostic.at(place, "Unknown atom", detail, hint))
        return {stop.name for stop in stops.values() if stop.name not in self.atoms}

    def _add_hop(self, start: Position, hop: Hop) -> None:
        output = self._output(start, hop.source, hop.output)
        port = self._input(start, hop.target, hop.input)
        if output is None or port is None:
            return
        offset = hop.output.offset if hop.output else hop.source.offset
        link = Link(hop.source.name, output, hop.target.name, port, start.shifted(offset))
        before = self.connected.setdefault((link.source, link.output), link)
        if before is link:
            self.links.append(link)
        else:
            self._connected_twice(link, before)

    def _connected_twice(self, link: Link, before: Link) -> None:
        detail = (
            f"{link.source}[{link.output}] already goes to {before.target} (line"
            f" {before.position.line}); a packet leaves an output once"
        )
        hint = "Put a Tee in between to copy packets, or a Classify to part them."
        if (before.target, before.input) == (link.target, link.input):
            hint = "Remove one of the two."
        place = link.position
        self.diagnostics.append(Diagnostic.at(place, "Output connected twice", detail, hint))

    def _output(self, start: Position, stop: Stop, port: PortName | None) -> str | None:
        atom = self.atoms[stop.name]
        outputs = atom.outputs
        if port is not None:
            return self._named(start, stop, port, tuple(outputs), "output")
        default = [name for name, output in outputs.items() if output.default]
        if len(outputs) == 1 or default:
            return (default or list(outputs))[0]
        detail = f"{stop.name} is a {atom.manifest.atom} with outputs {', '.join(outputs)}"
        hint = f"Write {stop.name}[{next(iter(outputs), '')}] or another."
        if not outputs:
            detail = f"{stop.name} is a {atom.manifest.atom}, nothing leaves it"
            hint = "End the flow here."
        place = start.shifted(stop.offset)
        self.diagnostics.append(Diagnostic.at(place, "Which output", detail, hint))
        return None

    def _input(self, start: Position, stop: Stop, port: PortName | None) -> str | None:
        atom = self.atoms[stop.name]
        if port is not None:
            return self._named(start, stop, port, atom.inputs, "input")
        if len(atom.inputs) == 1:
            return atom.inputs[0]
        detail = f"{stop.name} is a {atom.manifest.atom} with inputs {', '.join(atom.inputs)}"
        hint = f"Write [{next(iter(atom.inputs), '')}]{stop.name} or another."
        if not atom.inputs:
            detail = f"{stop.name} is a {atom.manifest.atom}, nothing enters it"
            hint = "Start a flow with it."
        place = start.shifted(stop.offset)
        self.diagnostics.append(Diagnostic.at(place, "Which input", detail, hint))
        return None

    def _named(
        self, start: Position, stop: Stop, port: PortName, known: tuple[str, ...], what: str
    ) -> str | None:
        if port.name in known:
            return port.name
        atom = self.atoms[stop.name].manifest.atom
        detail = f"{stop.name} is a {atom} and has no {what} {port.name!r}"
        place = start.shifted(port.offset)
        hint = did_you_mean(port.name, known) or f"It has no {what}s."
        self.diagnostics.append(Diagnostic.at(place, f"Unknown {what}", detail, hint))
        return None

    def settle_open_ports(self) -> None:
        """Joins fallbacks, drops what may be dropped, and reports every other port left open."""
        fed = {(link.target, link.input) for link in self.links}
        for atom in self.atoms.values():
            for name, output in atom.outputs.items():
                if (atom.name, name) not in self.connected:
                    self._settle(atom, name, output)
            for port in atom.inputs:
                if (atom.name, port) not in fed:
                    where = f"{atom.name}[{port}]" if len(atom.inputs) > 1 else atom.name
                    detail = f"no flow leads to {where}"
                    self._at_atom(atom, "Nothing arrives", detail, "Connect or remove it.")

    def _settle(self, atom: Atom, name: str, output: AtomOutput) -> None:
        joined = self.connected.get((atom.name, output.fallback or ""))
        if joined is not None:
            link = replace(joined, output=name, joined=True)
            self.links.append(link)
        elif output.optional == "drop" or (atom.name, output.fallback) in self.dropped:
            self.dropped.append((atom.name, name))
        elif output.fallback is None:
            where = f"{atom.name}[{name}]" if len(atom.outputs) > 1 else atom.name
            detail = f"packets that leave {where} go nowhere"
            hint = f"Write `{where} -> ...`; lead it to a Discard to drop them."
            self._at_atom(atom, "Output not connected", detail, hint)

    def _at_atom(self, atom: Atom, summary: str, detail: str, hint: str) -> None:
        place = self.document.key_at("spec", "atoms", atom.name)
        self.diagnostics.append(Diagnostic.at(place, summary, detail, hint))
