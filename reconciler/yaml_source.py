"""YAML text as plain values that remember where each key and value stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from reconciler.diagnostics import Diagnostic, Position

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Document:
    """One YAML document: its value, and the position of every key and value by path."""

    file: str
    value: Any
    keys: Mapping[Path, Position] = field(default_factory=dict)
    values: Mapping[Path, Position] = field(default_factory=dict)

    def at(self, *path: str | int) -> Position:
        """Where the value at this path begins, or the nearest value around it."""
        return self._nearest(self.values, path)

    def key_at(self, *path: str | int) -> Position:
        """Where the key of this path stands."""
        return self.keys.get(path) or self.at(*path)

    def _nearest(self, positions: Mapping[Path, Position], path: Path) -> Position:
        for length in range(len(path), -1, -1):
            if path[:length] in positions:
                return positions[path[:length]]
        return Position(self.file)


def read_documents(file: str, text: str) -> tuple[tuple[Document, ...], tuple[Diagnostic, ...]]:
    """All documents of a file that can be read, and what is wrong with the rest."""
    documents: list[Document] = []
    diagnostics: list[Diagnostic] = []
    try:
        for node in YAML(typ="safe", pure=True).compose_all(text):
            if node is not None:
                documents.append(_document(file, text, node, diagnostics))
    except YAMLError as error:
        diagnostics.append(_syntax_error(file, text, error))
    return tuple(documents), tuple(diagnostics)


def _document(file: str, text: str, node: Node, diagnostics: list[Diagnostic]) -> Document:
    reading = _Reading(file, text)
    value = reading.value(node, (), ())
    diagnostics.extend(reading.diagnostics)
    return Document(file, value, reading.keys, reading.values)


class _Reading:
    """Walks the nodes of one document."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.lines = text.splitlines()
        self.keys: dict[Path, Position] = {}
        self.values: dict[Path, Position] = {}
        self.diagnostics: list[Diagnostic] = []

    def value(self, node: Node, path: Path, around: tuple[Node, ...]) -> Any:
        self.values[path] = self._position(node)
        if any(node is outer for outer in around):
            self._report(node, "A YAML alias contains itself", "", "Write the value out.")
            return None
        if isinstance(node, MappingNode):
            return self._mapping(node, path, (*around, node))
        if isinstance(node, SequenceNode):
            return [
                self.value(item, (*path, index), (*around, node))
                for index, item in enumerate(node.value)
            ]
        return self._scalar(node)

    def _mapping(self, node: MappingNode, path: Path, around: tuple[Node, ...]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in self._pairs(node):
            key = str(key_node.value)
            if key in result:
                first = self.keys[(*path, key)].line
                detail = f"{key!r} was already given in line {first}"
                self._report(key_node, "Duplicate key", detail, "Remove one of the two.")
                continue
            self.keys[(*path, key)] = self._position(key_node)
            result[key] = self.value(value_node, (*path, key), around)
        return result

    def _pairs(self, node: MappingNode) -> Iterator[tuple[Node, Node]]:
        for key_node, value_node in node.value:
            if isinstance(key_node, ScalarNode):
                yield key_node, value_node
            else:
                self._report(key_node, "A key is not a word", "", "Write a plain word before ':'.")

    def _scalar(self, node: Node) -> Any:
        kind = str(node.tag).rpartition(":")[2]
        try:
            return _SCALARS.get(kind, str)(node.value)
        except ValueError:
            self._report(node, "Unreadable value", f"{node.value!r} is not a {kind}", "")
            return None

    def _position(self, node: Node) -> Position:
        mark = node.start_mark
        column = mark.column
        line = self.lines[mark.line] if mark.line < len(self.lines) else ""
        if isinstance(node, ScalarNode) and line[column : column + 1] in ("'", '"'):
            column += 1  # columns inside the text count from behind the quote
        return Position(self.file, mark.line + 1, column + 1)

    def _report(self, node: Node, summary: str, detail: str, hint: str) -> None:
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
