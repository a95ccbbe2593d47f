"""Values that operators write: their types, references `$name` in them, and their form in Click."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from reconciler.library.packet_patterns import word_mistake

_REFERENCE = re.compile(r"\$(?:\{(?P<braced>\w+)\}|(?P<bare>[A-Za-z_]\w*))")
_BARE = re.compile(r"[A-Za-z0-9_.:/@%+*=<>!-]+")


class UnknownParameter(Exception):
    """`$name` refers to no parameter; `.name` holds the name."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def value_type(value: object) -> str:
    """Return the type of a value in words for people."""
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int):
        return "a whole number"
    if isinstance(value, float):
        return "a number"
    if isinstance(value, str):
        return "text"
    if isinstance(value, Mapping):
        return "a mapping"
    return "a list" if isinstance(value, (list, tuple)) else "nothing"


def mismatch(value: object, default: object) -> bool:
    """Tell whether a value is of another type than this default."""
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        return False
    return value_type(value) != value_type(default)


def substitute(value: Any, parameters: Mapping[str, Any]) -> Any:
    """Return the value with every `$name` replaced; a text that is only a reference gets the
    parameter's type.

    Raises UnknownParameter.
    """
    if isinstance(value, str):
        return _substitute_text(value, parameters)
    if isinstance(value, Mapping):
        return {key: substitute(inner, parameters) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [substitute(inner, parameters) for inner in value]
    return value


def _substitute_text(text: str, parameters: Mapping[str, Any]) -> Any:
    whole = _REFERENCE.fullmatch(text)
    if whole:
        return _lookup(whole, parameters)
    return _REFERENCE.sub(lambda match: click_text(_lookup(match, parameters)), text)


def _lookup(match: re.Match[str], parameters: Mapping[str, Any]) -> Any:
    name = match["braced"] or match["bare"]
    if name not in parameters:
        raise UnknownParameter(name)
    return parameters[name]


def click_text(value: object) -> str:
    """Return a value as Click reads it where no quotes are needed."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.9f}".rstrip("0").rstrip(".")
    return str(value)


def quote_word(text: str) -> str:
    """Return a text as one Click word, quoted if need be."""
    if _BARE.fullmatch(text) and "//" not in text and "/*" not in text:
        return text
    escaped = re.sub(r'(["\\$])', r"\\\1", text).replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def pattern_mistake(pattern: object) -> str | None:
    """Return why a value cannot be a Classifier or IPFilter pattern, or None."""
    if not isinstance(pattern, str) or not pattern.strip():
        return "a pattern is text, like 'tcp dst port 80'"
    if "," in pattern:
        return "a pattern holds no ','; write one entry for each"
    depth = 0
    for mark in pattern:
        depth += {"(": 1, ")": -1}.get(mark, 0)
        if depth < 0:
            break
    if depth:
        return "the parentheses do not match"
    if any(mark in pattern for mark in ('"', "'", "\\", ";", "\n", "//", "/*")):
        return "a pattern is one line without quotes, ';' and comments"
    return word_mistake(pattern)
