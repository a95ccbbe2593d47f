"""The flow language: `a -> b[out] -> c`, `a[x, y] -> [in]b`; every mistake has its column."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

_TOKEN = re.compile(r"\s*(?:(?P<arrow>->)|(?P<word>[A-Za-z0-9_@/]+)|(?P<mark>[\[\],]))")


@dataclass(frozen=True)
class PortName:
    """A port as written, by name or number; offset counts characters from the start of the line."""

    name: str
    offset: int


@dataclass(frozen=True)
class Stop:
    """An atom in a chain: `[input]name[output, output]`."""

    name: str
    offset: int
    inputs: tuple[PortName, ...] = ()
    outputs: tuple[PortName, ...] = ()


@dataclass(frozen=True)
class Hop:
    """One connection between two atoms; a port that is left out is None."""

    source: Stop
    output: PortName | None
    target: Stop
    input: PortName | None


class FlowSyntaxError(Exception):
    """Says what is expected and where: `offset` characters from the start of the line."""

    def __init__(self, offset: int, detail: str) -> None:
        super().__init__(detail)
        self.offset = offset


def parse_flow(text: str) -> tuple[Hop, ...]:
    """Return the connections of one line. Raises FlowSyntaxError."""
    stops = _Parser(text).stops()
    return tuple(_hops(stops))


def _hops(stops: list[Stop]) -> Iterator[Hop]:
    for source, target in pairwise(stops):
        for output in source.outputs or (None,):
            for port in target.inputs or (None,):
                yield Hop(source, output, target, port)


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(_tokens(text))
        self.next = 0

    def stops(self) -> list[Stop]:
        stops = [self._stop()]
        while self._take("->"):
            stops.append(self._stop())
        if self._peek() is not None:
            raise self._error("'->' is expected here")
        self._check_ends(stops)
        return stops

    def _check_ends(self, stops: list[Stop]) -> None:
        if len(stops) == 1:
            raise FlowSyntaxError(
                len(self.text.rstrip()), "a flow connects at least two atoms: write `a -> b`"
            )
        if stops[0].inputs:
            offset = stops[0].inputs[0].offset
            raise FlowSyntaxError(
                offset, "an input is named where packets arrive, not at the start"
            )
        if stops[-1].outputs:
            offset = stops[-1].outputs[0].offset
            raise FlowSyntaxError(offset, "an output is named where packets leave, not at the end")

    def _stop(self) -> Stop:
        inputs = self._ports()
        word, offset = self._word("the name of an atom is expected here")
        return Stop(word, offset, inputs, self._ports())

    def _ports(self) -> tuple[PortName, ...]:
        if not self._take("["):
            return ()
        ports = [PortName(*self._word("the name of a port is expected here"))]
        while self._take(","):
            ports.append(PortName(*self._word("the name of a port is expected here")))
        if not self._take("]"):
            raise self._error("',' or ']' is expected here")
        return tuple(ports)

    def _word(self, detail: str) -> tuple[str, int]:
        token = self._peek()
        if token is None or token[0] in ("->", "[", "]", ","):
            raise self._error(detail)
        self.next += 1
        return token

    def _take(self, mark: str) -> bool:
        token = self._peek()
        if token is None or token[0] != mark:
            return False
        self.next += 1
        return True

    def _peek(self) -> tuple[str, int] | None:
        return self.tokens[self.next] if self.next < len(self.tokens) else None

    def _error(self, detail: str) -> FlowSyntaxError:
        token = self._peek()
        return FlowSyntaxError(token[1] if token else len(self.text.rstrip()), detail)


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    offset = 0
    end = len(text.rstrip())
    while offset < end:
        match = _TOKEN.match(text, offset)
        if match is None:
            bad = offset + len(text[offset:]) - len(text[offset:].lstrip())
            raise FlowSyntaxError(bad, f"{text[bad]!r} means nothing here")
        yield match.group().strip(), match.end() - len(match.group().strip())
        offset = match.end()
