"""Selects records: `state == established and first_address in 10.0.0.0/8`.

condition   or | and | not, parentheses; FIELD OPERATOR VALUE
operators   == != < <= > >=, `in` for prefixes of addresses, `has` for bits
values      numbers (also 0x1f), names of values and bits, addresses, text, other bytes in
            hexadecimal, times as 2026-01-31T12:00:00Z
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from ipaddress import IPv4Network, ip_address, ip_network
from typing import Any

import numpy as np

from reconciler.checkpoints.columns import Column, Kind, Mask
from reconciler.diagnostics import did_you_mean

Compare = Callable[[Any, Any], Any]

_TOKEN = re.compile(r"\s*(?:([()]|[=!<>]=?)|([^\s()=!<>]+))")
_OPERATORS: dict[str, Compare] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ORDERED = (Kind.NUMBER, Kind.NAMED, Kind.SECONDS, Kind.MOMENT)
_MAPPED = b"\0" * 10 + b"\xff" * 2


class WhereError(ValueError):
    """The condition cannot be parsed; the message says where and what is expected."""


def select(text: str, columns: Sequence[Column]) -> Mask:
    """Return a mask of the records for which the condition holds. Raises WhereError."""
    reading = _Reading(text, {column.name: column for column in columns})
    mask = reading.either()
    reading.end()
    return mask


class _Reading:
    def __init__(self, text: str, columns: Mapping[str, Column]) -> None:
        self._text = text
        self._tokens: list[tuple[str, int]] = []
        self._columns = columns
        self._at = 0
        self._depth = 0
        at = 0
        while at < len(text.rstrip()):
            match = _TOKEN.match(text, at)
            assert match is not None  # any character is one of the two
            self._tokens.append((match[1] or match[2], match.start(match.lastindex or 0)))
            at = match.end()

    def either(self) -> Mask:
        mask = self._both()
        while self._take("or"):
            mask = mask | self._both()
        return mask

    def end(self) -> None:
        if self._at < len(self._tokens):
            raise self._error(f"expected `and`, `or` or the end, found {self._word()!r}")

    def _both(self) -> Mask:
        mask = self._one()
        while self._take("and"):
            mask = mask & self._one()
        return mask

    def _one(self) -> Mask:
        self._depth += 1
        if self._depth > 50:
            raise self._error("more than 50 conditions within each other")
        try:
            if self._take("not"):
                return ~self._one()
            if not self._take("("):
                return self._comparison()
            mask = self.either()
            if not self._take(")"):
                raise self._error("expected `)`")
            return mask
        finally:
            self._depth -= 1

    def _comparison(self) -> Mask:
        name = self._word()
        column = self._columns.get(name)
        if column is None:
            known = did_you_mean(name, self._columns)
            raise self._error(f"no field {name!r}. {known}" if name else "expected a field")
        self._at += 1
        sign = self._word()
        if sign not in _OPERATORS and sign not in ("in", "has"):
            raise self._error("expected ==, !=, <, <=, >, >=, in or has")
        self._at += 1
        value = self._word()
        if not value:
            raise self._error("expected a value")
        mask = self._compare_all(column, sign, value)
        self._at += 1
        return mask

    def _compare_all(self, column: Column, sign: str, value: str) -> Mask:
        """Compare all records, where a field has several readings: a value that only one of them
        can have differs from all others.
        """
        mask = np.full(len(column.raw), sign == "!=")
        wrong: list[WhereError] = []
        readings = column.readings()
        for which, reading in readings:
            try:
                mask[which] = self._compare(reading.only(which), sign, value)
            except WhereError as error:
                wrong.append(error)
        if len(wrong) == len(readings):
            raise wrong[0]
        return mask

    def _compare(self, column: Column, sign: str, value: str) -> Any:
        if sign == "in":
            return self._inside(column, value)
        if sign == "has":
            if column.kind is not Kind.BITS:
                raise self._error(f"`has` is for bits, {column.name} is of kind {column.kind}")
            return (column.raw & self._number(column, value)) != 0
        if column.kind not in _ORDERED and sign not in ("==", "!="):
            raise self._error(f"{column.name} has no order: use == or !=")
        if column.raw.ndim == 1:
            return _OPERATORS[sign](column.raw, self._scalar(column, value))
        same = (column.raw == np.frombuffer(self._bytes(column, value), np.uint8)).all(axis=1)
        return same if sign == "==" else ~same

    def _inside(self, column: Column, value: str) -> Any:
        if column.kind is not Kind.ADDRESS:
            raise self._error(f"`in` is for addresses, {column.name} is of kind {column.kind}")
        try:
            network = ip_network(value)
        except ValueError as error:
            raise self._error(f"{error}; expected a prefix, such as 10.0.0.0/8") from error
        width = column.raw.shape[1]
        prefix = self._as_wide(network.network_address.packed, width)
        mask = network.netmask.packed
        if isinstance(network, IPv4Network) and width == 16:
            mask = b"\xff" * 12 + mask
        bits = np.frombuffer(mask, np.uint8)
        return ((column.raw & bits) == np.frombuffer(prefix, np.uint8)).all(axis=1)

    def _scalar(self, column: Column, value: str) -> Any:
        if column.kind is Kind.MOMENT:
            return self._moment(value)
        if column.kind is Kind.SECONDS:
            return self._converted(float, value, "a number of seconds")
        return self._number(column, value)

    def _number(self, column: Column, value: str) -> int:
        for number, word in column.words.items():
            if word == value:
                return number
        if column.words and not re.match(r"-?\d", value):
            hint = did_you_mean(value, column.words.values())
            raise self._error(f"{column.name} has no value {value!r}. {hint}")
        number = int(self._converted(lambda text: int(text, 0), value, "a number"))
        bounds = np.iinfo(column.raw.dtype)
        if not bounds.min <= number <= bounds.max:
            raise self._error(f"{column.name} has numbers from {bounds.min} to {bounds.max}")
        return number

    def _moment(self, value: str) -> Any:
        text = value.removesuffix("Z")
        return self._converted(lambda _: np.datetime64(text, "ns"), value, "a time in UTC")

    def _bytes(self, column: Column, value: str) -> bytes:
        width = column.raw.shape[1]
        if column.kind is Kind.ADDRESS:
            address = self._converted(ip_address, value, "an address")
            return self._as_wide(bytes(address.packed), width)
        if column.kind is Kind.TEXT:
            return self._padded(value.encode(), width)
        text = value.replace(":", "")
        data = bytes(self._converted(bytes.fromhex, text, "bytes in hexadecimal"))
        if len(data) != width:
            raise self._error(f"{column.name} has {width} bytes, {value!r} has {len(data)}")
        return data

    def _padded(self, text: bytes, width: int) -> bytes:
        if len(text) > width:
            raise self._error(f"at most {width} bytes of text are here")
        return text.ljust(width, b"\0")

    def _as_wide(self, packed: bytes, width: int) -> bytes:
        if len(packed) == 4 and width == 16:
            return _MAPPED + packed
        if len(packed) != width:
            raise self._error("an IPv6 address cannot be here")
        return packed

    def _converted(self, convert: Callable[[str], Any], value: str, expected: str) -> Any:
        try:
            return convert(value)
        except ValueError as error:
            raise self._error(f"expected {expected}, found {value!r}") from error

    def _take(self, word: str) -> bool:
        if self._word() != word:
            return False
        self._at += 1
        return True

    def _word(self) -> str:
        return self._tokens[self._at][0] if self._at < len(self._tokens) else ""

    def _error(self, what: str) -> WhereError:
        place = self._tokens[self._at][1] if self._at < len(self._tokens) else len(self._text)
        return WhereError(f"character {place + 1}: {what}")
