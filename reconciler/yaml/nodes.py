"""Values of one YAML document, with the position of every key and value by path."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import isfinite
from typing import Any

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from reconciler.diagnostics import Diagnostic, Position
from reconciler.yaml.limits import Spending

Path = tuple[str | int, ...]

_MERGE = "merge"
"""The kind of the key `<<` (yaml.org/type/merge)."""


class NodeReading:
    """Walks the nodes of one document, whose text begins after the first `above` lines."""

    def __init__(self, file: str, lines: list[str], above: int, spending: Spending) -> None:
        self.file = file
        self.lines = lines
        self.above = above
        self.spending = spending
        self.keys: dict[Path, Position] = {}
        self.values: dict[Path, Position] = {}
        self.doubts: set[Path] = set()
        self.diagnostics: list[Diagnostic] = []

    def value(self, node: Node, path: Path, around: tuple[Node, ...]) -> Any:
        """Return the plain value of a node. Raises TooMuch."""
        self.values[path] = self._position(node)
        self.spending.value(len(node.value) if isinstance(node, ScalarNode) else 0, len(path))
        if any(node is outer for outer in around):
            self._report(node, path, "A YAML alias contains itself", "", "Write the value out.")
            return None
        if isinstance(node, MappingNode):
            return self._mapping(node, path, (*around, node))
        if isinstance(node, SequenceNode):
            return [
                self.value(item, (*path, index), (*around, node))
                for index, item in enumerate(node.value)
            ]
        return self._scalar(node, path)

    def _mapping(self, node: MappingNode, path: Path, around: tuple[Node, ...]) -> dict[str, Any]:
        entries = self._entries(node, path, around)
        for key, (key_node, _) in entries.items():
            self.keys[(*path, key)] = self._position(key_node)
        return {
            key: self.value(value_node, (*path, key), around)
            for key, (_, value_node) in entries.items()
        }

    def _entries(
        self, node: MappingNode, path: Path, around: tuple[Node, ...]
    ) -> dict[str, tuple[Node, Node]]:
        """Return the nodes of all keys and values by key: those of the mapping, then those that it
        merges.
        """
        found: dict[str, tuple[Node, Node]] = {}
        merged: list[Node] = []
        for key_node, value_node in self._pairs(node, path):
            self.spending.value(len(key_node.value), len(path))
            if _kind(key_node) == _MERGE:
                merged += value_node.value if isinstance(value_node, SequenceNode) else [value_node]
                continue
            key = str(key_node.value)
            if key in found:
                self._report_twice(key, key_node, found[key][0], path)
            else:
                found[key] = (key_node, value_node)
        for other in merged:
            for key, nodes in self._merged(other, path, around).items():
                found.setdefault(key, nodes)
        return found

    def _merged(
        self, node: Node, path: Path, around: tuple[Node, ...]
    ) -> dict[str, tuple[Node, Node]]:
        self.spending.value(0, len(around))
        if not isinstance(node, MappingNode) or any(node is outer for outer in around):
            hint = "Write `<<: *NAME`, where NAME marks another mapping."
            self._report(node, path, "Nothing to merge", "this is not another mapping", hint)
            return {}
        return self._entries(node, path, (*around, node))

    def _pairs(self, node: MappingNode, path: Path) -> Iterator[tuple[ScalarNode, Node]]:
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                hint = "Write a plain word before ':'."
                self._report(key_node, path, "A key is not a word", "", hint)
            elif _surrogates(key_node.value):
                self._report_surrogates(key_node, path)
            else:
                yield key_node, value_node

    def _scalar(self, node: Node, path: Path) -> Any:
        kind = _kind(node)
        if _surrogates(node.value):
            self._report_surrogates(node, path)
            return None
        try:
            if kind in _NUMBERS and len(node.value) > self.spending.limits.digits:
                raise ValueError
            return _SCALARS.get(kind, str)(node.value)
        except ValueError:
            detail = f"{_shortened(node.value)} is not a {kind} that can be read"
            self._report(node, path, "Unreadable value", detail, "")
            return None

    def _position(self, node: Node) -> Position:
        mark = node.start_mark
        number, column = self.above + mark.line, mark.column
        line = self.lines[number] if number < len(self.lines) else ""
        if isinstance(node, ScalarNode) and line[column : column + 1] in ("'", '"'):
            column += 1  # columns inside quoted text count from after the quote
        return Position(self.file, number + 1, column + 1)

    def _report(self, node: Node, path: Path, summary: str, detail: str, hint: str) -> None:
        self.doubts.add(path)
        self.diagnostics.append(Diagnostic.at(self._position(node), summary, detail, hint))

    def _report_twice(self, key: str, node: Node, first: Node, path: Path) -> None:
        detail = f"{_shortened(key)} was already given in line {self._position(first).line}"
        self._report(node, (*path, key), "Duplicate key", detail, "Remove one of the two.")

    def _report_surrogates(self, node: Node, path: Path) -> None:
        detail = "an escape stands for half a character (U+D800 to U+DFFF)"
        hint = "Write the character itself."
        self._report(node, path, "Unreadable value", detail, hint)


def _kind(node: Node) -> str:
    return str(node.tag).rpartition(":")[2]


def _surrogates(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text)


def _shortened(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}...")


def _integer(text: str) -> int:
    return int(text.replace("_", ""), 0) if not text.lstrip("+-").isdigit() else int(text)


def _finite(text: str) -> float:
    number = float(text.replace("_", ""))
    if not isfinite(number):
        raise ValueError
    return number


_NUMBERS = ("int", "float")
_SCALARS: dict[str, Callable[[str], Any]] = {
    "int": _integer,
    "float": _finite,
    "bool": lambda text: text.lower() == "true",
    "null": lambda _: None,
}
