"""Fragments through the NAT, in any order and any number (RFC 4787 REQ-14)."""

from __future__ import annotations

import pytest

from tests.kernels.fragments import joined, pieces
from tests.kernels.gateway import HOST, OTHER_HOST, OUTSIDE, SERVER, Gateway, ping
from tests.packets import ACK, SYN, TCP, UDP, Segment, icmp, ipv4, raw, tcp, udp

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
    """Its acknowledgment is accepted, although the tracker never sees the segment whole."""
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
    """RFC 7857 section 10, RFC 6864; with "don't fragment" they do not change."""
    seen = [
        gateway.out(ipv4(host, SERVER, udp(5000, 53), ident=7)).identification
        for host in (HOST, OTHER_HOST)
        for _ in range(300)
    ]
    assert len(set(seen)) == 600
    kept = gateway.out(ipv4(HOST, SERVER, udp(5000, 53), ident=7, dont_fragment=True))
    assert kept.identification == 7


def test_first_fragments_without_ports_are_invalid(gateway: Gateway) -> None:
    """RFC 1858: a second fragment can neither hide nor overwrite flags."""
    tiny = ipv4(HOST, SERVER, raw(TCP, tcp(5000, 80, SYN).data[:8]), more=True)
    assert gateway.out(tiny).verdict == "invalid"
    overlap = ipv4(HOST, SERVER, raw(TCP, bytes(16)), offset=1)
    assert gateway.out(overlap).verdict == "invalid"
    assert gateway.out(ipv4(HOST, SERVER, raw(UDP, b"1234"), more=True)).verdict == "invalid"


def flood(source: str, destination: str, datagrams: int, each: int = 1) -> list[bytes]:
    """Return later fragments of datagrams whose first one never comes."""
    data = raw(UDP, bytes(8))
    return [
        ipv4(source, destination, data, ident=ident, offset=5 + i, more=True)
        for ident in range(datagrams)
        for i in range(each)
    ]


FLOODS = {
    "from inside": (Gateway.out, flood(OTHER_HOST, SERVER, 400)),
    "from outside": (Gateway.in_, flood(SERVER, OUTSIDE, 9, 48)),
    "of SYNs": (Gateway.in_, [ipv4(SERVER, OUTSIDE, tcp(p, 80, SYN)) for p in range(1, 400)]),
}


@pytest.mark.parametrize("kind", FLOODS)
def test_fragments_that_wait_are_bounded_and_do_not_harm_others(
    gateway: Gateway, kind: str
) -> None:
    """RFC 4787 REQ-14a: hosts go on sending and receiving fragments in any order."""
    gateway.send((HOST, 6000), udp(6000, 53))
    take, packets = FLOODS[kind]
    assert {take(gateway, data).verdict for data in packets} == {"held"}
    assert (gateway.counts()["held"], gateway.counts()["dropped"]) == (256, len(packets) - 256)
    sent = pieces(HOST, SERVER, udp(5000, 53, BIG), 256, ident=5000)
    seen = [packet for data in reversed(sent) for packet in gateway.all_out(data)]
    assert [packet.verdict for packet in seen[-len(sent) :]] == ["translated"] * len(sent)
    came = pieces(SERVER, OUTSIDE, udp(53, 6000, BIG), 256, ident=5000)
    seen = [packet for data in reversed(came) for packet in gateway.all_in(data)]
    assert [packet.verdict for packet in seen[-len(came) :]] == ["translated"] * len(came)
    gateway.at(14)
    assert gateway.counts()["held"] == 0


def test_waiting_fragments_are_bounded_in_the_next_worker_too(gateway: Gateway) -> None:
    for data in flood(OTHER_HOST, SERVER, 300):
        gateway.out(data)
    gateway.succeed("torn")
    for data in flood(HOST, SERVER, 300):
        gateway.out(data)
    assert gateway.counts()["held"] == 256


def test_datagrams_in_fragments_are_bounded_and_do_not_harm_others(gateway: Gateway) -> None:
    """RFC 4787 REQ-14a: one host sends more than there is room for."""
    first = raw(UDP, udp(6000, 53, bytes(64)).sealed(OTHER_HOST, SERVER))
    for ident in range(4200):
        data = ipv4(OTHER_HOST, SERVER, first, ident=ident, more=True)
        assert gateway.out(data).verdict == "translated"
    for data in pieces(HOST, SERVER, udp(5000, 53, BIG), 256, ident=5000):
        assert gateway.out(data).verdict == "translated"
    assert gateway.counts()["displaced"] == 4201 - 4096


def test_one_datagram_cannot_take_all_the_room(gateway: Gateway) -> None:
    for offset in range(1, 100):
        gateway.out(ipv4(HOST, SERVER, raw(UDP, bytes(8)), ident=1, offset=offset, more=True))
    assert gateway.counts()["held"] == 48


def test_fragments_too_long_to_be_kept_are_dropped(gateway: Gateway) -> None:
    for size in (1980, 1981):
        gateway.out(ipv4(HOST, SERVER, raw(UDP, bytes(size)), ident=size, offset=5))
    assert gateway.counts()["held"] == 1
