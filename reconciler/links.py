"""Atoms at work, and the links between their ports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.arguments import Bound
from reconciler.diagnostics import Position
from reconciler.loose_ends import LooseEnds
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
    loose: LooseEnds = field(default_factory=LooseEnds)
    """Inputs at which more may arrive than the links say, after a mistake."""
