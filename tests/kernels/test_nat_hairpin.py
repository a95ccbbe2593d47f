"""From inside to an external address, and forwards."""

from __future__ import annotations

import pytest

from tests.kernels.gateway import (
    HOST,
    OTHER_HOST,
    OTHER_OUTSIDE,
    OTHER_SERVER,
    OUTSIDE,
    SERVER,
    Gateway,
    error,
    ping,
)
from tests.packets import ACK, SYN, ipv4, tcp, udp

WEB = f"tcp {OUTSIDE}:8080 -> {OTHER_HOST}:80"


def test_hosts_behind_the_nat_meet_at_its_address(gateway: Gateway) -> None:
    """RFC 4787 REQ-9: the source is the external one (REQ-9a)."""
    gateway.send((OTHER_HOST, 6000), udp(6000, 53))
    seen = gateway.send((HOST, 5000), udp(5000, 6000, b"hello"), OUTSIDE)
    assert seen.verdict == "hairpin"
    assert (seen.from_, seen.to) == ((OUTSIDE, 5000), (OTHER_HOST, 6000))
    back = gateway.send((OTHER_HOST, 6000), udp(6000, 5000, b"hello"), OUTSIDE)
    assert (back.verdict, back.from_, back.to) == ("hairpin", (OUTSIDE, 6000), (HOST, 5000))
    assert gateway.counts()["sessions"] == 3


def test_a_host_meets_itself(gateway: Gateway) -> None:
    gateway.send((HOST, 5000), udp(5000, 53))
    seen = gateway.send((HOST, 5001), udp(5001, 5000), OUTSIDE)
    assert (seen.from_, seen.to) == ((OUTSIDE, 5001), (HOST, 5000))


def test_nothing_is_kept_of_packets_to_nobody(gateway: Gateway) -> None:
    assert gateway.send((HOST, 5000), udp(5000, 6000), OUTSIDE).verdict == "unsolicited"
    assert gateway.send((HOST, 5000), tcp(5000, 80, SYN), OUTSIDE).verdict == "unsolicited"
    assert gateway.send((HOST, 0), ping(5), OUTSIDE).verdict == "unsolicited"
    assert gateway.counts()["ports"] == 0


def test_tcp_to_a_forward_from_inside(gateway: Gateway) -> None:
    """RFC 5382 REQ-8."""
    assert gateway.set("forwards", WEB) == "0"
    syn = gateway.send((HOST, 5000), tcp(5000, 8080, SYN, seq=1), OUTSIDE)
    assert (syn.verdict, syn.from_, syn.to) == ("hairpin", (OUTSIDE, 5000), (OTHER_HOST, 80))
    answer = tcp(80, 5000, SYN | ACK, seq=9, ack=2)
    back = gateway.out(ipv4(OTHER_HOST, OUTSIDE, answer))
    assert (back.verdict, back.from_, back.to) == ("hairpin", (OUTSIDE, 8080), (HOST, 5000))
    rest = gateway.send((HOST, 5000), tcp(5000, 8080, ACK, b"GET", seq=2, ack=10), OUTSIDE)
    assert rest.verdict == "hairpin"
    assert [line[4] for line in gateway.sessions()] == ["established", "established"]


def test_an_error_goes_back_through_a_hairpin(gateway: Gateway) -> None:
    """RFC 5508 REQ-7."""
    gateway.send((OTHER_HOST, 6000), udp(6000, 53))
    seen = gateway.send((HOST, 5000), udp(5000, 6000, b"hello"), OUTSIDE)
    back = gateway.out(error(OTHER_HOST, seen.data))
    assert (back.verdict, back.source, back.destination) == ("hairpin", OUTSIDE, HOST)
    assert (back.quoted.from_, back.quoted.to) == ((HOST, 5000), (OUTSIDE, 6000))


def test_a_forward_lets_connections_in(gateway: Gateway) -> None:
    assert gateway.set("forwards", WEB) == "0"
    syn = gateway.in_(ipv4(SERVER, OUTSIDE, tcp(9999, 8080, SYN, seq=1)))
    assert (syn.verdict, syn.to) == ("translated", (OTHER_HOST, 80))
    back = gateway.send((OTHER_HOST, 80), tcp(80, 9999, SYN | ACK, seq=5, ack=2))
    assert (back.verdict, back.from_) == ("translated", (OUTSIDE, 8080))
    assert gateway.in_(ipv4(SERVER, OUTSIDE, tcp(1, 8081, SYN))).verdict == "held"
    assert gateway.in_(ipv4(SERVER, OUTSIDE, tcp(1, 8080, ACK, b"x"))).verdict == "invalid"
    assert gateway.mappings()[0][3:] == ["1", "forward"]


def test_the_host_of_a_forward_sends_from_it(gateway: Gateway) -> None:
    gateway.set("forwards", f"udp {OUTSIDE}:5300 -> {HOST}:53")
    assert gateway.send((HOST, 53), udp(53, 53)).from_ == (OUTSIDE, 5300)
    assert gateway.send((OTHER_HOST, 5300), udp(5300, 53)).sport != 5300
    assert gateway.send((HOST, 54), udp(54, 53)).from_ == (OUTSIDE, 54)


