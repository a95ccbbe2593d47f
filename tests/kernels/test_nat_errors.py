"""ICMP errors through the NAT (RFC 5508, RFC 4787 REQ-12), and malformed packets."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.kernels.gateway import (
    HOST,
    OTHER_HOST,
    OTHER_SERVER,
    OUTSIDE,
    SERVER,
    Gateway,
    error,
    ping,
)
from tests.packets import ACK, SYN, UDP, Segment, icmp, ipv4, raw, tcp, udp

ROUTER, INSIDE_ROUTER = "198.51.100.1", "10.0.0.254"


@pytest.mark.parametrize("segment", [udp(5000, 53, b"query"), tcp(5000, 80, SYN), ping(5000)])
@pytest.mark.parametrize(("kind", "code"), [(3, 3), (3, 4), (11, 0), (12, 0)])
def test_an_error_from_outside_is_about_what_the_host_sent(
    gateway: Gateway, segment: Segment, kind: int, code: int
) -> None:
    """RFC 5508 REQ-4; the mapping and the session stay as they are (REQ-6, RFC 4787 REQ-12)."""
    gateway.send((OTHER_HOST, 5000), segment)
    sent = ipv4(HOST, SERVER, segment, dont_fragment=True)
    seen = gateway.out(sent)
    assert seen.sport != 5000
    before = gateway.sessions()
    back = gateway.in_(error(ROUTER, seen.data, kind, code, 60))
    assert (back.verdict, back.source, back.destination) == ("translated", ROUTER, HOST)
    assert back.payload[:2] == bytes([kind, code])
    assert back.quoted.data == sent[:60], "as it was sent"
    assert gateway.sessions() == before


def test_an_error_from_inside_is_about_what_came_in(gateway: Gateway) -> None:
    """RFC 5508 REQ-5: it takes the external address, also from a router inside (5c)."""
    gateway.send((HOST, 5000), udp(5000, 53))
    came = ipv4(SERVER, OUTSIDE, udp(53, 5000, b"!"))
    inside = gateway.in_(came)
    for sender in (HOST, INSIDE_ROUTER):
        seen = gateway.out(error(sender, inside.data, quote=29))
        assert (seen.verdict, seen.source, seen.destination) == ("translated", OUTSIDE, SERVER)
        assert seen.quoted.data == came


def test_an_error_about_nothing_known_is_dropped(gateway: Gateway) -> None:
    """RFC 5508 REQ-4, REQ-5."""
    seen = gateway.send((HOST, 5000), udp(5000, 53))
    stranger = ipv4(OUTSIDE, SERVER, udp(5001, 53))
    assert gateway.in_(error(ROUTER, stranger)).verdict == "unsolicited"
    elsewhere = ipv4(OUTSIDE, OTHER_SERVER, udp(5000, 53))
    assert gateway.in_(error(ROUTER, elsewhere)).verdict == "invalid"
    unanswered = ipv4(SERVER, HOST, udp(53, 5000))
    assert gateway.out(error(HOST, unanswered)).verdict == "invalid"
    astray = ipv4(ROUTER, "203.0.113.9", icmp(3, 3, 0, seen.data[:28]))
    assert gateway.in_(astray).verdict == "invalid"


def test_errors_with_wrong_checksums_are_dropped(gateway: Gateway) -> None:
    """RFC 5508 REQ-3, REQ-3a; that of the quoted transport header does not matter (3c)."""
    seen = gateway.send((HOST, 5000), udp(5000, 53))
    good = error(ROUTER, seen.data)
    wrong = bytearray(good)
    wrong[-1] ^= 1
    assert gateway.in_(bytes(wrong)).verdict == "invalid"
    header = bytearray(seen.data[:28])
    header[8] ^= 1
    assert gateway.in_(ipv4(ROUTER, OUTSIDE, icmp(3, 3, 0, bytes(header)))).verdict == "invalid"
    transport = bytearray(seen.data[:28])
    transport[26] ^= 1
    assert gateway.in_(ipv4(ROUTER, OUTSIDE, icmp(3, 3, 0, bytes(transport)))).to[0] == HOST


def test_options_of_the_quoted_packet_are_skipped(gateway: Gateway) -> None:
    """RFC 5508 REQ-3b."""
    sent = ipv4(HOST, SERVER, udp(5000, 53), options=b"\1\1\1\1")
    seen = gateway.out(sent)
    back = gateway.in_(error(ROUTER, seen.data, quote=32))
    assert (back.destination, back.quoted.from_) == (HOST, (HOST, 5000))


def test_an_error_about_a_segment_that_was_never_sent_is_dropped(gateway: Gateway) -> None:
    """RFC 5927 section 4.1."""
    gateway.send((HOST, 5000), tcp(5000, 80, SYN, seq=1000))
    for seq, verdict in ((1000, "translated"), (5_000_000, "invalid")):
        quoted = ipv4(OUTSIDE, SERVER, tcp(5000, 80, SYN, seq=seq))
        assert gateway.in_(error(ROUTER, quoted)).verdict == verdict


VALID = [
    ipv4(HOST, SERVER, tcp(5000, 80, SYN, seq=1, options=b"\3\3\7\1\4\2\1\1")),
    ipv4(HOST, SERVER, udp(5000, 53, b"hello")),
    ipv4(HOST, SERVER, ping(5)),
    ipv4(HOST, SERVER, raw(UDP, bytes(16)), offset=2, more=True),
    ipv4(HOST, OUTSIDE, udp(5000, 6000, b"hello")),
    error(HOST, ipv4(SERVER, HOST, udp(53, 5000, b"hello"))),
    error(ROUTER, ipv4(OUTSIDE, SERVER, tcp(5000, 80, SYN, seq=1)), quote=40),
    ipv4(SERVER, OUTSIDE, tcp(80, 5000, SYN | ACK, seq=9, ack=2)),
    ipv4(SERVER, OUTSIDE, udp(53, 5000, b"hello")),
    ipv4(SERVER, OUTSIDE, ping(5, reply=True)),
]


@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    data=st.sampled_from(VALID),
    changes=st.lists(st.tuples(st.integers(0, 90), st.integers(0, 255)), max_size=4),
    size=st.integers(1, 120),
    inwards=st.booleans(),
)
def test_no_bytes_make_the_kernel_read_or_write_beyond_them(
    gateway: Gateway, data: bytes, changes: list[tuple[int, int]], size: int, inwards: bool
) -> None:
    mangled = bytearray(data)
    for at, value in changes:
        mangled[at % len(mangled)] = value
    sent = bytes(mangled[:size])
    left = (gateway.all_in if inwards else gateway.all_out)(sent)[0]
    assert len(left.data) == len(sent)
    assert left.verdict != "invalid" or left.data == sent, "what is not understood is not changed"
