"""Which bucket a packet takes from."""

from __future__ import annotations

import pytest

from tests.kernels.buckets import BILLION, Limit, sender, start, take
from tests.kernels.conversation import Conversation
from tests.packets import TCP, UDP, ipv4, ipv6, raw, tcp, udp

FRAGMENTS = [
    ipv4("10.0.0.1", "192.0.2.1", udp(5, 6, bytes(16)), ident=9, more=True),
    ipv4("10.0.0.1", "192.0.2.1", raw(UDP, bytes(16)), ident=9, offset=3),
    ipv4("10.0.0.1", "192.0.2.1", udp(7, 8, bytes(16)), ident=8, more=True),
]


KEYS = {
    "all": {"all": ["-", sender(1), sender(2)]},
    "interface_lan": {"interface lan": ["-", sender(1)]},
    "source": {
        "10.0.1.1/32": [sender(1)],
        "2001:db8::/64": [ipv6("2001:db8::1", "2001:db8:9::1", udp(1, 2)).hex(),
                          ipv6("2001:db8::2", "2001:db8:9::1", tcp(1, 2)).hex()],
        "rest": ["-", "45000014", "ff" * 40],
    },
    "source/16/48": {
        "10.0.0.0/16": [sender(1), sender(2)],
        "2001:db8:5::/48": [ipv6("2001:db8:5:6::1", "2001:db8:9::1", udp(1, 2)).hex()],
    },
    "destination/0": {"0.0.0.0/0": [sender(1), sender(2)]},
    "destination": {"192.0.2.1/32": [sender(1), sender(2)]},
    "flow": {
        "flow 10.0.1.1 192.0.2.1 17 1 2": [sender(1)],
        "flow 10.0.0.1 192.0.2.1 17 0 0": [fragment.hex() for fragment in FRAGMENTS],
        "flow 10.0.0.1 192.0.2.1 6 1 2": [ipv4("10.0.0.1", "192.0.2.1", tcp(1, 2)).hex()],
        "flow 10.0.0.1 192.0.2.1 47 0 0": [ipv4("10.0.0.1", "192.0.2.1", raw(47, b"xxxx")).hex()],
    },
}  # fmt: skip


@pytest.mark.parametrize("keying", KEYS)
def test_keys(buckets: Conversation, keying: str) -> None:
    start(buckets, Limit(1, 10))
    for packets in KEYS[keying].values():
        for packet in packets:
            assert take(buckets, packet, keying)
    lines = dict(text.rsplit(" ", 1) for text in buckets.ask("table").rstrip("|").split("|"))
    wanted = {key: str((10 - len(packets)) * BILLION) for key, packets in KEYS[keying].items()}
    assert lines == wanted


def test_marks_are_keys(buckets: Conversation) -> None:
    start(buckets, Limit(1, 1))
    for mark in (0, 7, 255):
        assert buckets.ask("take", 60, "mark", mark, "-") == "conforming"
        assert buckets.ask("take", 60, "mark", mark, "-") == "exceeding"
    assert buckets.ask("table") == "mark 0 0|mark 255 0|mark 7 0|"


def test_protocol_numbers_part_flows() -> None:
    assert (TCP, UDP) == (6, 17)
