"""Contests for what searches payloads, against FastClick's WordMatcher behind CTXManager."""

from __future__ import annotations

import random
from collections.abc import Iterator

from benchmarks.contests import COUNTED, Contest, Entry, source
from benchmarks.figures import ROOT
from benchmarks.programs import FASTCLICK, OURS


def match(flows: int) -> Iterator[Contest]:
    """MatchPatterns in datagrams of English text; WordMatcher searches once a word."""
    size = 1000
    text = (ROOT / "README.md").read_bytes()[: size - 28].hex()
    packets = f"{{}} -> StoreData(28, \\<{text}>) -> CheckIPHeader"
    chance = random.Random(1)
    words = ["".join(chance.choices("bcdfghjklmnpqrstvwxz", k=12)) for _ in range(10_000)]
    classes = ("CheckIPHeader", "CheckSession", "IPMirror", "MatchPatterns", "OpenSession")
    for number in (1, 10, 10_000):
        rules = "".join(f'{at} \\"{word}\\"\\n' for at, word in enumerate(words[:number], start=1))
        ours = (
            f"t :: SessionTable(CAPACITY {2 * flows}); s :: StreamTable;"
            f"{packets.format(source(OURS, flows, length=size))} -> check :: CheckSession(t)"
            f' -> MatchPatterns(t, s, RULES "{rules}") -> {COUNTED}'
            "check[1] -> OpenSession(t) -> IPMirror -> check;"
            "check[2] -> Discard; check[3] -> Discard;"
        )
        matcher = f"WordMatcher({', '.join(f'WORD {word}' for word in words[:number])}, MODE ALERT)"
        theirs = (
            f"{packets.format(source(FASTCLICK, flows, length=size))}"
            f" -> CTXManager(CONTEXT NONE) ~> IPIn -> UDPIn -> {matcher} -> IPOut -> {COUNTED}"
        )
        entries = (Entry(OURS, OURS, ours, "t.count"), Entry(FASTCLICK, FASTCLICK, theirs))
        what = f"search for {number:,} words in {size - 28} bytes, {flows:,} flows"
        yield Contest(what, (*classes, "StoreData", "StreamTable"), entries[: 1 + (number < 100)])
        alone = packets.format(source(OURS, flows, length=size))
    yield Contest(
        f"source of {size} bytes, {flows:,} flows",
        (),
        (Entry(OURS, OURS, f"{alone} -> {COUNTED}"),),
    )
