"""ICMP errors and fragments through the NAT (RFC 5508, RFC 4787 REQ-12, REQ-14)."""

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
    Seen,
    error,
    ping,
)
from tests.packets import ACK, SYN, TCP, UDP, Segment, icmp, ipv4, raw, tcp, udp

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


def pieces(
    source: str, destination: str, segment: Segment, size: int, ident: int = 7
) -> list[bytes]:
    """The fragments of a datagram, `size` bytes each, a multiple of eight."""
    data = segment.sealed(source, destination)
    starts = range(0, len(data), size)
    return [
        ipv4(
            source,
            destination,
            raw(segment.protocol, data[at : at + size]),
            ident=ident,
            offset=at // 8,
            more=at + size < len(data),
        )
        for at in starts
    ]


def joined(fragments: list[Seen]) -> Seen:
    """The datagram of which these are all the fragments; their header fields must agree."""
    assert len({(seen.source, seen.destination, seen.identification) for seen in fragments}) == 1
    by_offset = {(int.from_bytes(seen.data[6:8]) & 0x1FFF) * 8: seen.payload for seen in fragments}
    data = bytearray()
    for at in sorted(by_offset):
        assert at == len(data)
        data += by_offset[at]
    first = fragments[0]
    segment = Segment(first.protocol, bytes(data), None)
    return Seen("joined", ipv4(first.source, first.destination, segment))


BIG = bytes(range(256)) * 4


@pytest.mark.parametrize("order", ["forwards", "backwards", "shuffled"])
@pytest.mark.parametrize("segment", [udp(5000, 53, BIG), ping(5000), tcp(5000, 80, SYN, BIG)])
def test_fragments_in_any_order(gateway: Gateway, order: str, segment: Segment) -> None:
    """RFC 4787 REQ-14."""
    if segment.protocol == 1:
        segment = icmp(8, rest=5000 << 16 | 1, payload=BIG)
    fragments = pieces(HOST, SERVER, segment, 128)
    if order == "backwards":
        fragments.reverse()
    if order == "shuffled":
        fragments = fragments[3:] + fragments[:3]
    gateway.send((OTHER_HOST, 5000), udp(5000, 53) if segment.protocol == UDP else segment)
    seen = [packet for data in fragments for packet in gateway.all_out(data)]
    waited = [packet for packet in seen if packet.verdict == "held"]
    passed = [packet for packet in seen if packet.verdict == "translated"]
    assert len(passed) == len(fragments)
    assert len(waited) == {"forwards": 0, "backwards": len(fragments) - 1}.get(
        order, len(fragments) - 3
    )
    whole = joined(passed)
    assert whole.sound and whole.source == OUTSIDE and whole.sport != 5000
    assert gateway.counts()["held"] == 0


def test_fragments_from_outside_follow_their_first_one(gateway: Gateway) -> None:
    gateway.send((HOST, 5000), udp(5000, 53))
    fragments = pieces(SERVER, OUTSIDE, udp(53, 5000, BIG), 256)
    seen = [packet for data in [*fragments[1:], fragments[0]] for packet in gateway.all_in(data)]
    whole = joined([packet for packet in seen if packet.verdict == "translated"])
    assert whole.sound and whole.to == (HOST, 5000) and whole.identification == 0


def test_fragments_of_a_hairpin(gateway: Gateway) -> None:
    gateway.send((OTHER_HOST, 6000), udp(6000, 53))
    fragments = pieces(HOST, OUTSIDE, udp(5000, 6000, BIG), 256)
    seen = [packet for data in reversed(fragments) for packet in gateway.all_out(data)]
    whole = joined([packet for packet in seen if packet.verdict == "hairpin"])
    assert whole.sound
    assert (whole.from_, whole.to) == ((OUTSIDE, 5000), (OTHER_HOST, 6000))


def test_a_fragmented_segment_counts_as_sent(gateway: Gateway) -> None:
    """What acknowledges it fits; the tracker never sees it whole."""
    gateway.send((HOST, 5000), tcp(5000, 80, SYN, seq=999))
    gateway.in_(ipv4(SERVER, OUTSIDE, tcp(80, 5000, SYN | ACK, seq=99, ack=1000)))
    gateway.send((HOST, 5000), tcp(5000, 80, ACK, seq=1000, ack=100))
    segment = tcp(5000, 80, ACK, BIG, seq=1000, ack=100)
    for data in reversed(pieces(HOST, SERVER, segment, 256)):
        gateway.all_out(data)
    done = ipv4(SERVER, OUTSIDE, tcp(80, 5000, ACK, seq=100, ack=1000 + len(BIG)))
    assert gateway.in_(done).verdict == "translated"
    ahead = ipv4(SERVER, OUTSIDE, tcp(80, 5000, ACK, seq=100, ack=1001 + len(BIG)))
    assert gateway.in_(ahead).verdict == "invalid"


def test_identifications_of_hosts_do_not_meet(gateway: Gateway) -> None:
    """RFC 7857 section 10, RFC 6864: nor change where nobody may fragment."""
    seen = [
        gateway.out(ipv4(host, SERVER, udp(5000, 53), ident=7)).identification
        for host in (HOST, OTHER_HOST)
        for _ in range(300)
    ]
    assert len(set(seen)) == 600
    kept = gateway.out(ipv4(HOST, SERVER, udp(5000, 53), ident=7, dont_fragment=True))
    assert kept.identification == 7


def test_first_fragments_without_ports_are_invalid(gateway: Gateway) -> None:
    """RFC 1858: flags are not hidden in a second fragment, nor overwritten by it."""
    tiny = ipv4(HOST, SERVER, raw(TCP, tcp(5000, 80, SYN).data[:8]), more=True)
    assert gateway.out(tiny).verdict == "invalid"
    overlap = ipv4(HOST, SERVER, raw(TCP, bytes(16)), offset=1)
    assert gateway.out(overlap).verdict == "invalid"
    assert gateway.out(ipv4(HOST, SERVER, raw(UDP, b"1234"), more=True)).verdict == "invalid"


def test_fragments_that_wait_are_bounded_and_do_not_harm_others(gateway: Gateway) -> None:
    """RFC 4787 REQ-14a."""
    for ident in range(400):
        late = ipv4(HOST, SERVER, raw(UDP, bytes(8)), ident=ident, offset=5)
        assert gateway.out(late).verdict == "held"
    assert gateway.counts()["held"] == 256
    fragments = pieces(HOST, SERVER, udp(5000, 53, BIG), 256, ident=5000)
    seen = [gateway.all_out(data)[0].verdict for data in fragments]
    assert seen == ["translated"] * len(fragments)
    gateway.at(6.1)
    assert gateway.counts()["held"] == 0


def test_one_datagram_cannot_take_all_the_room(gateway: Gateway) -> None:
    for offset in range(1, 100):
        gateway.out(ipv4(HOST, SERVER, raw(UDP, bytes(8)), ident=1, offset=offset, more=True))
    assert gateway.counts()["held"] == 48


def test_fragments_too_long_to_be_kept_are_dropped(gateway: Gateway) -> None:
    for size in (1980, 1981):
        gateway.out(ipv4(HOST, SERVER, raw(UDP, bytes(size)), ident=size, offset=5))
    assert gateway.counts()["held"] == 1


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
