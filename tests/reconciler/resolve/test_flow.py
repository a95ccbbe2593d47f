"""The flow language and the columns of its mistakes."""

import pytest

from reconciler.resolve.flow import FlowSyntaxError, parse_flow


def hops(text):
    return [
        (
            hop.source.name,
            hop.output.name if hop.output else None,
            hop.target.name,
            hop.input.name if hop.input else None,
        )
        for hop in parse_flow(text)
    ]


def test_chain_with_ports():
    assert hops("a -> b[out] -> [in]c") == [("a", None, "b", None), ("b", "out", "c", "in")]


def test_several_outputs_go_to_one():
    assert hops("check_in[new, invalid] -> rejected") == [
        ("check_in", "new", "rejected", None),
        ("check_in", "invalid", "rejected", None),
    ]


def test_spaces_do_not_matter():
    assert hops(" a[ x ]->b ") == hops("a[x] -> b")


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("", 0),
        ("a", 1),
        ("a ->", 4),
        ("a - b", 2),
        ("a -> -> b", 5),
        ("a[ -> b", 3),
        ("a[x -> b", 4),
        ("a[x,] -> b", 4),
        ("[x]a -> b", 1),
        ("a -> b[y]", 7),
        ("a -> b c", 7),
        ("a -> b; c", 6),
    ],
)
def test_mistakes_have_columns(text, offset):
    with pytest.raises(FlowSyntaxError) as caught:
        parse_flow(text)
    assert caught.value.offset == offset