def test_a_forward_that_is_taken_back_leaves_its_sessions(gateway: Gateway) -> None:
    gateway.set("forwards", WEB)
    gateway.in_(ipv4(SERVER, OUTSIDE, tcp(9999, 8080, SYN, seq=1)))
    gateway.send((OTHER_HOST, 80), tcp(80, 9999, SYN | ACK, seq=5, ack=2))
    assert gateway.set("forwards", "none") == "0"
    assert gateway.in_(ipv4(OTHER_SERVER, OUTSIDE, tcp(1, 8080, SYN))).verdict == "held"
    more = gateway.in_(ipv4(SERVER, OUTSIDE, tcp(9999, 8080, ACK, b"GET", seq=2, ack=6)))
    assert more.verdict == "translated"
    gateway.at(8000)
    assert gateway.mappings()[0][3:5] == ["0", "held"]
    assert gateway.set("forwards", f"tcp {OUTSIDE}:8080 -> {HOST}:80") == "1", "it waits"
    gateway.at(8121)
    syn = gateway.in_(ipv4(SERVER, OUTSIDE, tcp(9999, 8080, SYN, seq=1)))
    assert syn.to == (HOST, 80)


def test_a_forward_waits_for_a_port_in_use(gateway: Gateway) -> None:
    gateway.send((HOST, 8080), tcp(8080, 80, SYN))
    assert gateway.set("forwards", WEB) == "1"
    assert gateway.in_(ipv4(OTHER_SERVER, OUTSIDE, tcp(1, 8080, SYN))).verdict == "held"
    gateway.at(242)
    gateway.at(363)
    assert gateway.in_(ipv4(OTHER_SERVER, OUTSIDE, tcp(1, 8080, SYN))).to == (OTHER_HOST, 80)


def test_one_host_may_have_several_forwards(gateway: Gateway) -> None:
    gateway.set("external", f"{OUTSIDE}; {OTHER_OUTSIDE}")
    other = f"tcp {OTHER_OUTSIDE}:80 -> {OTHER_HOST}:80"
    assert gateway.set("forwards", f"{WEB}; {other}") == "0"
    for address, port, remote in ((OUTSIDE, 8080, 1), (OTHER_OUTSIDE, 80, 2)):
        assert gateway.in_(ipv4(SERVER, address, tcp(remote, port, SYN, seq=1))).to == (
            OTHER_HOST,
            80,
        )
        back = gateway.send((OTHER_HOST, 80), tcp(80, remote, SYN | ACK, seq=5, ack=2))
        assert back.from_ == (address, port)
    assert gateway.set("forwards", other) == "0"
    assert gateway.set("forwards", "none") == "0"
    gateway.at(8000)
    gateway.at(8200)
    assert gateway.counts()["ports"] == gateway.counts()["hosts"] == 0


def test_a_connection_keeps_its_endpoints_when_its_host_gets_a_forward(gateway: Gateway) -> None:
    before = gateway.send((OTHER_HOST, 80), udp(80, 53))
    gateway.set("forwards", f"udp {OUTSIDE}:8080 -> {OTHER_HOST}:80")
    assert gateway.send((OTHER_HOST, 80), udp(80, 53)).from_ == before.from_
    assert gateway.in_(ipv4(SERVER, OUTSIDE, udp(53, before.sport))).verdict == "translated"
    assert gateway.in_(ipv4(OTHER_SERVER, OUTSIDE, udp(53, 8080))).to == (OTHER_HOST, 80)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("external", "none", "EXTERNAL names no address"),
        ("external", "203.0.113.0/15", "EXTERNAL has more than 4096 addresses"),
        ("external", "203.0.113.9-203.0.113.1", "EXTERNAL '203.0.113.9-203.0.113.1': expected"),
        ("external", "nat.example", "EXTERNAL 'nat.example': expected an IPv4 address"),
        ("external", "198.51.100.1", f"EXTERNAL leaves out {OUTSIDE}, which a forward needs"),
        ("forwards", "tcp 80 -> 10.0.0.1:80", "FORWARDS 'tcp 80 -> 10.0.0.1:80': expected"),
        ("forwards", f"icmp {OUTSIDE}:1 -> 10.0.0.1:1", "FORWARDS"),
        ("forwards", "tcp 192.0.2.1:80 -> 10.0.0.1:80", "FORWARDS"),
        ("forwards", f"{WEB}; {WEB}", "FORWARDS"),
        ("filtering", "none", "FILTERING 'none': expected"),
        ("ports", "80-100", "PORTS '80-100': expected FIRST-LAST within 1024-65535"),
        ("udp", "0", "UDP '0' is no timeout"),
        ("hold_down", "soon", "HOLD_DOWN 'soon' is no timeout"),
    ],
)
def test_what_is_wrong_is_said_and_changes_nothing(
    gateway: Gateway, name: str, value: str, message: str
) -> None:
    gateway.set("forwards", WEB)
    assert gateway.set(name, value).startswith(message)
    assert gateway.in_(ipv4(SERVER, OUTSIDE, tcp(9999, 8080, SYN, seq=1))).to == (OTHER_HOST, 80)
