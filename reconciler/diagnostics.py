"""A mistake that a person made, where it is, and what to do about it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

_COMMANDS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)


@dataclass(frozen=True, order=True)
class Position:
    """A position in a file; line and column count from 1, 0 stands for the whole file."""

    file: str = ""
    line: int = 0
    column: int = 0

    def shifted(self, columns: int) -> Position:
        """Return the position so many columns to the right on the same line."""
        return Position(self.file, self.line, self.column + columns)


@dataclass(frozen=True, order=True)
class Diagnostic:
    """One mistake. The summary is the same for all mistakes of its type; the rest differs."""

    file: str
    line: int
    column: int
    summary: str
    detail: str = ""
    hint: str = ""

    @classmethod
    def at(cls, position: Position, summary: str, detail: str = "", hint: str = "") -> Diagnostic:
        """Return a diagnostic at a position."""
        return cls(position.file, position.line, position.column, summary, detail, hint)

    def __str__(self) -> str:
        parts = (one_line(self.file), self.line, self.column)
        place = ":".join(str(part) for part in parts if part)
        text = f"{place}: {self.summary}" if place else self.summary
        if self.detail:
            text += f": {self.detail}"
        return printable(f"{text}. {self.hint}" if self.hint else text)


def printable(text: str) -> str:
    """Return a text that comes from outside with escapes in place of what would command a terminal,
    hide or reorder what is shown: control characters but line ends and tabs, half characters, and
    those that turn the direction of writing (Trojan Source, CVE-2021-42574).
    """
    return _COMMANDS.sub(lambda found: ascii(found[0])[1:-1], text)


def one_line(text: str) -> str:
    """Return a name that comes from outside as `printable` does, with its line ends escaped too:
    none becomes a line of its own, which would pass for one of ours.
    """
    return printable(text).replace("\n", "\\n")


MOST_COMPARED = 500
"""Words that a misspelling is compared with: a file of mere mistakes must not take hours."""


def closest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word of which this one is probably a misspelling, else None, also when many
    are known.
    """
    words = list(known)
    if len(words) > MOST_COMPARED:
        return None
    return next(iter(difflib.get_close_matches(word, sorted(words), n=1, cutoff=0.6)), None)


def alike(word: str, known: Iterable[str]) -> bool:
    """Tell whether a known word equals this one, ignoring case and dashes, which names may not
    have.
    """
    return _plain(word) in map(_plain, known)


def _plain(word: str) -> str:
    return word.lower().replace("-", "_")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a hint with the closest known word, else with all of them when they are
    few, else "".
    """
    names = list(known)
    close = closest(word, names)
    if close is not None:
        return f"Did you mean {close!r}?"
    if names and len(names) <= 16:
        return f"Known here: {', '.join(sorted(names))}."
    return ""


def ordered(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return the diagnostics without duplicates, sorted by file, line and column."""
    return tuple(sorted(set(diagnostics)))
