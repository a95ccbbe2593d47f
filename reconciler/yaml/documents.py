"""Reads YAML text as plain values that remember the position of each key and value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from reconciler.diagnostics import Diagnostic, Position, ordered

Path = tuple[str | int, ...]

_BEGINS = re.compile(r"---(?=\s|$)")
"""Starts a document on whatever line it starts: even quoted text may not hold it there."""

# An alias is expanded wherever it is used, so a small file may hold any number of values.
MOST_VALUES = 100_000
_SPLIT = "No desired state needs that; write it out in several documents."


class _TooManyValues(Exception):
    """A document holds more than MOST_VALUES values."""


@dataclass(frozen=True)
class Document:
    """One YAML document: its value, and the position of every key and value by path."""

    file: str
    value: Any
    keys: Mapping[Path, Position] = field(default_factory=dict)
    values: Mapping[Path, Position] = field(default_factory=dict)
    doubts: frozenset[Path] = frozenset()
    """Paths where something is wrong, so that the intended value is unknown."""

    def at(self, *path: str | int) -> Position:
        """Return the position of the value at this path, or of the nearest value around it."""
        return self._nearest(self.values, path)

    def key_at(self, *path: str | int) -> Position:
        """Return the position of the key at this path."""
        return self.keys.get(path) or self.at(*path)

    def is_complete(self, *path: str | int) -> bool:
        """Tell whether no entry is missing at this path, though entries may be wrong in
        themselves.
        """
        return not any(path[: len(doubt)] == doubt for doubt in self.doubts)

    def is_certain(self, *path: str | int) -> bool:
        """Tell whether the value at this path, with all that is in it, is free of mistakes."""
        inner = any(doubt[: len(path)] == path for doubt in self.doubts)
        return not inner and self.is_complete(*path)

    def doubtful_names(self, *path: str | int) -> frozenset[str]:
        """Return the names of the entries at this path in which something is wrong."""
        length = len(path)
        inner = (doubt for doubt in self.doubts if doubt[:length] == path and len(doubt) > length)
        return frozenset(str(doubt[length]) for doubt in inner)

    def _nearest(self, positions: Mapping[Path, Position], path: Path) -> Position:
        for length in range(len(path), -1, -1):
            if path[:length] in positions:
                return positions[path[:length]]
        return Position(self.file)


def read_documents(file: str, text: str) -> tuple[tuple[Document, ...], tuple[Diagnostic, ...]]:
    """Return all documents of a file that can be read, and the mistakes in the rest."""
    documents: list[Document] = []
    diagnostics: list[Diagnostic] = []
    start: int | None = 0
    while start is not None:
        start = _read_from(start, file, text, documents, diagnostics)
    return tuple(documents), ordered(diagnostics)


def _read_from(
    start: int, file: str, text: str, documents: list[Document], diagnostics: list[Diagnostic]
) -> int | None:
    """Read from a line on; return the line where a document starts after a syntax
    error, else None.
    """
    lines = text.splitlines(keepends=True)
    # Empty lines in place of those already read keep all positions right.
    rest = "\n" * start + "".join(lines[start:])
    try:
        for node in YAML(typ="safe", pure=True).compose_all(rest):
            if node is not None:
                documents.append(_document(file, text, node, diagnostics))
    except YAMLError as error:
        diagnostics.append(_syntax_error(file, text, error))
        mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
        after = len(lines) if mark is None else max(start + 1, mark.line)
        return next((n for n in range(after, len(lines)) if _BEGINS.match(lines[n])), None)
    except _TooManyValues:
        detail = f"more than {MOST_VALUES} values, aliases written out"
        diagnostics.append(Diagnostic(file, 1, 1, "Too much in one document", detail, _SPLIT))
    except RecursionError:
        detail = "lists and mappings are nested too deeply"
        diagnostics.append(Diagnostic(file, 1, 1, "Too much in one document", detail, _SPLIT))
    return None


def _document(file: str, text: str, node: Node, diagnostics: list[Diagnostic]) -> Document:
    reading = _Reading(file, text)
    value = reading.value(node, (), ())
    diagnostics.extend(reading.diagnostics)
    doubts = frozenset(reading.doubts)
    return Document(file, value, reading.keys, reading.values, doubts)


class _Reading:
    """Walks the nodes of one document."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.lines = text.splitlines()
        self.keys: dict[Path, Position] = {}
        self.values: dict[Path, Position] = {}
        self.doubts: set[Path] = set()
        self.diagnostics: list[Diagnostic] = []

    def value(self, node: Node, path: Path, around: tuple[Node, ...]) -> Any:
        self.values[path] = self._position(node)
        if len(self.values) > MOST_VALUES:
            raise _TooManyValues
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
        result: dict[str, Any] = {}
        for key_node, value_node in self._pairs(node, path):
            key = str(key_node.value)
            if key in result:
                first = self.keys[(*path, key)].line
                detail = f"{key!r} was already given in line {first}"
                hint = "Remove one of the two."
                self._report(key_node, (*path, key), "Duplicate key", detail, hint)
                continue
            self.keys[(*path, key)] = self._position(key_node)
            result[key] = self.value(value_node, (*path, key), around)
        return result

    def _pairs(self, node: MappingNode, path: Path) -> Iterator[tuple[Node, Node]]:
        for key_node, value_node in node.value:
            if isinstance(key_node, ScalarNode):
                yield key_node, value_node
            else:
                hint = "Write a plain word before ':'."
                self._report(key_node, path, "A key is not a word", "", hint)

    def _scalar(self, node: Node, path: Path) -> Any:
        kind = str(node.tag).rpartition(":")[2]
        try:
            return _SCALARS.get(kind, str)(node.value)
        except ValueError:
            detail = f"{node.value!r} is not a {kind}"
            self._report(node, path, "Unreadable value", detail, "")
            return None

    def _position(self, node: Node) -> Position:
        mark = node.start_mark
        column = mark.column
        line = self.lines[mark.line] if mark.line < len(self.lines) else ""
        if isinstance(node, ScalarNode) and line[column : column + 1] in ("'", '"'):
            column += 1  # columns inside quoted text count from after the quote
        return Position(self.file, mark.line + 1, column + 1)

    def _report(self, node: Node, path: Path, summary: str, detail: str, hint: str) -> None:
        self.doubts.add(path)
        self.diagnostics.append(Diagnostic.at(self._position(node), summary, detail, hint))


