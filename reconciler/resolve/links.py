"""Atoms of a network element, and the links between their ports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from reconciler.diagnostics import Position
from reconciler.resolve.arguments import Bound
from reconciler.resolve.loose_ends import LooseEnds
from schemas.atom import AtomInput, AtomManifest, AtomOutput


@dataclass(frozen=True)
class Atom:
    """An atom of a network element: its manifest, its arguments, and its ports by name,
    in order.
    """

    name: str
    manifest: AtomManifest
    bound: Bound
    input_ports: Mapping[str, AtomInput]
    outputs: Mapping[str, AtomOutput]

    @classmethod
    def of(cls, name: str, manifest: AtomManifest, bound: Bound) -> Atom:
        """Return an atom, with a port for each name that its arguments list where the manifest says
        so.
        """
        ports = manifest.ports
        inputs, outputs = _ports_by_name(ports.inputs, bound), _ports_by_name(ports.outputs, bound)
        return cls(name, manifest, bound, inputs, outputs)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs, in order."""
        return tuple(self.input_ports)


Port = TypeVar("Port", AtomInput, AtomOutput)


def _ports_by_name(declared: Mapping[str, Port], bound: Bound) -> dict[str, Port]:
    ports: dict[str, Port] = {}
    for name, port in declared.items():
        names = (name,) if port.each is None else bound.names.get(port.each, ())
        ports.update(dict.fromkeys(names, port))
    return ports


@dataclass(frozen=True, order=True)
class Link:
    """A connection between ports of atoms."""

    source: str
    output: str
    target: str
    input: str
    position: Position = field(compare=False, default=Position())
    joined: bool = field(compare=False, default=False)
    """Whether the output was left open and joins another one."""


@dataclass(frozen=True)
class Wiring:
    """All links, and the outputs whose packets are dropped."""

    links: tuple[Link, ...]
    dropped: tuple[tuple[str, str], ...]
    loose: LooseEnds = field(default_factory=LooseEnds)
    """Inputs that may receive more than the links say, because of a mistake."""
