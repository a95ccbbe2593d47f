"""Contests for searching payloads, against FastClick's WordMatcher behind CTXManager.

English text, in which no word is found. WordMatcher searches once for each word, MatchPatterns once
for all.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from benchmarks.contests import COUNTED, Contest, Entry, source
from benchmarks.conversations import PORT, conversations
from benchmarks.figures import ROOT
from benchmarks.programs import FASTCLICK, OURS

TEXT = (ROOT / "README.md").read_bytes()
CLASSES = ("CheckIPHeader", "CheckSession", "MatchPatterns", "OpenSession", "StreamTable")
NUMBERS = (1, 10, 100, 10_000)
MOST_OF_WORDMATCHER = 100
DATAGRAM, SEGMENTS, SEGMENT = 1000, 4, 500


def match(flows: int) -> Iterator[Contest]:
    """MatchPatterns in datagrams."""
    text = TEXT[: DATAGRAM - 28].hex()

    def packets(program: str) -> str:
        made = source(program, flows, length=DATAGRAM)
        return f"{made} -> StoreData(28, \\<{text}>) -> CheckIPHeader"

    for number in NUMBERS:
        words = _words(number)
        ours = (
            f"t :: SessionTable(CAPACITY {2 * flows}); s :: StreamTable;"
            f"{packets(OURS)} -> check :: CheckSession(t) -> {_patterns(words)} -> {COUNTED}"
            "check[1] -> OpenSession(t) -> IPMirror -> check;"
            "check[2] -> Discard; check[3] -> Discard;"
        )
        theirs = (
            f"{packets(FASTCLICK)} -> CTXManager(CONTEXT NONE) ~> IPIn -> UDPIn"
            f" -> {_matcher(words)} -> IPOut -> {COUNTED}"
        )
        what = f"search for {number:,} words in {len(text) // 2} bytes, {flows:,} flows"
        entries = (Entry(OURS, OURS, ours, "t.count"), Entry(FASTCLICK, FASTCLICK, theirs))
        yield Contest(what, (*CLASSES, "IPMirror", "StoreData"), _able(entries, number))
    alone = Entry(OURS, OURS, f"{packets(OURS)} -> {COUNTED}")
    yield Contest(f"source of {DATAGRAM} bytes, {flows:,} flows", (), (alone,))


def streams(flows: int) -> Iterator[Contest]:
    """MatchPatterns in TCP streams, both directions, from the handshake on."""
    traffic = conversations(flows, TEXT[: SEGMENTS * SEGMENT], SEGMENTS)
    start = "in :: FromDump({capture}, ACTIVE false)"
    for number in NUMBERS:
        words = _words(number)
        ours = (
            f"t :: SessionTable(CAPACITY {2 * flows}); s :: StreamTable(CAPACITY {4 * flows});"
            f"{start} -> Strip(14) -> CheckIPHeader -> check :: CheckSession(t)"
            f" -> match :: {_patterns(words)} -> {COUNTED}"
            "check[1] -> OpenSession(t) -> match; check[2] -> Discard; check[3] -> Discard;"
        )
        theirs = (
            f"{COUNTED} {start} -> Strip(14) -> CheckIPHeader"
            f" -> way :: IPClassifier(dst port {PORT}, -);"
            f"way[0] {_direction('there', 'back', words)}"
            f"way[1] {_direction('back', 'there', words)}"
        )
        what = f"search for {number:,} words in {flows:,} TCP streams"
        entries = (Entry(OURS, OURS, ours), Entry(FASTCLICK, FASTCLICK, theirs))
        yield Contest(what, (*CLASSES, "FromDump"), _able(entries, number), traffic)
    alone = tuple(Entry(one, one, f"{start} -> {COUNTED}") for one in (OURS, FASTCLICK))
    yield Contest(f"source of {flows:,} TCP streams", ("FromDump",), alone, traffic)


def _direction(name: str, other: str, words: Sequence[str]) -> str:
    return (
        f"-> CTXManager(CONTEXT NONE) ~> IPIn -> {name} :: TCPIn(RETURNNAME {other}, REORDER true)"
        f" -> {_matcher(words)} -> TCPOut(READONLY true, CHECKSUM false)"
        " -> IPOut(READONLY true, CHECKSUM false) -> c;"
    )


def _words(number: int) -> list[str]:
    """In capitals, since WordMatcher holds back packets that end with the beginning of a word."""
    chance = random.Random(1)
    return ["".join(chance.choices("QXZJKVWY", k=12)) for _ in range(number)]


def _patterns(words: Sequence[str]) -> str:
    rules = "".join(f'{at} \\"{word}\\"\\n' for at, word in enumerate(words, start=1))
    return f'MatchPatterns(t, s, RULES "{rules}")'


def _matcher(words: Sequence[str]) -> str:
    return f"WordMatcher({', '.join(f'WORD {word}' for word in words)}, MODE ALERT)"


def _able(entries: tuple[Entry, Entry], number: int) -> tuple[Entry, ...]:
    return entries if number <= MOST_OF_WORDMATCHER else entries[:1]
