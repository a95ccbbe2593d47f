"""The outside endpoint that an inside one gets, who may send to it, how long it is kept."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.kernels.gateway import (
    HOST,
    OTHER_HOST,
    OTHER_OUTSIDE,
    OTHER_SERVER,
    OUTSIDE,
    SERVER,
    Gateway,
    ping,
)
from tests.packets import ACK, SYN, Segment, ipv4, raw, tcp, udp


def opening(protocol: str, port: int, to: int = 53) -> Segment:
    return udp(port, to, b"?") if protocol == "udp" else tcp(port, to, SYN, seq=1)


def answer(gateway: Gateway, source: str, port: int, to: tuple[str, int]) -> str:
    return gateway.in_(ipv4(source, to[0], udp(port, to[1], b"!"))).verdict


both = pytest.mark.parametrize("protocol", ["udp", "tcp"])


@both
def test_an_endpoint_keeps_its_mapping_for_all_destinations(
    gateway: Gateway, protocol: str
) -> None:
    """RFC 4787 REQ-1, RFC 5382 REQ-1."""
    first = gateway.send((HOST, 40000), opening(protocol, 40000))
    second = gateway.send((HOST, 40000), opening(protocol, 40000, 99), OTHER_SERVER)
    assert first.from_ == second.from_ == (OUTSIDE, 40000)
    assert gateway.counts()["sessions"] == 2 and gateway.counts()["in_use"] == 1


@both
def test_no_two_endpoints_share_a_port(gateway: Gateway, protocol: str) -> None:
    """RFC 4787 REQ-3, RFC 5382 REQ-7; parity and range of the port are kept (REQ-3a, REQ-4)."""
    for port in (40000, 40001, 80, 81, 1023, 1024):
        seen = [gateway.send((f"10.0.1.{i}", port), opening(protocol, port)) for i in range(20)]
        assert {packet.verdict for packet in seen} == {"translated"}
        ports = [packet.sport for packet in seen]
        assert ports[0] == port and len(set(ports)) == 20
        assert {number % 2 for number in ports} == {port % 2}
        assert {number < 1024 for number in ports} == {port < 1024}
        assert 0 not in ports


def test_ports_are_not_to_be_guessed(gateway: Gateway) -> None:
    """RFC 7857 section 9: ports chosen in place of one in use are not consecutive."""
    ports = [gateway.send((f"10.0.2.{i}", 5000), udp(5000, 53)).sport for i in range(40)][1:]
    steps = {after - before for before, after in pairwise(ports)}
    assert len(steps) > 30


def test_ports_come_from_the_range_that_is_set(gateway: Gateway) -> None:
    assert gateway.set("ports", "20000-20003") == "0"
    seen = [gateway.send((f"10.0.0.{i}", 20000), udp(20000, 53)) for i in range(1, 4)]
    assert sorted(packet.sport for packet in seen if packet.verdict == "translated") == [
        20000,
        20002,
    ]
    assert [packet.verdict for packet in seen] == ["translated", "translated", "refused"]
    assert gateway.send((HOST, 7001), udp(7001, 53)).sport in (20001, 20003)
    assert gateway.counts()["refused"] == 1


def test_all_endpoints_of_a_host_have_one_address(gateway: Gateway) -> None:
    """RFC 4787 REQ-2; several addresses are in use."""
    gateway.set("external", "203.0.113.0/28; 203.0.113.32-203.0.113.47")
    hosts = [f"10.0.{i // 200}.{i % 200}" for i in range(400)]
    first = {host: gateway.send((host, 5000), udp(5000, 53)).source for host in hosts}
    again = {host: gateway.send((host, 6001), tcp(6001, 80, SYN)).source for host in hosts}
    assert first == again
    assert len(set(first.values())) == 32


def test_an_address_that_is_taken_out_serves_its_sessions(gateway: Gateway) -> None:
    gateway.send((HOST, 5000), udp(5000, 53))
    assert gateway.set("external", OTHER_OUTSIDE) == "0"
    assert gateway.send((HOST, 5000), udp(5000, 53)).source == OUTSIDE
    assert answer(gateway, SERVER, 53, (OUTSIDE, 5000)) == "translated"
    assert gateway.send((HOST, 5001), udp(5001, 53)).source == OTHER_OUTSIDE
    gateway.at(302)
    assert gateway.send((HOST, 5000), udp(5000, 53)).source == OTHER_OUTSIDE


def test_only_whom_a_host_has_sent_to_may_answer(gateway: Gateway) -> None:
    """Address and port dependent filtering (RFC 4787 section 5)."""
    outside = gateway.send((HOST, 5000), udp(5000, 53, b"?")).from_
    reply = gateway.in_(ipv4(SERVER, outside[0], udp(53, outside[1], b"!")))
    assert (reply.verdict, reply.to) == ("translated", (HOST, 5000))
    assert answer(gateway, SERVER, 54, outside) == "unsolicited"
    assert answer(gateway, OTHER_SERVER, 53, outside) == "unsolicited"
    assert answer(gateway, SERVER, 53, (OUTSIDE, 5001)) == "unsolicited"


def test_everybody_may_send_by_choice(gateway: Gateway) -> None:
    """Endpoint-independent filtering (RFC 4787 REQ-8)."""
    gateway.set("filtering", "endpoint_independent")
    outside = gateway.send((HOST, 5000), udp(5000, 53)).from_
    assert answer(gateway, OTHER_SERVER, 9, outside) == "translated"
    assert answer(gateway, OTHER_SERVER, 9, (OUTSIDE, 5001)) == "unsolicited"
    opened = gateway.send((HOST, 5000), tcp(5000, 80, SYN))
    syn = ipv4(OTHER_SERVER, OUTSIDE, tcp(9, opened.sport, SYN, seq=7))
    assert gateway.in_(syn).to == (HOST, 5000)


def test_everybody_who_may_send_can_keep_a_mapping(gateway: Gateway) -> None:
    """Each opens a session of its own, which lasts no longer for what it sends (REQ-6a)."""
    gateway.set("filtering", "endpoint_independent")
    outside = gateway.send((HOST, 5000), udp(5000, 53)).from_
    for seconds, server in ((200, OTHER_SERVER), (400, SERVER)):
        gateway.at(seconds)
        assert answer(gateway, server, 9, outside) == "translated"
    gateway.at(600)
    assert answer(gateway, SERVER, 9, outside) == "translated"
    assert gateway.counts()["in_use"] == 1
    gateway.at(701)
    assert answer(gateway, SERVER, 9, outside) == "unsolicited"


def test_only_packets_from_inside_keep_a_udp_mapping(gateway: Gateway) -> None:
    """RFC 4787 REQ-5, REQ-6."""
    outside = gateway.send((HOST, 5000), udp(5000, 53)).from_
    for seconds in (100, 200, 300.9):
        gateway.at(seconds)
        assert answer(gateway, SERVER, 53, outside) == "translated"
    gateway.at(301.1)
    assert answer(gateway, SERVER, 53, outside) == "unsolicited"
    gateway.at(302)
    gateway.send((HOST, 5000), udp(5000, 53))
    gateway.at(600)
    gateway.send((HOST, 5000), udp(5000, 53))
    gateway.at(800)
    assert answer(gateway, SERVER, 53, outside) == "translated"


def test_a_free_port_is_held_down(gateway: Gateway) -> None:
    """RFC 6888 REQ-8; its former owner gets it back."""
    gateway.send((HOST, 5000), udp(5000, 53))
    gateway.at(302)
    assert gateway.counts()["in_use"] == 0 and gateway.counts()["ports"] == 1
    assert gateway.mappings()[0][3:] == ["0", "held", "120"]
    assert gateway.send((OTHER_HOST, 5000), udp(5000, 53)).sport != 5000
    assert answer(gateway, SERVER, 53, (OUTSIDE, 5000)) == "unsolicited"
    gateway.at(421)
    assert gateway.send((HOST, 5000), udp(5000, 53)).from_ == (OUTSIDE, 5000)
    gateway.at(722)
    gateway.at(843)
    assert gateway.counts()["ports"] == 0 and gateway.counts()["hosts"] == 0
    assert gateway.send((OTHER_HOST, 5000), udp(5000, 53)).sport == 5000


def test_a_random_port_comes_back_from_hold_down_too(gateway: Gateway) -> None:
    gateway.send((OTHER_HOST, 5000), udp(5000, 53))
    first = gateway.send((HOST, 5000), udp(5000, 53)).sport
    gateway.at(310)
    assert gateway.send((HOST, 5000), udp(5000, 53)).sport == first != 5000


def test_hold_down_can_be_switched_off(gateway: Gateway) -> None:
    gateway.set("hold_down", "0")
    gateway.send((HOST, 5000), udp(5000, 53))
    gateway.at(302)
    assert gateway.send((OTHER_HOST, 5000), udp(5000, 53)).sport == 5000


def test_icmp_queries(gateway: Gateway) -> None:
    """RFC 5508 REQ-1, REQ-2."""
    assert gateway.send((HOST, 0), ping(77)).from_ == (OUTSIDE, 77)
    other = gateway.send((OTHER_HOST, 0), ping(77))
    assert other.verdict == "translated" and other.sport != 77
    reply = gateway.in_(ipv4(SERVER, OUTSIDE, ping(other.sport, reply=True)))
    assert (reply.verdict, reply.destination, reply.dport) == ("translated", OTHER_HOST, 77)
    assert gateway.in_(ipv4(SERVER, OUTSIDE, ping(77))).verdict == "unsolicited"
    assert gateway.in_(ipv4(SERVER, OUTSIDE, ping(77, True, 13))).verdict == "unsolicited"
    assert gateway.in_(ipv4(OTHER_SERVER, OUTSIDE, ping(77, True))).verdict == "unsolicited"
    assert gateway.send((HOST, 0), ping(77, True)).verdict == "invalid"
    assert gateway.send((HOST, 0), ping(77, kind=13), OTHER_SERVER).sport == 77
    gateway.at(60.9)
    assert gateway.in_(ipv4(SERVER, OUTSIDE, ping(77, reply=True))).verdict == "translated"
    gateway.at(61.1)
    assert gateway.in_(ipv4(SERVER, OUTSIDE, ping(77, reply=True))).verdict == "unsolicited"


def test_other_protocols_are_translated_by_address(gateway: Gateway) -> None:
    gre = gateway.send((HOST, 0), raw(47, b"gre!"))
    assert (gre.verdict, gre.source) == ("translated", OUTSIDE)
    assert gateway.in_(ipv4(SERVER, OUTSIDE, raw(47, b"gre!"))).destination == HOST
    assert gateway.send((OTHER_HOST, 0), raw(47, b"gre!")).verdict == "refused"
    assert gateway.send((OTHER_HOST, 0), raw(50, b"esp!")).verdict == "translated"
    assert gateway.in_(ipv4(SERVER, OUTSIDE, raw(132, b"sctp"))).verdict == "unsolicited"
    assert {line[5] for line in gateway.sessions()} == {"600"}
    gateway.set("other", "50s")
    gateway.send((HOST, 0), raw(47, b"gre!"))
    assert sorted(line[5] for line in gateway.sessions()) == ["50", "600"]


def test_checksums_that_cover_the_addresses_follow(gateway: Gateway) -> None:
    """UDP without a checksum stays so; DCCP and UDP-Lite have theirs in the same place as UDP."""
    bare = gateway.send((HOST, 5000), udp(5000, 53, b"?", checksummed=False))
    assert bare.payload[6:8] == b"\0\0"
    for protocol in (33, 136):
        segment = Segment(protocol, bytes([0, 1, 0, 2, 0, 8, 0, 0]), 6)
        seen = gateway.send((HOST, 0), segment)
        assert seen.payload == segment.sealed(OUTSIDE, SERVER)


@pytest.mark.parametrize("low", [0, 1])
def test_a_checksum_of_zero_is_sent_as_ones(gateway: Gateway, low: int) -> None:
    for word in range(low, 65536, 251):
        seen = gateway.send((HOST, 5000), udp(5000, 53, word.to_bytes(2)))
        assert seen.payload[6:8] != b"\0\0"


def test_a_full_table_keeps_sessions_that_were_answered(nat_kernel: object) -> None:
    gateway = Gateway(nat_kernel, capacity=16)  # type: ignore[arg-type]
    for i in range(16):
        outside = gateway.send((HOST, 5000 + i), udp(5000 + i, 53)).from_
        if i < 12:
            assert answer(gateway, SERVER, 53, outside) == "translated"
    for i in range(8):
        gateway.at(2 + i)
        assert gateway.send((OTHER_HOST, 6000 + i), udp(6000 + i, 53)).verdict == "translated"
        assert gateway.counts()["sessions"] == 16
    for i in range(12):
        assert answer(gateway, SERVER, 53, (OUTSIDE, 5000 + i)) == "translated"
    alive = [answer(gateway, SERVER, 53, (OUTSIDE, 6000 + i)) for i in range(8)]
    assert alive == 4 * ["unsolicited"] + 4 * ["translated"], "the oldest made room"
    assert gateway.send((OTHER_HOST, 7000), udp(7000, 53)).verdict == "refused"
    held = [line for line in gateway.mappings() if "held" in line]
    assert len(held) == 8, "evicted endpoints are held down"


def test_when_ports_are_held_down_everywhere_new_sessions_are_refused(nat_kernel: object) -> None:
    """The table of ports has room for twice as many as there are sessions."""
    gateway = Gateway(nat_kernel, capacity=16)  # type: ignore[arg-type]
    gateway.set("udp", "2s")
    for first, seconds in ((5000, 4), (5016, 7)):
        for port in range(first, first + 16):
            assert gateway.send((HOST, port), udp(port, 53)).verdict == "translated"
        gateway.at(seconds)
    assert (gateway.counts()["ports"], gateway.counts()["in_use"]) == (32, 0)
    gateway.at(123)
    assert gateway.send((OTHER_HOST, 9000), udp(9000, 53)).verdict == "refused"
    assert gateway.counts()["refused"] == 1
    assert gateway.send((HOST, 5031), udp(5031, 53)).from_ == (OUTSIDE, 5031), "it had it"
    gateway.at(124.5)
    assert gateway.send((OTHER_HOST, 9000), udp(9000, 53)).verdict == "translated"


def test_tcp_in_the_middle_opens_nothing(gateway: Gateway) -> None:
    assert gateway.send((HOST, 5000), tcp(5000, 80, ACK, b"x")).verdict == "invalid"
    assert gateway.counts()["ports"] == 0


def test_ipv6_and_bytes_that_are_no_packet_are_invalid(gateway: Gateway) -> None:
    for data in (b"\x60" + bytes(60), b"\x45", b"\x45" + bytes(30), b""):
        if data:
            assert gateway.out(data).verdict == "invalid"
            assert gateway.in_(data).verdict == "invalid"
