"""Converts values that operators give to atoms and states into Click text."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from ipaddress import ip_address, ip_interface, ip_network
from typing import Any, TypeVar

from reconciler.library.values import click_text, pattern_mistake, quote_word, value_type
from reconciler.yaml.documents import Path
from schemas.atom import AtomParameter, AtomParameterType
from schemas.element import ElementParameter, ParameterType
from schemas.meta import GraphName, Model, parse_duration

P = TypeVar("P", int, str, Path)


class _Name(Model):
    name: GraphName


class Mistake(Exception):
    """Why a value does not fit; `.path` leads from the value to the part at fault."""

    def __init__(self, detail: str, hint: str = "", path: Path = ()) -> None:
        super().__init__(detail)
        self.hint = hint
        self.path = path


def mistakes_in(group: ExceptionGroup[Mistake]) -> Iterator[Mistake]:
    """Return all mistakes of a group, including those of groups in it."""
    for one in group.exceptions:
        if isinstance(one, ExceptionGroup):
            yield from mistakes_in(one)
        else:
            yield one


def atom_text(parameter: AtomParameter, value: Any) -> str | tuple[str, ...]:
    """Return the Click text of a value of an atom's parameter. Raises Mistake or a
    group of them.
    """
    kind = parameter.type
    if kind is AtomParameterType.RULES:
        return _each(_rule, enumerate(_list(value)))
    if kind is AtomParameterType.CLASSES:
        return _classes(value)
    if kind is AtomParameterType.STRINGS:
        return _each(_string, enumerate(_list(value)))
    if kind is AtomParameterType.ROUTES:
        return _routes(value)
    if kind is AtomParameterType.NAMES:
        return _each(_name, enumerate(_list(value)))
    if kind is AtomParameterType.ADDRESSES:
        return _each(_address, enumerate(_list(value)))
    return _bounded(ParameterType(kind.value), parameter, value)


def element_text(parameter: ElementParameter, value: Any) -> str:
    """Return the Click text of a value of an element class's parameter. Raises Mistake or a group
    of them.
    """
    if not parameter.repeated:
        return _bounded(parameter.type, parameter, value)
    if value in ([], ()) and parameter.default is not None:
        return click_text(parameter.default)
    return quote_word("; ".join(_each(_list_entry, enumerate(_list(value)))))


def _list_entry(index: int, entry: Any) -> str:
    if not isinstance(entry, str) or ";" in entry:
        raise Mistake(f"{entry!r} is not an entry: text without ';' is expected", path=(index,))
    return entry.strip()


def _bounded(kind: ParameterType, parameter: AtomParameter | ElementParameter, value: Any) -> str:
    text = _scalar(kind, value)
    number = parse_duration(value) if kind is ParameterType.DURATION else value
    for bound, word, outside in (
        (parameter.minimum, "less", operator.lt),
        (parameter.maximum, "more", operator.gt),
    ):
        if bound is not None and outside(number, bound):
            raise Mistake(f"{value} is {word} than {click_text(bound)} {parameter.unit}".rstrip())
    return text


def _scalar(kind: ParameterType, value: Any) -> str:
    expected = {
        ParameterType.INT: ("a whole number",),
        ParameterType.REAL: ("a number", "a whole number"),
        ParameterType.RATE: ("a number", "a whole number"),
        ParameterType.BOOL: ("true or false",),
        ParameterType.STRING: ("text", "a whole number", "a number"),
    }.get(kind, ("text",))
    if kind is ParameterType.DURATION:
        return _duration(value)
    if value_type(value) not in expected:
        raise Mistake(f"{value!r} is {value_type(value)}, expected {expected[0]}")
    return quote_word(str(value)) if kind is ParameterType.STRING else click_text(value)


def _duration(value: Any) -> str:
    try:
        seconds = parse_duration(value)
    except ValueError as error:
        raise Mistake(str(error)) from None
    return click_text(seconds) + "s"


def _list(value: Any) -> list[Any]:
    if not isinstance(value, (list, tuple)) or not value:
        raise Mistake("a list with at least one entry is expected")
    return list(value)


def _each(read: Callable[[P, Any], str], entries: Iterable[tuple[P, Any]]) -> tuple[str, ...]:
    """Return the text of each entry. Raises all their mistakes at once."""
    texts: list[str] = []
    mistakes: list[Mistake] = []
    for place, value in entries:
        try:
            texts.append(read(place, value))
        except Mistake as mistake:
            mistakes.append(mistake)
    if mistakes:
        raise ExceptionGroup("entries with mistakes", mistakes)
    return tuple(texts)


def _rule(index: int, rule: Any) -> str:
    action, pattern, path = "allow", rule, (index,)
    if isinstance(rule, Mapping):
        if len(rule) != 1 or next(iter(rule)) not in ("allow", "deny"):
            raise Mistake("a rule is a pattern, {allow: pattern} or {deny: pattern}", path=path)
        action, pattern = next(iter(rule.items()))
    mistake = pattern_mistake(pattern)
    if mistake:
        raise Mistake(mistake, path=path)
    # The second output takes denied packets; Click's own word for it would drop them.
    return f"{'allow' if action == 'allow' else '1'} {pattern.strip()}"


def _classes(value: Any) -> tuple[str, ...]:
    if not isinstance(value, Mapping) or not value:
        raise Mistake("a mapping from output to pattern is expected, like {web: tcp dst port 80}")
    return _each(_class, (one for name, given in value.items() for one in _patterns(name, given)))


def _patterns(name: str, given: Any) -> list[tuple[Path, Any]]:
    """Return the patterns of a class, each with its place."""
    if not isinstance(given, (list, tuple)) or not given:
        return [((name,), given)]
    return [((name, index), pattern) for index, pattern in enumerate(given)]


def _class(path: Path, pattern: Any) -> str:
    if path[1:] in ((), (0,)):  # once for each class
        _name(path[0], path[0])
    mistake = pattern_mistake(pattern)
    if mistake:
        raise Mistake(mistake, path=path)
    return str(pattern).strip()


def _string(index: int, text: Any) -> str:
    if not isinstance(text, str) or "," in text:
        raise Mistake(f"{text!r} is not text without commas", path=(index,))
    return text.strip()


def _routes(value: Any) -> tuple[str, ...]:
    """Return a text for each route; outputs are numbered in their order."""
    if not isinstance(value, Mapping) or not value:
        raise Mistake("a mapping from output to prefixes is expected, like {lan: [10.0.0.0/8]}")
    _each(_name, ((name, name) for name in value))
    entries = [
        ((name, index), (number, prefix))
        for number, (name, prefixes) in enumerate(value.items())
        for index, prefix in enumerate(_prefixes(name, prefixes))
    ]
    return _each(_route, entries)


def _prefixes(name: str, prefixes: Any) -> list[Any]:
    if not isinstance(prefixes, (list, tuple)):
        raise Mistake("a list of prefixes is expected, [] for none", path=(name,))
    return list(prefixes)


def _route(path: Path, route: tuple[int, Any]) -> str:
    """Return `PREFIX [via GATEWAY]` with the number of its output, as LookupRoute takes it."""
    number, text = route
    words = str(text).split()
    if not isinstance(text, str) or len(words) not in (1, 3) or words[1:2] not in ([], ["via"]):
        raise Mistake(f"{text!r} is not a route", "Write PREFIX or PREFIX via GATEWAY.", path)
    try:
        prefix = ip_network(words[0])
        gateway = ip_address(words[2]) if words[1:] else None
    except ValueError as error:
        raise Mistake(f"{text!r} is not a route: {error}", path=path) from None
    if gateway is not None and gateway.version != prefix.version:
        raise Mistake(f"{text!r}: prefix and gateway are of different IP versions", path=path)
    return " ".join([str(prefix), *([str(gateway)] if gateway else []), str(number)])


def _address(index: int, text: Any) -> str:
    """Return `192.0.2.1/24`, the usual form of an interface's address."""
    try:
        return str(ip_interface(text if isinstance(text, str) else ""))
    except ValueError:
        hint = "Write the address and the length of its prefix: 192.0.2.1/24."
        raise Mistake(f"{text!r} is not an IP address", hint, (index,)) from None


def _name(place: str | int, name: Any) -> str:
    try:
        return _Name(name=name).name
    except ValueError:
        detail = f"{name!r} cannot name an output"
        hint = "Use lower-case letters, digits and '_', a letter first."
        raise Mistake(detail, hint, (place,)) from None
