"""Values that operators write: their kinds, `$name` in them, and how Click writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from reconciler.library.packet_patterns import word_mistake

_REFERENCE = re.compile(r"\$(?:\{(?P<braced>\w+)\}|(?P<bare>[A-Za-z_]\w*))")
_BARE = re.compile(r"[A-Za-z0-9_.:/@%+*=<>!-]+")


class UnknownParameter(Exception):
    """`$name` names no parameter; `.name` is it."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def kind_of(value: object) -> str:
    """What a person would call the value."""
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
    """Whether a value cannot stand where this default does."""
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        return False
    return kind_of(value) != kind_of(default)


def substitute(value: Any, parameters: Mapping[str, Any]) -> Any:
    """The value with every `$name` replaced; one that is all of a text keeps its type.

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
    return _REFERENCE.sub(lambda match: plain(_lookup(match, parameters)), text)


def _lookup(match: re.Match[str], parameters: Mapping[str, Any]) -> Any:
    name = match["braced"] or match["bare"]
    if name not in parameters:
        raise UnknownParameter(name)
    return parameters[name]


def plain(value: object) -> str:
    """A value as Click reads it where no quoting is needed."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.9f}".rstrip("0").rstrip(".")
    return str(value)


def quoted(text: str) -> str:
    """A text as one Click word, in quotes where it needs them."""
    if _BARE.fullmatch(text) and "//" not in text and "/*" not in text:
        return text
    escaped = re.sub(r'(["\\$])', r"\\\1", text).replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def pattern_mistake(pattern: object) -> str | None:
    """Why a value cannot be a Classifier or IPFilter pattern, None when it can."""
    if not isinstance(pattern, str) or not pattern.strip():
        return "a pattern is text, like 'tcp dst port 80'"
    if "," in pattern:
        return "a pattern holds no ','; write one entry for each"
    if pattern.count("(") != pattern.count(")"):
        return "the parentheses do not match"
    if any(mark in pattern for mark in ('"', "\n", "//", "/*")):
        return "a pattern is one line without quotes and comments"
    return word_mistake(pattern)
