"""A load balancer's treatment of fragments, ICMP errors and malformed packets."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.kernels.balancer import VIP, VIP6, Balancer, Client, packet
from tests.kernels.conversation import Conversation
from tests.packets import (
    ACK,
    SYN,
    UDP,
    checksum,
    fragment6,
    icmp,
    icmp6,
    ipv4,
    ipv6,
    raw,
    udp,
)

CLIENT = Client(service_port=53)
CLIENT6 = Client("2001:db8:c::1", service=VIP6, service_port=53)
ROUTER, ROUTER6 = "203.0.113.9", "2001:db8:e::9"
BOTH = pytest.mark.parametrize("client", [CLIENT, CLIENT6], ids=["four", "six"])
DATAGRAM = bytes(range(64)) * 2


def pieces(source: str, destination: str, ports: tuple[int, int], ident: int = 77) -> list[bytes]:
    """Return a datagram in two fragments; the first has the checksum of the whole."""
    body = udp(*ports, DATAGRAM).sealed(source, destination)
    parts = [(raw(UDP, body[:48]), 0, True), (raw(UDP, body[48:]), 6, False)]
    if ":" in source:
        return [
            ipv6(source, destination, part, extensions=[fragment6(at, more, ident)])
            for part, at, more in parts
        ]
    return [
        ipv4(source, destination, part, ident=ident, offset=at, more=more)
        for part, at, more in parts
    ]


@BOTH
def test_fragments_follow_their_first_one(balancer: Balancer, client: Client) -> None:
    ports = (client.port, 53)
    sent = pieces(client.address, client.service, ports)
    assert balancer.forward(sent[1]) == ["refused"], "nobody knows where to"
    _, backend, first = balancer.forward(sent[0])
    _, same, second = balancer.forward(sent[1])
    assert same == backend
    assert [first, second] == [data.hex() for data in pieces(client.address, backend, ports)]
    back = [balancer.reverse(data) for data in pieces(backend, client.address, ports[::-1])]
    assert back == pieces(client.service, client.address, ports[::-1])
    assert balancer.reverse(pieces(backend, client.address, ports[::-1], ident=78)[1]) is None


def error(quoted: bytes, source: str, destination: str, kind: int = 0) -> bytes:
    """Return an ICMP error: port unreachable, or of type `kind`."""
    if ":" in source:
        return ipv6(source, destination, icmp6(kind or 1, 4, payload=quoted))
    return ipv4(source, destination, icmp(kind or 3, 3, payload=quoted))


@BOTH
@pytest.mark.parametrize("size", [None, 8], ids=["whole", "eight bytes"])
def test_errors_reach_the_backend(balancer: Balancer, client: Client, size: int | None) -> None:
    """A router reports that a packet which the backend sent as the service cannot be delivered."""
    backend = balancer.send(client, data=b"?")
    router = ROUTER6 if client is CLIENT6 else ROUTER
    header = 40 if client is CLIENT6 else 20
    cut = None if size is None else header + size
    said = error(client.answer(data=b"!")[:cut], router, client.service)
    verdict, to, got = balancer.forward(said)
    assert (verdict, to) == ("balanced", backend)
    assert got == error(client.answer(backend, data=b"!")[:cut], router, backend).hex()


@BOTH
def test_errors_reach_the_client(balancer: Balancer, client: Client) -> None:
    backend = balancer.send(client, data=b"?")
    said = error(client.request(data=b"?", to=backend), backend, client.address)
    assert balancer.reverse(said) == error(
        client.request(data=b"?"), client.service, client.address
    )
    router = ROUTER6 if client is CLIENT6 else ROUTER
    said = error(client.request(data=b"?", to=backend), router, client.address)
    assert balancer.reverse(said) == error(client.request(data=b"?"), router, client.address)


@BOTH
def test_errors_of_no_flow_go_nowhere(balancer: Balancer, client: Client) -> None:
    backend = balancer.send(client, data=b"?")
    router = ROUTER6 if client is CLIENT6 else ROUTER
    stranger = Client(client.address, 1, client.service, 53)
    assert balancer.forward(error(stranger.answer(data=b"!"), router, client.service)) == [
        "refused"
    ]
    assert balancer.forward(error(client.answer(data=b"!"), router, backend)) == ["other"]
    assert (
        balancer.reverse(error(stranger.request(data=b"?", to=backend), backend, client.address))
        is None
    )


def test_a_checksum_that_was_not_computed_stays_so(balancer: Balancer) -> None:
    data = ipv4(CLIENT.address, VIP, udp(40000, 53, b"?", checksummed=False))
    _, backend, got = balancer.forward(data)
    assert got == ipv4(CLIENT.address, backend, udp(40000, 53, b"?", checksummed=False)).hex()


def test_a_wrong_checksum_stays_wrong(balancer: Balancer) -> None:
    data = bytearray(CLIENT.request(data=b"?"))
    data[-1] ^= 1
    _, _, got = balancer.forward(bytes(data))
    sent = bytes.fromhex(got)
    pseudo = sent[12:20] + struct.pack("!xBH", UDP, len(sent) - 20)
    assert checksum(pseudo + sent[20:]) != 0
    assert checksum(sent[:20]) == 0


def test_direct_leaves_packets_as_they_are(balancer: Balancer) -> None:
    balancer.set("mode", "direct")
    for client in (Client(), CLIENT, CLIENT6):
        data = client.request(SYN, b"x")
        verdict, backend, got = balancer.forward(data)
        assert (verdict, got) == ("balanced", data.hex())
        assert balancer.reverse(client.answer(backend, ACK)) is None
    sent = pieces(CLIENT.address, VIP, (5, 53))
    assert [balancer.forward(data)[2] for data in sent] == [data.hex() for data in sent]
    said = error(CLIENT.answer(data=b"!"), ROUTER, VIP)
    assert balancer.forward(said)[2] == said.hex()


@pytest.mark.parametrize(
    "data",
    [
        lambda: ipv4(CLIENT.address, VIP, icmp(8, rest=1)),
        lambda: ipv4(CLIENT.address, VIP, raw(47, bytes(8))),
        lambda: ipv6(CLIENT6.address, VIP6, icmp6(128, rest=1)),
        lambda: ipv4(ROUTER, VIP, icmp(3, 3, payload=bytes(20))),
        lambda: ipv4(ROUTER, VIP, icmp(3, 3, payload=ipv4(VIP, ROUTER, icmp(8)))),
    ],
)
def test_other_protocols_are_for_others(balancer: Balancer, data: Callable[[], bytes]) -> None:
    assert balancer.forward(data()) == ["other"]
    assert balancer.reverse(data()) is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x45",
        packet(CLIENT.address, VIP, raw(UDP, bytes(7))),
        packet(CLIENT.address, VIP, raw(6, bytes(19))),
    ],
)
def test_broken_packets_are_refused(balancer: Balancer, data: bytes) -> None:
    assert balancer.forward(data) == ["refused"]
    assert balancer.reverse(data) is None


seeds = [
    Client().request(SYN), CLIENT6.request(data=b"?"), *pieces(CLIENT.address, VIP, (40000, 53)),
    *pieces(CLIENT6.address, VIP6, (40000, 53)), error(CLIENT.answer(), ROUTER, VIP),
    error(CLIENT6.answer(), ROUTER6, VIP6),
]  # fmt: skip


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(seeds),
    st.lists(st.tuples(st.integers(0, 120), st.integers(0, 255)), max_size=6),
    st.integers(0, 120),
)
def test_anything_may_come(
    balancing: Conversation, seed: bytes, changes: list[tuple[int, int]], cut: int
) -> None:
    """Sanitizers find no error, and any packet keeps its length."""
    balancer = Balancer(balancing, ["10.0.0.1", "2001:db8::1"])
    for client in (CLIENT, CLIENT6):
        balancer.send(client, data=b"?")
    data = bytearray(seed)
    for at, value in changes:
        data[at % len(data)] = value
    data = data[: len(data) - cut] if cut < len(data) else data
    verdict, *rest = balancer.forward(bytes(data))
    assert verdict in ("balanced", "other", "refused")
    assert not rest or len(bytes.fromhex(rest[1])) == len(data)
    balancer.reverse(bytes(data))
