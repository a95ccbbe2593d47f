"""Reads YAML text as documents: plain values that remember the position of each key and value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from reconciler.diagnostics import Diagnostic, Position, ordered
from reconciler.yaml.contents import DAMAGED
from reconciler.yaml.limits import DEFAULT, Spending, TooMuch
from reconciler.yaml.nodes import NodeReading, Path

__all__ = ["Document", "Path", "Spending", "read_documents"]

# A line ends as ruamel.yaml counts lines, so that positions are right.
_LINES = re.compile(r"[^\n\r\x85\u2028\u2029]*(?:\r\n|[\n\r\x85\u2028\u2029])|.+\Z", re.DOTALL)
_BEGINS = re.compile(r"---(?=\s|$)")
"""Starts a document on whatever line it starts: even quoted text may not hold it there."""
_MOST_MISTAKES = 100
_SPLIT = "No desired state needs that; write it out in several files, or raise the limit."


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


def read_documents(
    file: str, text: str, spending: Spending | None = None
) -> tuple[tuple[Document, ...], tuple[Diagnostic, ...]]:
    """Return all documents of a file that can be read, and the mistakes in the rest.

    Each part of the text is looked at once, so that the time grows with its length.
    """
    reading = _FileReading(file, text, spending or Spending(DEFAULT))
    for first, last in _parts(reading.lines):
        if len(reading.diagnostics) >= _MOST_MISTAKES:
            place = Position(file, first + 1, 1)
            detail = f"{_MOST_MISTAKES} mistakes; what follows was not read"
            reading.diagnostics.append(Diagnostic.at(place, "Not YAML", detail, ""))
            break
        if not reading.read(first, last):
            break
        reading.parts += 1
        if reading.parts >= reading.spending.limits.documents and last < len(reading.lines):
            most = reading.spending.limits.told("documents")
            reading.too_much(last, f"more than {most} documents in one file")
            break
    return tuple(reading.documents), ordered(reading.diagnostics)


def _parts(lines: list[str]) -> Iterator[tuple[int, int]]:
    """Yield first and last line (exclusive) of each document, its directives included."""
    first = 0
    for number, line in enumerate(lines):
        if not _BEGINS.match(line):
            continue
        start = _directives(lines, first, number)
        if start > first:
            yield first, start
        first = start
    yield first, len(lines)


def _directives(lines: list[str], first: int, begins: int) -> int:
    """Return where the directives (`%YAML`) before the beginning of a document start."""
    start = begins
    while start > first and (
        lines[start - 1].startswith(("%", "#")) or not lines[start - 1].strip()
    ):
        start -= 1
    has_directives = any(line.startswith("%") for line in lines[start:begins])
    alone = start == first == 0 or (start > 0 and lines[start - 1].startswith("..."))
    return start if has_directives and alone else begins


class _FileReading:
    """Reads one part of a file after another."""

    def __init__(self, file: str, text: str, spending: Spending) -> None:
        self.file = file
        self.lines = _LINES.findall(text)
        self.spending = spending
        self.parts = 0
        self.documents: list[Document] = []
        self.diagnostics: list[Diagnostic] = []
        spending.begin_file()

    def read(self, first: int, last: int) -> bool:
        """Add the documents in these lines; return whether more of the file may be read."""
        part = "".join(self.lines[first:last])
        try:
            for node in YAML(typ="safe", pure=True).compose_all(part):
                if node is not None:
                    self._add(NodeReading(self.file, self.lines, first, self.spending), node)
        except YAMLError as error:
            self.diagnostics.append(self._syntax_error(first, part, error))
        except (
            ValueError,
            OverflowError,
        ) as error:  # ruamel.yaml: an escape or a directive with absurd numbers
            place = Position(self.file, first + 1, 1)
            self.diagnostics.append(Diagnostic.at(place, "Not YAML", str(error), ""))
        except TooMuch as error:
            self.too_much(first, str(error))
            return False
        except RecursionError:
            self.too_much(first, "lists and mappings are nested too deeply")
            return False
        return True

    def _add(self, reading: NodeReading, node: Any) -> None:
        value = reading.value(node, (), ())
        self.diagnostics.extend(reading.diagnostics)
        doubts = frozenset(reading.doubts)
        self.documents.append(Document(self.file, value, reading.keys, reading.values, doubts))

    def too_much(self, first: int, detail: str) -> None:
        """Report that what begins after so many lines is more than is read."""
        place = Position(self.file, first + 1, 1)
        self.diagnostics.append(Diagnostic.at(place, "Too much in one document", detail, _SPLIT))

    def _syntax_error(self, first: int, part: str, error: YAMLError) -> Diagnostic:
        if isinstance(error, ReaderError):
            before = _LINES.findall(part[: error.position])
            above = before[:-1] if before and not before[-1].endswith(("\n", "\r")) else before
            column = error.position - sum(map(len, above)) + 1
            place = Position(self.file, first + len(above) + 1, column)
            detail = f"character U+{int(error.character):04X} is not allowed in YAML"
            return Diagnostic.at(place, DAMAGED, detail, "Remove it, or restore the file.")
        if not isinstance(error, MarkedYAMLError) or error.problem_mark is None:
            place = Position(self.file, first + 1, 1)
            return Diagnostic.at(place, "Not YAML", str(error).splitlines()[0], "")
        mark = error.problem_mark
        number = first + mark.line
        line = self.lines[number] if number < len(self.lines) else ""
        place = Position(self.file, number + 1, mark.column + 1)
        if line[mark.column : mark.column + 1] == "\t":
            return Diagnostic.at(place, "Not YAML", "a tab cannot indent", "Indent with spaces.")
        detail = " ".join(part for part in (error.context, error.problem) if part)
        detail = detail.replace("'<stream end>'", "the end of the document")
        return Diagnostic.at(place, "Not YAML", detail, _syntax_hint(line, str(error.problem)))


def _syntax_hint(line: str, problem: str) -> str:
    if "mapping values" in problem:
        return "Quote a text that contains ': '."
    if "cannot start any token" in problem:
        return "Quote a text that starts with this character."
    if "undefined alias" in problem:
        return "Quote a text that starts with '*'."
    return "Check indentation, quotes and brackets in and above this line."
