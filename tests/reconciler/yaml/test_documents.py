"""Values keep their positions."""

from itertools import pairwise

import pytest

from reconciler.diagnostics import Position
from reconciler.yaml.documents import read_documents


def one(text):
    documents, diagnostics = read_documents("f.yaml", text)
    assert diagnostics == ()
    return documents[0]


def test_scalars_are_what_yaml_1_2_says():
    document = one("{a: 1, b: 0x1f, c: 1.5, d: true, e: yes, f: ~, g: '1', h: 2s, i: [1, x]}")
    expected = {"a": 1, "b": 31, "c": 1.5, "d": True, "e": "yes", "f": None, "g": "1", "h": "2s"}
    assert document.value == {**expected, "i": [1, "x"]}


def test_positions_of_keys_and_values():
    document = one("a:\n  b: {c: 'x y'}\n  d:\n    - z\n")
    assert document.key_at("a", "b", "c") == Position("f.yaml", 2, 7)
    assert document.at("a", "b", "c") == Position("f.yaml", 2, 11), "behind the quote"
    assert document.at("a", "d", 0) == Position("f.yaml", 4, 7)
    assert document.at("a", "d", 7) == document.at("a", "d"), "the nearest thing around"


@pytest.mark.parametrize(
    ("text", "place", "word"),
    [
        ("a: 1\n\tb: 2\n", (2, 1), "tab"),
        ("a: b: c\n", (1, 5), "Quote"),
        ("a: @b\n", (1, 4), "Quote"),
        ("a: *b\n", (1, 4), "Quote"),
        ("a: 1\nb: 2\na: 3\n", (3, 1), "line 1"),
        ("a: &x [*x]\n", (1, 4), "itself"),
        ("? [a]\n: 1\n", (1, 3), "plain word"),
        ("a: \x00\n", (1, 1), "Not YAML"),
    ],
)
def test_mistakes_have_their_place(text, place, word):
    _, diagnostics = read_documents("f.yaml", text)
    assert [(d.line, d.column) for d in diagnostics] == [place]
    assert word in str(diagnostics[0])


def test_documents_before_a_mistake_are_kept():
    documents, diagnostics = read_documents("f.yaml", "a: 1\n---\nb: [\n")
    assert [document.value for document in documents] == [{"a": 1}]
    assert len(diagnostics) == 1


def test_a_document_that_aliases_blow_up_is_refused():
    letters = "abcdefgh"
    lines = ["a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in pairwise(letters)]
    documents, (mistake,) = read_documents("f.yaml", "\n".join(lines))
    assert (documents, mistake.summary) == ((), "Too much in one document")


def test_a_document_nested_without_end_is_refused():
    documents, (mistake,) = read_documents("f.yaml", "[" * 5000 + "]" * 5000)
    assert (documents, mistake.summary) == ((), "Too much in one document")
