"""Checks that the probes of a rollout read handlers that some element has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reconciler.diagnostics import Diagnostic, Position, alike, did_you_mean
from reconciler.graph import Graph
from reconciler.library import Library
from reconciler.load.repository import Desired
from schemas.rollout import PROBE_TERM

_EVERY_ELEMENT = frozenset({"class", "name", "config", "ports", "handlers"})
"""Read handlers that Click gives every element."""


@dataclass(frozen=True)
class Readable:
    """The classes that each element may have."""

    classes: Mapping[str, frozenset[str]]
    gaps: frozenset[str] = frozenset()
    """Atoms and states whose elements are not known."""
    complete: bool = True
    """Whether there are no further atoms and states."""


def readable_in_graph(graph: Graph) -> Readable:
    """Return what can be read of a graph whose elements are all known."""
    return Readable({one.name: frozenset({one.class_name}) for one in graph.elements})


def readable_in_draft(desired: Desired, library: Library) -> Readable:
    """Return what may be readable of a network element that has mistakes."""
    document, spec = desired.element_document, desired.element.spec
    classes = {name: frozenset({use.use}) for name, use in spec.states.items()}
    for name, use in spec.atoms.items():
        manifest = library.atoms.get(use.use)
        for expansion in manifest.expands if manifest else ():
            for member, part in expansion.elements.items():
                element = name if member == "self" else f"{name}/{member}"
                classes[element] = classes.get(element, frozenset()) | {part.class_name}
    gaps = document.doubtful_names("spec", "atoms") | document.doubtful_names("spec", "states")
    complete = document.is_complete("spec", "atoms") and document.is_complete("spec", "states")
    return Readable(classes, gaps | spec.atoms.keys(), complete)


def probe_mistakes(desired: Desired, readable: Readable, library: Library) -> Iterator[Diagnostic]:
    """Yield the probes that read a handler which no element has."""
    for index, probe in enumerate(desired.rollout.spec.verify.probes):
        place = desired.rollout_document.at("spec", "verify", "probes", index)
        for match in PROBE_TERM.finditer(probe):
            if match[1] in readable.classes:
                yield from _handler_mistakes(place, match[1], match[2], readable, library)
            elif readable.complete and not alike(match[1].partition("/")[0], readable.gaps):
                detail = f"{desired.element.name} has no element {match[1]!r}"
                hint = did_you_mean(match[1], readable.classes)
                yield Diagnostic.at(place, "Unknown element", detail, hint)


def _handler_mistakes(
    place: Position, name: str, handler: str, readable: Readable, library: Library
) -> Iterator[Diagnostic]:
    classes = sorted(readable.classes[name])
    if not all(one in library.elements for one in classes):
        return  # an unknown class was reported where it is used
    handlers = (one for name in classes for one in library.elements[name].handlers)
    known = {one.name for one in handlers if one.access != "write"} | _EVERY_ELEMENT
    if handler not in known:
        detail = f"{name} is a {' or '.join(classes)} and has no read handler {handler!r}"
        hint = did_you_mean(handler, known)
        yield Diagnostic.at(place, "Unknown handler", detail, hint)
