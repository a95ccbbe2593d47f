"""The driver, the reconciler and, where it is installed, Click itself read the same from a
configuration.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from reconciler.graph import Graph
from reconciler.graph.click_language import ClickSyntaxError, parse

CLICK = shutil.which("click")
DECLARED = "a :: Idle b :: Discard "
VARIABLES = [
    ("$N 2, $LABEL eth0", "$LABEL$N", "eth02"),
    ("$A $B, $B 5", "$A", "5"),
    ("$A x/* no */y//no\nz", '"$A"', '"x y z"'),
    ('$A "x y"', "${A}", '"x y"'),
    ('$A "x y"', '"a $A"', r'"a \"x y\""'),
    ("$A 'x'", "a$A", "a'x'"),
    (r'$A "q\"u\$o" t', '"$A"', r'"\"q\\\"u\\\$o\" t"'),
    ("$A x", "'$A'", "'$A'"),
    ("$A x", r'"\$A \\$A"', r'"\$A \\x"'),
    ("$_a9 5", r"\<$_a9 5>", r"\<5 5>"),
    ('$A one "two x" three', '"${A[1]}"', r'"\"two x\""'),
    ("$A one two", '"${A [ 0x1] -d}|${A[9]}|${A[1 ]}|${A[-1]}"', '"two||one two|one two"'),
    ("$A x", '"$(A) ${ A } ${A zzz} ${B-d $A} ${B} ${A-d}"', '"x x x d x ${B} x"'),
    ("$A x, $C A", '"${$C} $($C) ${Q$C} ${Q$C-d} $$C $?"', '"x x ${QA} d $$C $?"'),
    ("$A x", '"${A"', '"${A"'),
    ("$A x", '"$(A"', '"$(A"'),
    ("$A x", '"$Ab $A-b $"', '"$Ab x-b $"'),
    ("$A a$A", "$A", "aaaaaaaaaaa$A"),
    ("$A", '"$A"', '""'),
    ("$A", "$A", "$A"),
    ("$A, $B x", "$A$B", "x"),
    ("", "${A-7}", "7"),
    (",,$A 5,", "$A", "5"),
]
"""Definitions, an argument, and what it becomes."""
ACCEPTED = [
    DECLARED + "a -> b",
    "a :: Idle\nb :: Discard\na -> b",
    DECLARED + "a -> b a b",
    "a :: Idle -> b :: Discard c :: Idle -> b define($A x) e :: Idle -> d :: Discard",
    DECLARED + "a -> b; ; a;",
]
REFUSED = [
    DECLARED + "a - > b",
    DECLARED + "a [0] b a -> b",
    DECLARED + "a -> b c",
    DECLARED + "a -> b [0] a -> b",
    DECLARED + "[0] a -> b",
    DECLARED + "a -> b ) a",
    DECLARED + "a -> b :: a",
    DECLARED + "a -> define -> b",
    DECLARED + "a -> b c :: require",
    DECLARED + "a -> b define($A 5) define($A 6)",
    DECLARED + "a -> b define(A 5)",
    DECLARED + "a -> b define($ 5)",
    DECLARED + "a -> b define($A$B 5)",
    DECLARED + 'a -> b define($A"x" 5)',
    DECLARED + "a -> b define x",
    DECLARED + "a -> b define($A 5",
    DECLARED + "a -> b define($A 5) $A",
]


def by_driver(driver: Path, text: str) -> Graph | None:
    """Return what it runs; None if it refuses the text with its reasons."""
    command = [driver, "-q", "-o", "-", "-e", text]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode == 0) == (done.stderr == "")
    return parse(done.stdout) if done.returncode == 0 else None


def by_reconciler(text: str) -> Graph | None:
    """Return what it reads; None if it refuses the text."""
    try:
        return parse(text)
    except ClickSyntaxError:
        return None


def by_click(text: str) -> Graph | None:
    """Return what Click runs; None if it refuses the text."""
    command = [str(CLICK), "-q", "-h", "flatconfig", "-e", text]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return parse(done.stdout) if done.returncode == 0 else None


def argument_of(graph: Graph | None) -> str:
    assert graph is not None
    [printer] = [element for element in graph.elements if element.class_name == "Print"]
    return ", ".join(printer.arguments)


@pytest.mark.parametrize(("definitions", "argument", "value"), VARIABLES)
def test_variables(driver: Path, definitions: str, argument: str, value: str) -> None:
    text = f"Idle -> Print({argument}) -> Discard; define({definitions})"
    assert argument_of(by_driver(driver, text)) == value
    assert argument_of(by_reconciler(text)) == value
    if CLICK is not None:
        assert argument_of(by_click(text)) == value


@pytest.mark.parametrize("text", ACCEPTED)
def test_statements(driver: Path, text: str) -> None:
    assert by_reconciler(text) == by_driver(driver, text) is not None
    if CLICK is not None:
        assert by_click(text) == by_reconciler(text)


@pytest.mark.parametrize("text", REFUSED)
def test_mistakes(driver: Path, text: str) -> None:
    assert by_driver(driver, text) is None
    assert by_reconciler(text) is None
    if CLICK is not None:
        assert by_click(text) is None
