"""TCP conversations for a capture: each opens, and its client sends text in a few segments."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import partial

from benchmarks.contests import Traffic
from reconciler.authoring.packets import ACK, PSH, SYN, ether, ipv4, tcp

SERVER, PORT = "192.0.2.80", 80
FIRST_PORT, A_CLIENT = 10_000, 50_000
"""First port, and number of ports, of a client; there are as many clients as the flows need."""
SYN_SENT, SYN_RECEIVED = 1000, 5000
"""Initial sequence numbers."""
SYN_ACK = (
    f"IPMirror -> StoreData(24, \\<{SYN_RECEIVED:08x}{SYN_SENT + 1:08x}>)"
    f" -> StoreData(33, \\<{SYN | ACK:02x}>)"
)
"""Elements that turn a client's SYN into the server's answer."""


def conversations(flows: int, text: bytes, segments: int) -> Traffic:
    """Return conversations in which each client sends `text` in `segments` segments and the server
    acknowledges every other one.

    All clients open first; then all send their first segment, in random order, and so on.
    """
    packets = flows * (3 + segments + segments // 2)
    name = f"both-{flows}-{len(text)}-{segments}.pcap"
    return Traffic(name, packets, partial(_frames, flows, text, segments))


def openings(flows: int, segments: int) -> Traffic:
    """Return only the clients' side of such conversations, without text; SYN_ACK answers SYNs."""
    frames = partial(_frames, flows, b"", segments, answered=False)
    return Traffic(f"clients-{flows}-{segments}.pcap", flows * (2 + segments), frames)


def _frames(flows: int, text: bytes, segments: int, answered: bool = True) -> Iterator[bytes]:
    size = len(text) // segments
    order = list(range(flows))
    yield from (_said(flow, SYN, SYN_SENT, 0) for flow in order)
    if answered:
        yield from (_answered(flow, SYN | ACK, SYN_RECEIVED, SYN_SENT + 1) for flow in order)
    yield from (_said(flow, ACK, SYN_SENT + 1, SYN_RECEIVED + 1) for flow in order)
    chance = random.Random(1)
    for number in range(segments):
        chance.shuffle(order)
        at = number * size
        for flow in order:
            said = text[at : at + size]
            yield _said(flow, ACK | PSH, SYN_SENT + 1 + at, SYN_RECEIVED + 1, said)
            if number % 2 and answered:
                yield _answered(flow, ACK, SYN_RECEIVED + 1, SYN_SENT + 1 + at + size)


def _client(flow: int) -> tuple[str, int]:
    return f"10.0.{flow // A_CLIENT}.1", FIRST_PORT + flow % A_CLIENT


def _said(flow: int, flags: int, seq: int, ack: int, text: bytes = b"") -> bytes:
    address, port = _client(flow)
    return ether(ipv4(address, SERVER, tcp(port, PORT, flags, text, seq=seq, ack=ack)))


def _answered(flow: int, flags: int, seq: int, ack: int) -> bytes:
    address, port = _client(flow)
    return ether(ipv4(SERVER, address, tcp(PORT, port, flags, seq=seq, ack=ack)))
