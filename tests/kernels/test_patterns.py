"""Pattern sets, compared with a search for every pattern in the whole stream."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.kernels.conversation import Conversation
from tests.kernels.programs import compile_named


@dataclass(frozen=True)
class Rule:
    id: int
    pattern: bytes
    nocase: bool = False

    @property
    def line(self) -> str:
        escaped = "".join(f"\\x{byte:02x}" for byte in self.pattern)
        return f'{self.id} "{escaped}"{" nocase" if self.nocase else ""}'

    def ends(self, stream: bytes) -> set[str]:
        """Return `id@end` for each place in the stream where the pattern ends."""
        size = len(self.pattern)
        found = (
            at + size for at in range(len(stream) - size + 1) if self.fits(stream[at : at + size])
        )
        return {f"{self.id}@{end}" for end in found}

    def fits(self, data: bytes) -> bool:
        return data.lower() == self.pattern.lower() if self.nocase else data == self.pattern


@pytest.fixture(scope="module")
def patterns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Conversation]:
    program = compile_named("patterns", tmp_path_factory.mktemp("patterns"))
    with Conversation(program) as conversation:
        yield conversation


def compile_rules(patterns: Conversation, text: str) -> str:
    return patterns.ask("compile", text.encode().hex())


def scan(patterns: Conversation, pieces: list[bytes]) -> set[str]:
    said = patterns.ask("scan", *(piece.hex() for piece in pieces if piece)).split()
    assert len(said) == len(set(said)), "found twice"
    return set(said)


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    return [stream[a:b] for a, b in pairwise(edges)]


def compare(patterns: Conversation, rules: list[Rule], stream: bytes, places: list[int]) -> None:
    assert compile_rules(patterns, "\n".join(rule.line for rule in rules)) == "ok"
    expected = set().union(*(rule.ends(stream) for rule in rules))
    assert scan(patterns, cut(stream, places)) == expected


# Few different letters, so that patterns overlap, contain and continue each other.
letters = st.sampled_from(b"abAB\x00\xff@`")


def texts(least: int, most: int) -> st.SearchStrategy[bytes]:
    return st.binary(min_size=least, max_size=most) | st.lists(
        letters, min_size=least, max_size=most
    ).map(bytes)


@st.composite
def rule_lists(draw: st.DrawFn) -> list[Rule]:
    least = draw(st.integers(2, 6))
    found = draw(st.lists(st.tuples(texts(least, 12), st.booleans()), min_size=1, max_size=12))
    return [Rule(number, *pair) for number, pair in enumerate(found, start=1)]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rule_lists(), texts(0, 80), st.lists(st.integers(0, 200), max_size=6), st.data())
def test_finds_what_searching_for_each_finds(
    patterns: Conversation, rules: list[Rule], noise: bytes, places: list[int], data: st.DataObject
) -> None:
    stream = noise
    for rule in data.draw(st.lists(st.sampled_from(rules), max_size=4)):
        at = data.draw(st.integers(0, len(stream)))
        stream = stream[:at] + rule.pattern + stream[at:]
    compare(patterns, rules, stream, places)


def test_ten_thousand_rules_in_a_stream_full_of_their_beginnings(patterns: Conversation) -> None:
    chance = random.Random(7)
    words = [bytes(chance.choices(b"abcdefgh", k=chance.randint(3, 30))) for _ in range(10_000)]
    rules = [Rule(n, word, n % 3 == 0) for n, word in enumerate(words, start=1)]
    assert compile_rules(patterns, "\n".join(rule.line for rule in rules)) == "ok"
    stream = b"".join(word[: chance.randint(2, 30)] for word in chance.choices(words, k=200))
    expected = set()
    for rule in rules:
        expected |= rule.ends(stream) if rule.pattern[:3] in stream else set()
    assert len(expected) > 100
    assert scan(patterns, cut(stream, [chance.randrange(9999) for _ in range(40)])) == expected


def test_all_bytes_and_the_longest_pattern(patterns: Conversation) -> None:
    every = bytes(range(1, 256))
    stream = b"\0" * 300 + every + b"\0" + every[::-1]
    compare(
        patterns, [Rule(1, every), Rule(2, b"\0\0"), Rule(3, b"\xff\0")], stream, [310, 420, 555]
    )


def test_the_hash_names_rules_not_their_order(patterns: Conversation) -> None:
    hashes = []
    for lines in (['1 "abc"', '2 "de"'], ['2 "de" # same', "", '1 "abc"'], ['1 "abc"', '3 "de"'],
                  ['1 "abc"', '2 "de" nocase'], ['1 "abc"']):  # fmt: skip
        assert compile_rules(patterns, "\n".join(lines)) == "ok"
        hashes.append(patterns.ask("hash"))
    assert hashes[0] == hashes[1]
    assert len(set(hashes)) == 4


def test_no_rules_find_nothing(patterns: Conversation) -> None:
    assert compile_rules(patterns, "# nothing yet\n") == "ok"
    assert scan(patterns, [b"anything", b"at all"]) == set()


def test_escapes_and_comments(patterns: Conversation) -> None:
    text = '7 "a\\"b\\\\\\n\\r\\t\\x41#" nocase # why\r\n'
    assert compile_rules(patterns, text) == "ok"
    assert scan(patterns, [b'-A"B\\\n\r\ta#-']) == {"7@10"}


@pytest.mark.parametrize(
    ("line", "mistake"),
    [
        ('"abc"', "begins with the rule's number, 1 to 4294967295"),
        ('0 "abc"', "begins with the rule's number"),
        ('4294967296 "abc"', "begins with the rule's number"),
        ("1 abc", "in double quotes"),
        ('1 "abc', "the closing quote is missing"),
        ('1 "a"', "a pattern has 2 to 255 bytes, not 1"),
        (f'1 "{"a" * 256}"', "not 256"),
        ('1 "a\\q"', "after a backslash comes"),
        ('1 "ab\\x4"', "after a backslash comes"),
        ('1 "ab\\', "after a backslash comes"),
        ('1 "abc" nocas', "may stand only 'nocase'"),
        ('9 "abc"', "rule 9 is there already"),
    ],
)
def test_mistakes_name_their_line(patterns: Conversation, line: str, mistake: str) -> None:
    said = compile_rules(patterns, f'9 "good"\n{line}\n10 "good"\n')
    assert said.startswith("line 2: ")
    assert mistake in said


def test_all_mistakes_up_to_ten_are_told_at_once(patterns: Conversation) -> None:
    said = compile_rules(patterns, "wrong\n" * 12).split("|")
    assert [line.split(":")[0] for line in said] == [f"line {n}" for n in range(1, 11)]
