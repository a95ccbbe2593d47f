"""UDP, ICMP, other protocols, errors, fragments, and malformed packets."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.kernels.firewall import CLIENT, CLIENT6, SERVER, SERVER6, Connection, Firewall, packet
from tests.packets import (
    ACK,
    SYN,
    UDP,
    Segment,
    fragment6,
    icmp,
    icmp6,
    ipv4,
    ipv6,
    raw,
    tcp,
    udp,
)

PAIRS = pytest.mark.parametrize(("client", "server"), [(CLIENT, SERVER), (CLIENT6, SERVER6)])


@PAIRS
def test_udp_becomes_a_stream_after_two_seconds(
    firewall: Firewall, client: str, server: str
) -> None:
    question = packet(client, server, udp(5353, 53, b"?"))
    answer = packet(server, client, udp(53, 5353, b"!"))
    assert firewall.check(answer) == "new"
    assert [firewall.take(question), firewall.take(question)] == ["new", "new"]
    assert firewall.state() == "unreplied 30"
    assert [firewall.take(answer), firewall.take(question)] == ["established", "established"]
    assert firewall.state() == "replied 30"
    firewall.at(3.5)
    assert firewall.take(question) == "established"
    assert firewall.state() == "stream 120 assured"


def test_udp_session_ends(firewall: Firewall) -> None:
    firewall.take(ipv4(CLIENT, SERVER, udp(5353, 53)))
    firewall.at(31.5)
    assert firewall.check(ipv4(SERVER, CLIENT, udp(53, 5353))) == "new"


def echo(client: str, request: bool, identifier: int) -> Segment:
    if ":" in client:
        return icmp6(128 if request else 129, rest=identifier << 16)
    return icmp(8 if request else 0, rest=identifier << 16)


@PAIRS
def test_echo(firewall: Firewall, client: str, server: str) -> None:
    reply = packet(server, client, echo(client, False, 7))
    assert firewall.take(reply) == "invalid"
    assert firewall.take(packet(client, server, echo(client, True, 7))) == "new"
    assert firewall.take(reply) == "established"
    assert firewall.take(packet(server, client, echo(client, False, 8))) == "invalid"
    assert firewall.take(packet(client, server, echo(client, False, 7))) == "invalid"
    assert firewall.state() == "replied 30"


def test_both_hosts_may_ask_with_one_identifier(firewall: Firewall) -> None:
    assert firewall.take(ipv4(CLIENT, SERVER, echo(CLIENT, True, 7))) == "new"
    assert firewall.take(ipv4(SERVER, CLIENT, echo(SERVER, True, 7))) == "new"
    assert firewall.take(ipv4(CLIENT, SERVER, echo(CLIENT, False, 7))) == "established"
    assert len(firewall.lines()) == 2


def test_other_icmp_types_are_invalid(firewall: Firewall) -> None:
    for kind in (4, 5, 9, 10, 30, 42):
        assert firewall.take(ipv4(CLIENT, SERVER, icmp(kind))) == "invalid"


def test_other_protocols_are_sessions_of_two_addresses(firewall: Firewall) -> None:
    assert firewall.take(ipv4(CLIENT, SERVER, raw(47, b"gre!"))) == "new"
    assert firewall.take(ipv4(SERVER, CLIENT, raw(47, b"gre!"))) == "established"
    assert firewall.state() == "replied 600"
    assert firewall.lines()[0][0] == "47"


def test_neighbour_discovery_passes_on_the_link_only(firewall: Firewall) -> None:
    for kind in (135, 136):
        on_link = ipv6("fe80::1", "fe80::2", icmp6(kind, payload=bytes(16)), hop_limit=255)
        assert firewall.take(on_link) == "related"
        assert firewall.take(ipv6("fe80::1", "fe80::2", icmp6(kind))) == "invalid"
    advertisement = ipv6("fe80::1", "ff02::1", icmp6(134, payload=bytes(8)), hop_limit=255)
    assert firewall.check(advertisement) == "new"
    assert firewall.open(advertisement) == "sessionless"
    assert firewall.lines() == []


@PAIRS
def test_error_about_a_known_session_is_related(
    firewall: Firewall, client: str, server: str
) -> None:
    router = "2001:db8:99::1" if ":" in client else "198.51.100.1"
    question = packet(client, server, udp(5353, 53, b"query"))
    unreachable = (icmp6 if ":" in client else icmp)(1 if ":" in client else 3, 4, 0, question[:56])
    error = packet(router, client, unreachable)
    assert firewall.take(error) == "invalid"
    firewall.take(question)
    before = firewall.lines()
    assert firewall.take(error) == "related"
    assert firewall.take(packet(router, server, unreachable)) == "invalid", "not to its sender"
    assert firewall.lines() == before


def test_error_about_an_answer_needs_an_answered_session(firewall: Firewall) -> None:
    answer = ipv4(SERVER, CLIENT, udp(53, 5353, b"!"))
    error = ipv4(CLIENT, SERVER, icmp(3, 3, 0, answer[:28]))
    firewall.take(ipv4(CLIENT, SERVER, udp(5353, 53)))
    assert firewall.take(error) == "invalid"
    firewall.take(answer)
    assert firewall.take(error) == "related"


def test_error_about_a_segment_that_was_never_sent_is_invalid(connection: Connection) -> None:
    connection.connect().client_sends(1000)
    for seq, verdict in ((connection.c - 1000, "related"), (connection.c + 100_000, "invalid")):
        quoted = ipv4(CLIENT, SERVER, tcp(40000, 80, ACK, seq=seq % 2**32))[:28]
        error = ipv4("198.51.100.1", CLIENT, icmp(11, 0, 0, quoted))
        assert connection.firewall.take(error) == verdict


def test_error_about_an_error_is_invalid(firewall: Firewall) -> None:
    question = ipv4(CLIENT, SERVER, udp(5353, 53))
    firewall.take(question)
    inner = ipv4("198.51.100.1", CLIENT, icmp(3, 3, 0, question[:28]))
    assert firewall.take(ipv4(CLIENT, "198.51.100.1", icmp(3, 3, 0, inner))) == "invalid"


def test_fragments_follow_their_first_one(firewall: Firewall) -> None:
    first = ipv4(CLIENT, SERVER, udp(5353, 53, bytes(64)), ident=77, more=True)
    later = ipv4(CLIENT, SERVER, raw(UDP, bytes(32)), ident=77, offset=9)
    assert firewall.take(later) == "invalid"
    assert firewall.take(first) == "new"
    assert firewall.take(later) == "established"
    assert firewall.take(ipv4(CLIENT, SERVER, raw(UDP, b"x"), ident=78, offset=9)) == "invalid"
    firewall.at(32)
    assert firewall.take(later) == "invalid"


def test_ipv6_fragments_follow_their_first_one(firewall: Firewall) -> None:
    first = ipv6(CLIENT6, SERVER6, udp(5353, 53, bytes(64)), extensions=[fragment6(0, True, 9)])
    later = ipv6(CLIENT6, SERVER6, raw(UDP, bytes(32)), extensions=[fragment6(9, False, 9)])
    assert [firewall.take(data) for data in (later, first, later)] == [
        "invalid",
        "new",
        "established",
    ]


def test_what_an_authentication_header_covers_is_tracked_as_what_it_is(firewall: Firewall) -> None:
    """A policy sees the ports behind it, so a session must not stand for all of them."""

    def covered(port: int) -> bytes:
        return ipv6(CLIENT6, SERVER6, udp(5353, port), extensions=[(51, bytes([2]) + bytes(14))])

    assert [firewall.take(covered(port)) for port in (53, 54)] == ["new", "new"]
    assert {line[0] for line in firewall.lines()} == {"udp"} and len(firewall.lines()) == 2


def test_fragmented_tcp_is_invalid(connection: Connection) -> None:
    connection.connect()
    segment = tcp(40000, 80, ACK, bytes(64), seq=connection.c, ack=connection.s)
    take = connection.firewall.take
    assert take(ipv4(CLIENT, SERVER, segment, more=True)) == "invalid"
    assert take(ipv4(CLIENT, SERVER, raw(6, bytes(64)), offset=1)) == "invalid"


def test_ipv6_packets_cannot_pass_for_ipv4(firewall: Firewall) -> None:
    firewall.take(ipv4(CLIENT, SERVER, udp(5353, 53)))
    spoofed = ipv6(f"::ffff:{SERVER}", f"::ffff:{CLIENT}", udp(53, 5353))
    assert firewall.take(spoofed) == "invalid"


def test_a_packet_to_its_own_endpoint_is_invalid(firewall: Firewall) -> None:
    assert firewall.take(ipv4(CLIENT, CLIENT, tcp(80, 80, SYN))) == "invalid"


def test_ethernet_padding_is_no_data(connection: Connection) -> None:
    connection.connect()
    segment = tcp(40000, 80, ACK, seq=connection.c, ack=connection.s)
    for _ in range(3):
        padded = ipv4(CLIENT, SERVER, segment) + bytes(6000)
        assert connection.firewall.take(padded) == "established"
    assert connection.firewall.state() == "established 432000 assured"


VALID = [
    ipv4(CLIENT, SERVER, tcp(1, 2, SYN, options=b"\3\3\7\1\4\2\1\1")),
    ipv4(SERVER, CLIENT, tcp(2, 1, SYN | ACK, ack=1, options=b"\5\12" + bytes(8))),
    ipv4(CLIENT, SERVER, udp(1, 2, b"hello")),
    ipv4(SERVER, CLIENT, icmp(3, 0, 0, ipv4(CLIENT, SERVER, udp(1, 2, b"hello")))),
    ipv6(CLIENT6, SERVER6, udp(1, 2, b"hello"), extensions=[(0, bytes(7)), fragment6(0, True)]),
    ipv6(SERVER6, CLIENT6, icmp6(1, 0, 0, ipv6(CLIENT6, SERVER6, tcp(1, 2, SYN))[:48])),
]


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    data=st.sampled_from(VALID),
    changes=st.lists(st.tuples(st.integers(0, 90), st.integers(0, 255)), max_size=4),
    size=st.integers(0, 120),
)
def test_no_bytes_make_the_kernel_read_beyond_them(
    firewall: Firewall, data: bytes, changes: list[tuple[int, int]], size: int
) -> None:
    mangled = bytearray(data)
    for at, value in changes:
        mangled[at % len(mangled)] = value
    verdict = firewall.take(bytes(mangled[: max(size, 1)]))
    assert verdict in ("established", "new", "related", "invalid")
