"""Patterns are checked word by word."""

import re
from pathlib import Path

import pytest

import element_library
from reconciler.library.packet_patterns import NAMES, word_mistake

SOURCES = Path(element_library.__file__).parent / "support" / "ip_expression"


def test_the_words_are_those_of_the_driver():
    texts = [(SOURCES / name).read_text() for name in ("ip_names.cc", "ip_primitive.cc")]
    assert set(re.findall(r'\{"([a-z][a-z0-9-]*)"', "".join(texts))) == NAMES


@pytest.mark.parametrize(
    "pattern",
    [
        "tcp dst port 80", "src net 10.0.0.0/8 and not icmp", "dst host 2001:db8::1", "-",
        "tcp opt syn && !(tcp opt ack)", "portrange 1000-2000", "12/0800", "12/0806 20/0001",
        "src net fe80::/10", "tcp dst port https or www", "dst net 10.0.0.0 mask 255.0.0.0",
        "udp port >= 1024", "tcp port 65535", "ip proto 89", "6/1.2.3.4%f0", "ip[8] = 64",
        "tcp[13:1] & 2 != 0", "src ether 00:01:02:03:04:05", "ip len > 100",
    ],
)  # fmt: skip
def test_patterns_that_can_be_read(pattern):
    assert word_mistake(pattern) is None


def test_a_misspelt_word_is_named_with_a_better_one():
    assert word_mistake("tcp dst prt 80") == (
        "unknown word 'prt' in a pattern. Did you mean 'port'?"
    )


@pytest.mark.parametrize("pattern", ["tcp dst port 99999", "port>70000", "udp port != 65536"])
def test_a_port_beyond_the_last_is_refused(pattern):
    assert "is not a port" in (word_mistake(pattern) or "")
