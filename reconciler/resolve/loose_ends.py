"""Ports that a faulty line of a flow may have meant: they are not reported as open."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.diagnostics import closest
from reconciler.resolve.flow import PortName

EVERY = "*"
"""Stands for every atom, or every port of one."""


class LooseEnds:
    """The ports in question on one side, inputs or outputs."""

    def __init__(self) -> None:
        self._ends: set[tuple[str, str]] = set()

    def __contains__(self, end: tuple[str, str]) -> bool:
        atom, port = end
        wider = {(atom, port), (atom, EVERY), (EVERY, EVERY)}
        return not wider.isdisjoint(self._ends)

    def add_end(self, atom: str, port: str) -> None:
        """Add a port that a line names correctly, while its other end is unknown."""
        self._ends.add((atom, port))

    def add_port(self, atom: str, port: PortName | None, known: Iterable[str]) -> None:
        """Add a port that the atom does not have, or that is missing where one is needed."""
        meant = closest(port.name, known) if port is not None else None
        self._ends.add((atom, meant or EVERY))

    def add_atom(self, name: str, known: Iterable[str]) -> None:
        """Add an atom that is not declared: a misspelling of the closest one, or of any."""
        self._ends.add((closest(name, known) or EVERY, EVERY))

    def add_all(self) -> None:
        """Add everything: nothing is known of the flow."""
        self._ends.add((EVERY, EVERY))
