"""Values keep their positions."""

from itertools import pairwise

import pytest

from reconciler.diagnostics import Position
from reconciler.yaml.documents import Spending, read_documents
from reconciler.yaml.limits import Limits, parse_limits


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
        ("a: \x00\n", (1, 4), "U+0000"),
        ("a: 1\nb: 2\n---\nc:\n- 1\n- x\x07\n", (6, 4), "U+0007"),
        ("a: 1\n---\nb: [\n---\nc: 1\n", (4, 1), "expected"),
        ('a: "\\ud800"\n', (1, 5), "half a character"),
        ('"\\udfff": 1\n', (1, 2), "half a character"),
        (f"a: {'9' * 5000}\n", (1, 4), "999..."),
        (f"a: 0x{'f' * 5000}\n", (1, 4), "is not a int"),
        ("a: 1e999\n", (1, 4), "is not a float"),
        ("a: 1\n<<: 2\n", (2, 5), "another mapping"),
        ("a: &x {<<: *x}\n", (1, 4), "another mapping"),
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


def test_merge_keys_give_what_the_mapping_itself_has_not():
    """As yaml.org/type/merge.html: the mapping's own keys first, then those of earlier mappings."""
    document = one(
        "base: &a {x: 1, y: 1}\nmore: &b {y: 2, z: 2}\n"
        "one: {<<: *a, x: 9}\ntwo:\n  <<: [*a, *b]\n  w: 0\n'<<': text\n"
    )
    assert document.value["one"] == {"x": 9, "y": 1}
    assert document.value["two"] == {"w": 0, "x": 1, "y": 1, "z": 2}
    assert document.value["<<"] == "text", "quoted, it is a word"
    assert document.key_at("two", "z") == Position("f.yaml", 2, 17), "where it is written"


@pytest.mark.parametrize("text", ["---\n@\n" * 40_000, "@" * 400_000, "- " * 300 + "x"])
def test_whatever_is_wrong_the_time_grows_with_the_length(text):
    """Quadratic, the first of them took a minute for each 30 KB."""
    documents, diagnostics = read_documents("f.yaml", text)
    assert documents == () and len(diagnostics) <= 101


def test_directives_belong_to_the_document_that_follows():
    documents, diagnostics = read_documents(
        "f.yaml", "%YAML 1.2\n---\na: 1\n...\n# more\n%YAML 1.2\n---\nb: 2\n--- \nc: 3\n"
    )
    assert diagnostics == ()
    assert [document.value for document in documents] == [{"a": 1}, {"b": 2}, {"c": 3}]
    assert documents[2].key_at("c") == Position("f.yaml", 10, 1)


def test_merges_of_merges_end_within_the_limits():
    lines = ["a0: &a0 {x: 1}"]
    lines += [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, 12)]
    documents, (mistake,) = read_documents("f.yaml", "\n".join(lines))
    assert (documents, mistake.summary) == ((), "Too much in one document")


def test_limits_are_told_by_their_names():
    spending = Spending(Limits(file_values=10, nesting=3))
    _, (many,) = read_documents("f.yaml", "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]", spending)
    _, (deep,) = read_documents("f.yaml", "[[[[1]]]]", spending)
    assert "10 (limit file-values)" in str(many) and "3 (limit nesting)" in str(deep)
    assert parse_limits(["file-values=7"]).file_values == 7
    for word in ("file-value=7", "file-values", "file-values=-1", f"file-values={'9' * 5000}"):
        with pytest.raises(ValueError, match="file-values"):
            parse_limits([word])
