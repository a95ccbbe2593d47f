"""The element graph: what a network element resolves to for one device, canonical."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field


@dataclass(frozen=True, order=True)
class Element:
    """A named instance of an element class; `atom` names its origin and is not compared."""

    name: str
    class_name: str
    arguments: tuple[str, ...] = ()
    atom: str = field(default="", compare=False)


@dataclass(frozen=True, order=True)
class Connection:
    """A connection from an output port to an input port."""

    source: str
    source_port: int
    target: str
    target_port: int

    def __str__(self) -> str:
        left = f"{self.source}[{self.source_port}]" if self.source_port else self.source
        right = f"[{self.target_port}]{self.target}" if self.target_port else self.target
        return f"{left} -> {right}"


@dataclass(frozen=True)
class Graph:
    """Elements and connections, sorted and without duplicates however they were given."""

    elements: tuple[Element, ...] = ()
    connections: tuple[Connection, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "elements", tuple(sorted(set(self.elements))))
        object.__setattr__(self, "connections", tuple(sorted(set(self.connections))))

    @property
    def classes(self) -> frozenset[str]:
        """Element classes in use."""
        return frozenset(element.class_name for element in self.elements)

    def element(self, name: str) -> Element | None:
        """Return the element of this name, or None."""
        return next((element for element in self.elements if element.name == name), None)

    def by_name(self) -> dict[str, Element]:
        """Return elements by name."""
        return {element.name: element for element in self.elements}

    def digest(self) -> str:
        """Return the SHA-256, in hex, of elements and connections; atoms' names are left out."""
        digest = hashlib.sha256()
        for element in self.elements:
            _feed(digest, "element", element.name, element.class_name, *element.arguments)
        for connection in self.connections:
            _feed(digest, "connection", str(connection))
        return digest.hexdigest()


def _feed(digest: hashlib._Hash, *words: str) -> None:
    for word in words:
        data = word.encode()
        digest.update(len(data).to_bytes(8, "big") + data)
    digest.update(b"\n")