def _integer(text: str) -> int:
    return int(text.replace("_", ""), 0) if not text.lstrip("+-").isdigit() else int(text)


_SCALARS: dict[str, Callable[[str], Any]] = {
    "int": _integer,
    "float": lambda text: float(text.replace("_", "")),
    "bool": lambda text: text.lower() == "true",
    "null": lambda _: None,
}


def _syntax_error(file: str, text: str, error: YAMLError) -> Diagnostic:
    if not isinstance(error, MarkedYAMLError) or error.problem_mark is None:
        return Diagnostic(file, 1, 1, "Not YAML", str(error).splitlines()[0])
    mark, lines = error.problem_mark, text.splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    position = Position(file, mark.line + 1, mark.column + 1)
    if line[mark.column : mark.column + 1] == "\t":
        detail = "a tab cannot indent"
        return Diagnostic.at(position, "Not YAML", detail, "Indent with spaces.")
    detail = " ".join(part for part in (error.context, error.problem) if part)
    return Diagnostic.at(position, "Not YAML", detail, _syntax_hint(line, str(error.problem)))


def _syntax_hint(line: str, problem: str) -> str:
    if "mapping values" in problem:
        return "Quote a text that contains ': '."
    if "cannot start any token" in problem:
        return "Quote a text that starts with this character."
    if "undefined alias" in problem:
        return "Quote a text that starts with '*'."
    return "Check indentation, quotes and brackets in and above this line."
