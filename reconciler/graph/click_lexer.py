"""Splits Click language into words, marks and configuration strings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_SKIP = re.compile(r"(?:\s+|//[^\n]*|/\*.*?\*/|#[^\n]*)+", re.DOTALL)
_MARK = re.compile(r"->|=>|::|[;,\[\](){}|]")
_WORD = re.compile(r"[A-Za-z0-9_@]+(?:/[A-Za-z0-9_@]+)*")
_PIECE = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)|(?P<quoted>"(?:\\.|[^"\\])*"|'[^']*'|\\<[^>]*>)"""
    r"|(?P<plain>.)",
    re.DOTALL,
)


class ClickSyntaxError(Exception):
    """The text is not flat Click language; line and column count from 1."""

    def __init__(self, line: int, column: int, message: str) -> None:
        super().__init__(f"{line}:{column}: {message}")
        self.line = line
        self.column = column
        self.message = message


@dataclass(frozen=True)
class Token:
    """A word or a mark; kind is "word", "end" or the mark itself."""

    kind: str
    text: str
    line: int
    column: int


class Lexer:
    """Reads one token after another, and configuration strings on demand, because they are raw."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.offset = 0
        self._skip()

    def peek(self) -> Token:
        """Return the next token without consuming it."""
        return self._token()[0]

    def next(self) -> Token:
        """Consume and return the next token."""
        token, end = self._token()
        self.offset = end
        self._skip()
        return token

    def take(self, kind: str) -> bool:
        """Consume the next token if it is of this kind; tell whether it was."""
        if self.peek().kind != kind:
            return False
        self.next()
        return True

    def word(self) -> Token:
        """Consume and return a word. Raises ClickSyntaxError."""
        if self.peek().kind != "word":
            raise self.unexpected("a name")
        return self.next()

    def config(self) -> tuple[str, ...]:
        """Consume `(...)` if it comes next, and return the arguments between its
        top-level commas.
        """
        if self.peek().kind != "(":
            return ()
        opening = self.peek()
        arguments: list[str] = []
        depth, current = 0, ""
        for match in _PIECE.finditer(self.text, self.offset):
            piece = match["plain"]
            depth += {"(": 1, ")": -1}.get(piece, 0)
            if depth == 0:
                self.offset = match.end()
                self._skip()
                return tuple(_arguments([*arguments, current[1:]]))
            if piece == "," and depth == 1:
                arguments.append(current[1:])
                current = ","
            else:
                current += match.group() if match["comment"] is None else " "
        raise ClickSyntaxError(opening.line, opening.column, "'(' is never closed")

    def unexpected(self, wanted: str) -> ClickSyntaxError:
        """Return the error that the next token is not what was expected."""
        token = self.peek()
        found = "the end" if token.kind == "end" else repr(token.text)
        return ClickSyntaxError(token.line, token.column, f"{wanted} expected, not {found}")

    def _token(self) -> tuple[Token, int]:
        line = self.text.count("\n", 0, self.offset) + 1
        column = self.offset - (self.text.rfind("\n", 0, self.offset) + 1) + 1
        if self.offset >= len(self.text):
            return Token("end", "", line, column), self.offset
        mark = _MARK.match(self.text, self.offset)
        if mark:
            return Token(mark.group(), mark.group(), line, column), mark.end()
        word = _WORD.match(self.text, self.offset)
        if word:
            return Token("word", word.group(), line, column), word.end()
        detail = f"{self.text[self.offset]!r} means nothing here"
        raise ClickSyntaxError(line, column, detail)

    def _skip(self) -> None:
        blank = _SKIP.match(self.text, self.offset)
        if blank:
            self.offset = blank.end()


def _arguments(raw: list[str]) -> Iterator[str]:
    if len(raw) == 1 and not raw[0].strip():
        return
    for argument in raw:
        yield argument.strip()
