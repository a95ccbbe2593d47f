"""Values of variables are put into arguments, within bounds, and change nothing around them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.graph import Element
from reconciler.graph.click_language import ClickSyntaxError, parse, render

PIECES = [
    "$A",
    "${B-$A}",
    '"',
    "'",
    r"\<",
    ">",
    "/*",
    "*/",
    "//",
    "\n",
    "(",
    ")",
    ",",
    "x",
    "$",
    "{",
]


def arguments(definitions: str, written: str) -> tuple[str, ...]:
    [element] = parse(f"define({definitions}) e :: Print({written})").elements
    return element.arguments


def test_what_click_flatten_writes_is_read() -> None:
    graph = parse(
        'define($N 2, $LABEL eth0);\n\n# 2 "d.click"\n'
        "InfiniteSource@1 :: InfiniteSource(LIMIT $N);\nPrint@2 :: Print($LABEL);\n"
        "InfiniteSource@1 -> Print@2;\n"
    )
    assert graph.elements == (
        Element("InfiniteSource@1", "InfiniteSource", ("LIMIT 2",)),
        Element("Print@2", "Print", ("eth0",)),
    )


@pytest.mark.parametrize(
    ("definitions", "written"),
    [("$A /", "/$A x"), ("$A <", r"\$A 00"), ("$A $", "$A{B-5}")],
)
def test_nothing_begins_in_one_value_and_ends_in_another(definitions: str, written: str) -> None:
    with pytest.raises(ClickSyntaxError, match="arguments are not whole"):
        arguments(definitions, written)


@pytest.mark.parametrize("last", ["$V0 0123456789", "$V0"])
def test_values_do_not_grow_without_bounds(last: str) -> None:
    levels = [f"$V{n} {f'${{V{n - 1}}}' * 100}" for n in range(1, 10)]
    with pytest.raises(ClickSyntaxError, match="more than 16 MiB of text"):
        arguments(", ".join([last, *levels]), '"$V9"')


def test_reading_takes_linear_time() -> None:
    odd = "".join(f"$({sign} " for sign in (r"\<", "/*", "'", '"', "${", "$(")) * 20_000
    for text in (f"$({odd})", odd.replace("/*", "") + "'\"> */", "$A${A}$(A)" * 20_000):
        with pytest.raises(ClickSyntaxError):
            parse(f"define($A x) e :: Print({text}) -> 5 :: [")


@given(
    st.lists(st.sampled_from(PIECES)).map("".join), st.sampled_from(["x y", "<", "/", "'q'", ""])
)
def test_what_is_read_is_written_and_read_again(written: str, value: str) -> None:
    try:
        graph = parse(f"define($A {value}) e :: Print({written})")
    except ClickSyntaxError:
        return
    assert parse(render(graph)) == graph
