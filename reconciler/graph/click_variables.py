"""Variables of a Click configuration: `define($NAME value)`, and what stands for `$NAME` in
arguments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from reconciler.graph.click_lexer import whole_arguments

_DEEPEST = 10
"""Values within values, as in Click."""
_MOST = 16 << 20
"""Characters that values and names grow to, all together."""

_COMMENT = r"//[^\n]*\n?|/\*.*?(?:\*/|\Z)"
_DOUBLE = r'"(?:[^"\\]|\\.?)*+(?:"|\Z)'
_SPAN = rf"{_DOUBLE}|'[^']*(?:'|\Z)|\\<[^>]*(?:>|\Z)|{_COMMENT}"
_FLAGS = re.DOTALL | re.ASCII
_WORD = re.compile(rf"\s*((?:{_SPAN}|\S)*)\s*", _FLAGS)
_DECLARED = re.compile(r"\$(\w+)\Z", _FLAGS)
_PIECE = re.compile(rf"{_SPAN}|[()]|[^\"'\\/()]+|.", _FLAGS)
_BRACED = re.compile(r"\$(\{)([^}]*)\}", _FLAGS)
_PLAIN = re.compile(r"\$()(\w+|[?#$])", _FLAGS)
_ASKED = re.compile(
    r"\s*(?P<name>\w*)\s*(?:\[\s*(?P<word>[-+]?(?:0[xX][0-9a-fA-F]{1,15}|\d{1,18}))\]\s*)?"
    r"(?P<default>-(?P<text>.*))?",
    _FLAGS,
)
_PASSED = {
    "": re.compile(rf"{_COMMENT}|'[^']*(?:'|\Z)|\\<|[^$\"'\\/]+|.", _FLAGS),
    '"': re.compile(r'\\.|[^$"\\]+|.', _FLAGS),
    "<": re.compile(r"[^$>]+|.", _FLAGS),
}
_STATES = {("", '"'): '"', ("", "\\<"): "<", ('"', '"'): "", ("<", ">"): ""}


class VariableError(Exception):
    """A definition or a replacement is wrong; the message says why."""


@dataclass(frozen=True)
class _Reference:
    opening: str  # "{", "(" or nothing
    name: str
    end: int


@dataclass
class Variables:
    """What `define` says. Its values are put into arguments as Click does it, also into those
    before the definition.
    """

    values: dict[str, str] = field(default_factory=dict)

    def define(self, declarations: tuple[str, ...]) -> None:
        """Take the arguments of a `define`. Raises VariableError."""
        for declaration in filter(None, declarations):
            word, value = _take_word(declaration)
            name = _DECLARED.match(word)
            if name is None:
                raise VariableError(f"define takes '$NAME value', not {declaration!r}")
            if name[1] in self.values:
                raise VariableError(f"variable {word!r} is defined twice")
            self.values[name[1]] = value


@dataclass
class Replacing:
    """Replaces $NAME, ${NAME}, ${NAME[N]} (word N of the value) and ${NAME-default}."""

    values: dict[str, str]
    spent: int = 0

    def arguments(self, arguments: tuple[str, ...]) -> tuple[str, ...]:
        """Return an element's arguments with values for variables.

        Raises VariableError when the values grow to more than 16 MiB, or when something begins in
        one text and ends in another.
        """
        before = ", ".join(arguments)
        if "$" not in before:
            return arguments
        after = self.text(before)
        whole = arguments if after == before else whole_arguments(after)
        if whole is None or Replacing({}).text(after) != after:
            raise VariableError("with values for variables, its arguments are not whole")
        return whole

    def text(self, text: str, depth: int = 0) -> str:
        """Return the text with values for variables; names that are not defined stay.

        Raises VariableError when the values grow to more than 16 MiB.
        """
        pieces: list[str] = []
        settled = 0
        for piece, replaced in self._pieces(text, depth):
            pieces.append(piece)
            settled = len(pieces) if replaced else settled
        # As in Click, a text of which nothing was left when its last variable was replaced keeps
        # all its variables.
        return "".join(pieces) if any(pieces[:settled]) else text

    def _pieces(self, text: str, depth: int) -> Iterator[tuple[str, bool]]:
        """Yield what the text becomes, and of each piece whether it stands for a variable."""
        at, within = 0, ""
        while at < len(text):
            found = _reference(text, at) if text[at] == "$" and depth <= _DEEPEST else None
            if found is None:
                passed = _PASSED[within].match(text, at)
                assert passed is not None
                within = _STATES.get((within, passed.group()), within)
                yield passed.group(), False
                at = passed.end()
            elif found.end < 0:
                yield text[at:], False
                return
            else:
                put = self._replacement(found, within == '"', depth)
                whole = text[at : found.end]
                yield (whole, False) if put is None else (self._spend(put), True)
                at = found.end

    def _replacement(self, found: _Reference, quoted: bool, depth: int) -> str | None:
        nested = found.opening != "" and "$" in found.name
        name = self._inner(found.name, depth) if nested else found.name
        known = self._value(name, found.opening == "{", depth)
        if known is None:
            closing = {"{": "}", "(": ")"}.get(found.opening, "")
            return f"${found.opening}{name}{closing}" if nested else None
        return _quoted(known) if quoted else known

    def _value(self, name: str, braced: bool, depth: int) -> str | None:
        asked = _ASKED.match(name) if braced else None
        value = self.values.get(asked["name"] if asked else name)
        if value is None:
            return self._inner(asked["text"], depth) if asked and asked["default"] else None
        whole = self._inner(value, depth)
        number = asked["word"] if asked else None
        if number is None or number.startswith("-"):
            return whole
        return _nth_word(whole, int(number, 16 if "x" in number.lower() else 10))

    def _inner(self, text: str, depth: int) -> str:
        return self.text(self._spend(text), depth + 1)

    def _spend(self, text: str) -> str:
        self.spent += len(text) + 1
        if self.spent > _MOST:
            raise VariableError("variables grow to more than 16 MiB of text")
        return text


def _reference(text: str, at: int) -> _Reference | None:
    """Return the reference that begins with the `$` there, with a negative end if it has none;
    None if it is a mere sign.
    """
    opening = text[at + 1 : at + 2]
    if opening == "(":
        close = _closing(text, at + 2)
        return _Reference("(", text[at + 2 : close], close + 1 if close >= 0 else -1)
    match = (_BRACED if opening == "{" else _PLAIN).match(text, at)
    if match is None:
        return _Reference("{", "", -1) if opening == "{" else None
    return _Reference(match[1], match[2], match.end())


def _closing(text: str, at: int) -> int:
    depth = 1
    for piece in _PIECE.finditer(text, at):
        depth += {"(": 1, ")": -1}.get(piece.group(), 0)
        if depth == 0:
            return piece.start()
    return -1


def _take_word(text: str) -> tuple[str, str]:
    match = _WORD.match(text)
    assert match is not None
    return match[1], text[match.end() :]


def _nth_word(text: str, number: int) -> str:
    word, text = _take_word(text)
    while number > 0 and (word or text):
        word, text = _take_word(text)
        number -= 1
    return word


def _quoted(value: str) -> str:
    escaped = re.sub(r'["\\$]', r"\\\g<0>", value)
    return re.sub(r"[\x00-\x1f\x7f]", lambda sign: f"\\<{ord(sign.group()):02X}>", escaped)
