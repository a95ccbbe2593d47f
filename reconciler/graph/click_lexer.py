"""Splits Click language into words, marks and configuration strings."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

_SKIP = re.compile(r"(?:\s+|//[^\n]*|/\*.*?\*/|#[^\n]*)+", re.DOTALL)
_MARK = re.compile(r"->|=>|::|[;,\[\](){}|]")
_WORD = re.compile(r"[A-Za-z0-9_@]+(?:/[A-Za-z0-9_@]+)*")
_PIECE = re.compile(
    r"""(?P<comment>//[^\n]*\n?)|(?P<opening>/\*|\\<|["'])|(?P<mark>[(),])|[^/\\"'(),]+|.""",
    re.DOTALL,
)
_CLOSING = {"/*": re.compile(r"\*/"), "\\<": re.compile(">"), "'": re.compile("'")}
_QUOTED = re.compile(r"(?:[^\"\\]|\\.)*+\"", re.DOTALL)


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
        self._lines = [0, *(match.end() for match in re.finditer("\n", text))]
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
        depth, current = 0, [""]
        while self.offset < len(self.text):
            piece, shown = self._piece()
            depth += {"(": 1, ")": -1}.get(piece, 0)
            if depth == 0:
                self._skip()
                return tuple(_arguments([*arguments, "".join(current)]))
            if piece == "," and depth == 1:
                arguments.append("".join(current))
                current = []
            elif not (piece == "(" and depth == 1):
                current.append(shown)
        raise ClickSyntaxError(opening.line, opening.column, "'(' is never closed")

    def _piece(self) -> tuple[str, str]:
        """Consume a piece of a configuration string; return it, and what stands for it."""
        match = _PIECE.match(self.text, self.offset)
        assert match is not None
        self.offset = match.end()
        opening = match["opening"]
        if opening is None:
            return match.group(), " " if match["comment"] else match.group()
        find = _QUOTED.match if opening == '"' else _CLOSING[opening].search
        end = find(self.text, self.offset)
        if end is None:
            raise ClickSyntaxError(*self._place(match.start()), f"{opening} is never closed")
        self.offset = end.end()
        whole = self.text[match.start() : self.offset]
        return whole, " " if opening == "/*" else whole

    def unexpected(self, wanted: str) -> ClickSyntaxError:
        """Return the error that the next token is not what was expected."""
        token = self.peek()
        found = "the end" if token.kind == "end" else repr(token.text)
        return ClickSyntaxError(token.line, token.column, f"{wanted} expected, not {found}")

    def _token(self) -> tuple[Token, int]:
        line, column = self._place(self.offset)
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

    def _place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._lines, offset)
        return line, offset - self._lines[line - 1] + 1

    def _skip(self) -> None:
        blank = _SKIP.match(self.text, self.offset)
        if blank:
            self.offset = blank.end()


def is_one_argument(text: str) -> bool:
    """Tell whether a text, put between parentheses, is one argument of an element, all of it."""
    return whole_arguments(text) == (text.strip(),)


def whole_arguments(text: str) -> tuple[str, ...] | None:
    """Return the arguments that a text, put between parentheses, is; None if it is more or less
    than that.
    """
    lexer = Lexer(f"({text})")
    try:
        arguments = lexer.config()
    except ClickSyntaxError:
        return None
    return arguments if lexer.offset == len(lexer.text) else None


def _arguments(raw: list[str]) -> Iterator[str]:
    if len(raw) == 1 and not raw[0].strip():
        return
    for argument in raw:
        yield argument.strip()
