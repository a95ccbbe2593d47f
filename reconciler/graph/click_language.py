"""Reads and writes element graphs as Click language: written for people, read from drivers'
reports.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import networkx as nx

from reconciler.errors import Stalled
from reconciler.graph.click_lexer import ClickSyntaxError, Lexer, Token
from reconciler.graph.click_variables import Replacing, VariableError, Variables
from reconciler.graph.element_graph import Connection, Element, Graph

__all__ = ["ClickSyntaxError", "parse", "render"]


class NotClickLanguage(Stalled):
    """A graph cannot be written in Click language."""


_KEYWORDS = ("require", "provide", "define", "elementclass")
"""Never names of elements or classes."""
_DRIVER_PREFIX = "click_driver@@"
"""Prefix of elements that a driver adds for itself; they are not part of the graph."""


def render(graph: Graph) -> str:
    """Write the graph in Click language: declarations, then connections, each by atom in flow
    order.

    The text is deterministic. Declarations come first because Click requires it. Raises
    NotClickLanguage when a driver would read another graph from it: then a name or an argument is
    more than that.
    """
    text = _text(graph)
    if parse(text) != graph:
        raise NotClickLanguage("an element's name or argument would be read as something else")
    return text


def _text(graph: Graph) -> str:
    groups = _group_by_atom(graph)
    declarations = [_section(atom, _declaration_lines(elements)) for atom, elements in groups]
    connections = [_section(atom, _connection_lines(elements, graph)) for atom, elements in groups]
    return "\n".join(filter(None, (*declarations, *connections)))


def _group_by_atom(graph: Graph) -> list[tuple[str, list[Element]]]:
    groups: dict[str, list[Element]] = {}
    for element in graph.elements:
        groups.setdefault(element.atom, []).append(element)
    order = {name: place for place, name in enumerate(_flow_order(graph))}
    first = {
        atom: min((order[element.name] for element in elements), default=0)
        for atom, elements in groups.items()
    }
    return sorted(groups.items(), key=lambda item: (item[0] != "", first[item[0]], item[0]))


def _flow_order(graph: Graph) -> list[str]:
    """Return element names from sources to sinks; a cycle, which only foreign graphs have, counts
    as one node.
    """
    flow: nx.DiGraph[str] = nx.DiGraph((wire.source, wire.target) for wire in graph.connections)
    flow.add_nodes_from(element.name for element in graph.elements)
    parts = nx.condensation(flow)
    members = nx.get_node_attributes(parts, "members")
    places = nx.lexicographical_topological_sort(parts, key=lambda part: min(members[part]))
    return [name for part in places for name in sorted(members[part])]


def _section(atom: str, lines: list[str]) -> str:
    heading = [f"// {atom}"] if atom else []
    return "\n".join([*heading, *lines]) + "\n" if lines else ""


def _declaration_lines(elements: Iterable[Element]) -> list[str]:
    return [f"{declaration(element)};" for element in elements]


def _connection_lines(elements: Iterable[Element], graph: Graph) -> list[str]:
    names = {element.name for element in elements}
    return [f"{wire};" for wire in graph.connections if wire.source in names]


def declaration(element: Element) -> str:
    """Return `name :: Class(arguments)`."""
    arguments = f"({', '.join(element.arguments)})" if element.arguments else ""
    return f"{element.name} :: {element.class_name}{arguments}"


def parse(text: str) -> Graph:
    """Parse a flat configuration, as drivers print it. Raises ClickSyntaxError."""
    return _Parser(Lexer(text)).graph()


@dataclass(frozen=True)
class _Use:
    """An element as it occurs in a chain: a name, or a class for an anonymous element."""

    word: Token
    config: tuple[str, ...] | None
    input: int | None
    output: int | None


@dataclass
class _Parser:
    """Collects declarations and chains first, since a configuration may use names before declaring
    them.
    """

    lexer: Lexer
    elements: dict[str, Element] = field(default_factory=dict)
    chains: list[list[_Use]] = field(default_factory=list)
    variables: Variables = field(default_factory=Variables)
    places: dict[str, Token] = field(default_factory=dict)

    def graph(self) -> Graph:
        while self.lexer.peek().kind != "end":
            self._statement()
        connections = [wire for chain in self.chains for wire in self._connect(chain)]
        replacing = Replacing(self.variables.values)
        elements = (self._replaced(element, replacing) for element in self.elements.values())
        kept = {e.name: e for e in elements if not e.name.startswith(_DRIVER_PREFIX)}
        ours = (w for w in connections if w.source in kept and w.target in kept)
        return Graph(tuple(kept.values()), tuple(ours))

    def _statement(self) -> None:
        if self.lexer.take(";"):
            return
        first = self.lexer.peek()
        if first.text in ("require", "provide", "define"):
            self._declaration(self.lexer.next())
        elif first.text == "elementclass":
            raise ClickSyntaxError(
                first.line, first.column, f"{first.text} in a flat configuration"
            )
        else:
            self._chain()

    def _declaration(self, word: Token) -> None:
        if self.lexer.peek().kind != "(":
            raise self.lexer.unexpected("'('")
        arguments = self.lexer.config()
        if word.text != "define":
            return
        try:
            self.variables.define(arguments)
        except VariableError as error:
            raise ClickSyntaxError(word.line, word.column, str(error)) from None

    def _chain(self) -> None:
        chain = [self._use()]
        while self.lexer.take("->"):
            chain.append(self._use())
        if self.lexer.peek().kind not in ("end", ";", "word", "["):
            raise self.lexer.unexpected("'->' or ';'")
        for use, port in ((chain[0], chain[0].input), (chain[-1], chain[-1].output)):
            if port is not None:
                detail = f"port {port} of {use.word.text!r} is connected to nothing"
                raise ClickSyntaxError(use.word.line, use.word.column, detail)
        self.chains.append(chain)

    def _use(self) -> _Use:
        port = self._port()
        words = [self._word()]
        while self.lexer.take(","):
            words.append(self._word())
        config: tuple[str, ...] | None = None
        if self.lexer.take("::"):
            class_name = self._word()
            arguments = self.lexer.config()
            for word in words:
                self._declare(word, class_name.text, arguments)
        elif len(words) > 1:
            raise self.lexer.unexpected("'::'")
        elif self.lexer.peek().kind == "(":
            config = self.lexer.config()
        return _Use(words[-1], config, port, self._port())

    def _word(self) -> Token:
        if self.lexer.peek().text in _KEYWORDS:
            raise self.lexer.unexpected("a name")
        return self.lexer.word()

    def _port(self) -> int | None:
        if not self.lexer.take("["):
            return None
        word = self.lexer.word()
        if not word.text.isdigit():
            raise ClickSyntaxError(word.line, word.column, f"{word.text!r} is not a port number")
        if not self.lexer.take("]"):
            raise self.lexer.unexpected("']'")
        return int(word.text)

    def _declare(self, word: Token, class_name: str, arguments: tuple[str, ...]) -> None:
        if word.text in self.elements:
            raise ClickSyntaxError(word.line, word.column, f"{word.text!r} is declared twice")
        self._add(word.text, class_name, arguments, word)

    def _add(self, name: str, class_name: str, arguments: tuple[str, ...], word: Token) -> None:
        self.elements[name] = Element(name, class_name, arguments)
        self.places[name] = word

    def _replaced(self, element: Element, replacing: Replacing) -> Element:
        word = self.places[element.name]
        try:
            return replace(element, arguments=replacing.arguments(element.arguments))
        except VariableError as error:
            raise ClickSyntaxError(word.line, word.column, f"{word.text!r}: {error}") from None

    def _connect(self, chain: Sequence[_Use]) -> Iterator[Connection]:
        names = [self._name(use) for use in chain]
        for (source, name), (target, next_name) in _pairs(list(zip(chain, names, strict=True))):
            yield Connection(name, source.output or 0, next_name, target.input or 0)

    def _name(self, use: _Use) -> str:
        word = use.word
        if use.config is None and word.text in self.elements:
            return word.text
        if use.config is None and not word.text[0].isupper():
            raise ClickSyntaxError(word.line, word.column, f"undeclared element {word.text!r}")
        # Click numbers anonymous elements by their position among all elements.
        name = f"{word.text}@{len(self.elements) + 1}"
        self._add(name, word.text, use.config or (), word)
        return name


def _pairs(
    items: Iterable[tuple[_Use, str]],
) -> Iterator[tuple[tuple[_Use, str], tuple[_Use, str]]]:
    before = None
    for item in items:
        if before is not None:
            yield before, item
        before = item
