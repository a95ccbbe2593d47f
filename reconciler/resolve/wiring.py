"""Reads a flow into links between atoms' ports, and connects or reports the ports left open."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from reconciler.diagnostics import Diagnostic, Position, alike, did_you_mean
from reconciler.resolve.flow import FlowSyntaxError, Hop, PortName, Stop, parse_flow
from reconciler.resolve.links import Atom, Link, Wiring
from reconciler.resolve.loose_ends import LooseEnds
from reconciler.yaml.documents import Document
from schemas.atom import AtomOutput


def wire_atoms(
    document: Document, flow: Iterable[str], atoms: Mapping[str, Atom], names: Iterable[str]
) -> tuple[Wiring, tuple[Diagnostic, ...]]:
    """Return the links of a flow. `names` are all declared atoms, including those with mistakes."""
    wiring = _Wiring(document, atoms, frozenset(names))
    for number, line in enumerate(flow):
        wiring.add(document.at("spec", "flow", number), line)
    wiring.settle_open_ports()
    links, dropped = tuple(wiring.links), tuple(wiring.dropped)
    return Wiring(links, dropped, wiring.loose_inputs), tuple(wiring.diagnostics)


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
        self.fed: set[tuple[str, str]] = set()
        self.loose_inputs, self.loose_outputs = LooseEnds(), LooseEnds()
        if not document.is_complete("spec", "flow"):
            self.loose_inputs.add_all()
            self.loose_outputs.add_all()

    def add(self, start: Position, line: str) -> None:
        """Add the links of one line."""
        try:
            hops = parse_flow(line)
        except FlowSyntaxError as error:
            place = start.shifted(error.offset)
            hint = "A flow is written `a -> b[output] -> c`."
            self.diagnostics.append(Diagnostic.at(place, "Flow not understood", str(error), hint))
            self._assume_any_links(line)
            return
        self._check_atoms(start, hops)
        for hop in hops:
            self._add_hop(start, hop)

    def _assume_any_links(self, line: str) -> None:
        """Let a line that cannot be parsed stand for any links between the atoms that it names."""
        for word in re.findall(r"\w+", re.sub(r"\[[^\]]*", " ", line)):
            self.loose_inputs.add_atom(word, self.names)
            self.loose_outputs.add_atom(word, self.names)

    def _check_atoms(self, start: Position, hops: Iterable[Hop]) -> None:
        if not self.document.is_complete("spec", "atoms"):
            return
        gaps = self.document.doubtful_names("spec", "atoms")
        stops = {stop.offset: stop for hop in hops for stop in (hop.source, hop.target)}
        for stop in stops.values():
            if not alike(stop.name, gaps) and stop.name not in self.names:
                detail = f"no atom is called {stop.name!r}"
                hint = did_you_mean(stop.name, self.names)
                place = start.shifted(stop.offset)
                self.diagnostics.append(Diagnostic.at(place, "Unknown atom", detail, hint))

    def _add_hop(self, start: Position, hop: Hop) -> None:
        """Add one hop; each end is checked, whatever the other one is."""
        output = self._source(start, hop)
        port = self._target(start, hop)
        if port is not None:
            self.fed.add((hop.target.name, port))
        if output is None or port is None:
            self._note_lone_end(hop, output, port)
            return
        offset = hop.output.offset if hop.output else hop.source.offset
        link = Link(hop.source.name, output, hop.target.name, port, start.shifted(offset))
        before = self.connected.setdefault((link.source, link.output), link)
        if before is link:
            self.links.append(link)
        else:
            self.loose_outputs.add_port(link.source, None, ())
            self._report_connected_twice(link, before)

    def _note_lone_end(self, hop: Hop, output: str | None, port: str | None) -> None:
        if output is not None:
            self.loose_outputs.add_end(hop.source.name, output)
        if port is not None:
            self.loose_inputs.add_end(hop.target.name, port)

    def _source(self, start: Position, hop: Hop) -> str | None:
        name, atom = hop.source.name, self.atoms.get(hop.source.name)
        if atom is None:
            self.loose_outputs.add_atom(name, self.names)
            return None
        output = self._output(start, atom, hop.source, hop.output)
        if output is None:
            self.loose_outputs.add_port(name, hop.output, atom.outputs)
        return output

    def _target(self, start: Position, hop: Hop) -> str | None:
        name, atom = hop.target.name, self.atoms.get(hop.target.name)
        if atom is None:
            self.loose_inputs.add_atom(name, self.names)
            return None
        port = self._input(start, atom, hop.target, hop.input)
        if port is None:
            self.loose_inputs.add_port(name, hop.input, atom.inputs)
        return port

    def _report_connected_twice(self, link: Link, before: Link) -> None:
        detail = (
            f"{link.source}[{link.output}] already goes to {before.target} (line"
            f" {before.position.line}); a packet leaves an output once"
        )
        hint = "Put a Tee in between to copy packets, or a Classify to part them."
        if (before.target, before.input) == (link.target, link.input):
            hint = "Remove one of the two."
        place = link.position
        self.diagnostics.append(Diagnostic.at(place, "Output connected twice", detail, hint))

    def _output(self, start: Position, atom: Atom, stop: Stop, port: PortName | None) -> str | None:
        outputs = atom.outputs
        if atom.bound.open and (port is None or port.name not in outputs):
            return None
        if port is not None:
            return self._find_port(start, stop, port, tuple(outputs), "output")
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

    def _input(self, start: Position, atom: Atom, stop: Stop, port: PortName | None) -> str | None:
        if atom.bound.open and any(one.each for one in atom.manifest.ports.inputs.values()):
            return port.name if port is not None and port.name in atom.inputs else None
        if port is not None:
            return self._find_port(start, stop, port, atom.inputs, "input")
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

    def _find_port(
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
        """Join fallbacks, drop what may be dropped, and report every other open port."""
        for atom in self.atoms.values():
            for name, output in atom.outputs.items():
                at = (atom.name, name)
                if at not in self.connected and at not in self.loose_outputs:
                    self._settle_output(atom, name, output)
            for port in atom.inputs:
                at = (atom.name, port)
                if at not in self.fed and at not in self.loose_inputs:
                    where = f"{atom.name}[{port}]" if len(atom.inputs) > 1 else atom.name
                    detail = f"no flow leads to {where}"
                    self._report_at_atom(atom, "Nothing arrives", detail, "Connect or remove it.")

    def _settle_output(self, atom: Atom, name: str, output: AtomOutput) -> None:
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
            self._report_at_atom(atom, "Output not connected", detail, hint)

    def _report_at_atom(self, atom: Atom, summary: str, detail: str, hint: str) -> None:
        place = self.document.key_at("spec", "atoms", atom.name)
        self.diagnostics.append(Diagnostic.at(place, summary, detail, hint))
