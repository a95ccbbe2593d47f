"""No text that an operator writes becomes elements or arguments that nobody reviewed."""

from __future__ import annotations

import io
import string
from contextlib import nullcontext
from itertools import chain
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from reconciler.diagnostics import Diagnostic
from reconciler.graph import Element, Graph
from reconciler.graph.click_language import NotClickLanguage, parse, render
from reconciler.graph.click_lexer import ClickSyntaxError, Lexer, is_one_argument
from reconciler.library import Library
from reconciler.load import load
from reconciler.resolve.arguments import Binding

EVIL = "x); evil :: Print(HELLO); Idle("
TEXTS = [
    EVIL, "fe80::1%x); evil :: Idle;//", "a//b", "a/*", "a */ b", '"', "'", "\\<", ") (", "(",
    "a, b",
    "tcp) or (udp); evil :: Idle", "eth0;evil::Idle", "10.0.0.1/8 via fe80::1%);evil::Idle 1",
]  # fmt: skip
ATOMS: dict[str, dict[str, Any]] = {
    "Allow": {"rules": ["TEXT"]},
    "AnswerARP": {"addresses": ["TEXT"]},
    "AnswerND": {"addresses": ["TEXT"]},
    "Classify": {"classes": {"one": "TEXT"}},
    "DecapGRE": {"local": "TEXT"},
    "ICMPError": {"source": "TEXT", "type": "TEXT"},
    "EncapEthernet": {"source": "TEXT", "destination": "TEXT"},
    "MatchPatterns": {"rules": "TEXT"},
    "Receive": {"interface": "TEXT"},
    "ResolveNeighbour": {"addresses": ["TEXT"]},
    "Route": {"routes": {"lan": ["TEXT"]}, "file": "TEXT"},
}


def filled(value: Any, text: str) -> Any:
    if isinstance(value, dict):
        return {key: filled(inner, text) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, text) for inner in value]
    return text


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("atom", sorted(ATOMS))
def test_a_text_stays_one_argument_or_is_refused(atom: str, text: str, library: Library) -> None:
    for use in (filled(ATOMS[atom], text), filled(ATOMS[atom], "$free")):
        desired = instance(atom, use, {"free": text})
        diagnostics: list[Diagnostic] = []
        bound = Binding(desired, diagnostics, library.states).atom("one", library.atoms[atom])
        texts = [bound.texts[key] for key in ATOMS[atom] if key in bound.texts]
        for one in chain.from_iterable([t] if isinstance(t, str) else t for t in texts):
            (element,) = parse(f"a :: B({one});").elements
            assert element == Element("a", "B", (one.strip(),))
        assert texts or diagnostics


def instance(atom: str, use: Any, parameters: dict[str, Any]) -> Any:
    objects = [
        {
            "apiVersion": "click-up/v1alpha1",
            "kind": "Device",
            "metadata": {"name": "d"},
            "spec": {"interfaces": {"lan": "eth0;evil"}},
        },
        {
            "apiVersion": "click-up/v1alpha1",
            "kind": "NetworkElement",
            "metadata": {"name": "n"},
            "spec": {
                "version": "1.0.0",
                "interfaces": ["lan"],
                "parameters": parameters,
                "atoms": {"one": {"use": atom, "with": use}},
                "flow": [],
            },
        },
        {
            "apiVersion": "click-up/v1alpha1",
            "kind": "Rollout",
            "metadata": {"name": "r"},
            "spec": {"element": "n", "devices": {"names": ["d"]}},
        },
    ]
    (found,) = load({"a.yaml": _dumped(objects)}).instances()
    return found


def _dumped(objects: list[Any]) -> str:
    out = io.StringIO()
    YAML(typ="safe", pure=True).dump_all(objects, out)
    return out.getvalue()


@given(st.text(string.ascii_lowercase + "(),;:\"'\\/*<> \n", max_size=30))
def test_what_is_one_argument_reads_back_as_itself(text: str) -> None:
    if is_one_argument(text) and text.strip():
        (element,) = parse(f"a :: B({text});").elements
        assert element.arguments == (text.strip(),)


@pytest.mark.parametrize(
    "element",
    [
        Element("a", "B", (EVIL,)),
        Element("a", "B", ("x, y",)),
        Element("a :: Idle; b", "B"),
        Element("a", "B; c :: Idle"),
    ],
)
def test_a_graph_that_would_read_as_another_is_not_written(element: Element) -> None:
    with pytest.raises(NotClickLanguage):
        render(Graph((element,), ()))


@pytest.mark.parametrize(
    "text",
    ["a :: B(" + "/*" * 50_000, "a :: B(" + "\\<" * 50_000, 'a :: B("' + '\\"' * 50_000,
     "x :: Idle;\n" * 20_000, "a :: B(" + "(" * 100_000],
)  # fmt: skip
def test_the_time_to_read_grows_with_the_length(text: str) -> None:
    """Quadratic, a configuration of 4,000 elements took 8.5 s."""
    lexer = Lexer(text)
    unclosed = pytest.raises(ClickSyntaxError, match="never closed")
    with nullcontext() if text.endswith("\n") else unclosed:
        while lexer.peek().kind != "end":
            if not lexer.config():
                lexer.next()
