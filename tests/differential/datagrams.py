"""Scenarios other than TCP connections: queries, errors, malformed packets."""

from __future__ import annotations

import random
from collections.abc import Iterable

from tests.differential.steps import Ends, Scenario
from tests.packets import ACK, SYN, UDP, Segment, icmp, ipv4, raw, tcp, udp

OTHER_PROTOCOLS = [2, 4, 41, 47, 50, 51, 89, 94, 103, 253]
"""Only one inside host can use each of these at a time, so each scenario takes the next."""


def udp_scenario(chance: random.Random, ends: Ends) -> Scenario:
    for _ in range(chance.randrange(1, 8)):
        inwards = chance.random() < 0.4
        sport, dport = ends.ports(inwards)
        note = ""
        if inwards and chance.random() < 0.2:
            sport, note = chance.randrange(10_000, 20_000), "other port"
        segment = udp(sport, dport, chance.randbytes(chance.choice([0, 1, 30, 500, 1400])))
        if chance.random() < 0.2:
            segment = udp(sport, dport, b"data", checksummed=False)
        yield ends.step(inwards, segment, note)


def icmp_scenario(chance: random.Random, ends: Ends) -> Scenario:
    for _ in range(chance.randrange(1, 8)):
        inwards = chance.random() < 0.4
        kind = chance.choice([8, 0, 8, 0, 13, 14, 15, 16, 17, 18, 3, 4, 5, 9, 10, 11, 12, 30, 42])
        if chance.random() < 0.6:
            kind = 0 if inwards else 8
        segment = icmp(
            kind, 0, ends.port << 16 | chance.randrange(3), bytes(chance.choice([7, 7, 300]))
        )
        yield ends.step(inwards, segment)


def other_scenario(chance: random.Random, ends: Ends) -> Scenario:
    protocol = OTHER_PROTOCOLS[ends.port // 2 % len(OTHER_PROTOCOLS)]
    for _ in range(chance.randrange(1, 5)):
        inwards = chance.random() < 0.4
        segment = raw(protocol, chance.randbytes(chance.choice([4, 20, 200])))
        yield ends.step(inwards, segment)


def error_scenario(chance: random.Random, ends: Ends) -> Scenario:
    """ICMP errors, about what was sent and about what was not."""
    wrong = chance.random() < 0.3
    about = chance.choice(["udp", "tcp", "icmp"])
    number = chance.getrandbits(32)

    def flow(inwards: bool, ports: Iterable[int]) -> Segment:
        if about == "icmp":
            return icmp(0 if inwards else 8, 0, ends.port << 16, b"ping")
        if about == "udp":
            return udp(*ports, b"question")
        if inwards:
            return tcp(*ports, SYN | ACK, seq=7, ack=(number + 1) % 2**32)
        return tcp(*ports, SYN, seq=number)

    yield ends.step(False, flow(False, ends.ports(False)))
    if chance.random() < 0.6:
        yield ends.step(True, flow(True, ends.ports(True)))
    for _ in range(chance.randrange(1, 4)):
        inwards = chance.random() < 0.6
        segment = flow(not inwards, reversed(ends.ports(inwards)))
        if wrong:
            segment = udp(chance.randrange(1, 65536), ends.server_port, b"question")
        near, far = ends.addresses(inwards)
        quoted = ipv4(far, near, segment)
        kind, code = chance.choice(
            [(3, 0), (3, 1), (3, 3), (3, 4), (11, 0), (12, 0), (4, 0), (5, 1)]
        )
        length = chance.choice([28, 28, 28, len(quoted), 20, 24])
        error = icmp(kind, code, 1400 if (kind, code) == (3, 4) else 0, quoted[:length])
        router = "198.51.100.7" if ends.from_outside[inwards] else "10.0.0.200"
        packet = ipv4(chance.choice([router, near]), far, error)
        yield ends.sent(packet, inwards, f"error {kind}" + (" wrong" if wrong else ""))


def malformed_scenario(chance: random.Random, ends: Ends) -> Scenario:
    """Valid packets with bytes changed, cut or appended, but never with ports or identifiers of
    other scenarios.
    """
    udp_segment = udp(ends.port, ends.server_port, b"hello, world")
    yield ends.step(False, udp_segment)
    for _ in range(chance.randrange(1, 6)):
        inwards = chance.random() < 0.5
        sport, dport = ends.ports(inwards)
        segment = chance.choice([
            udp(sport, dport, b"hello, world"),
            tcp(sport, dport, SYN, seq=9),
            icmp(8, 0, ends.port << 16, b"ping"),
        ])  # fmt: skip
        data = bytearray(ipv4(*ends.addresses(inwards), segment))
        where = chance.choice(["header", "transport", "length", "options", "cut"])
        if where == "header":
            at = chance.choice([0, 2, 3, 6, 8, 9, 10, 11])
            data[at] ^= 1 << chance.randrange(8)
        elif where == "transport":
            at = 20 + chance.choice([2, 3, *range(6, len(data) - 20)])
            data[at] ^= 1 << chance.randrange(8)
        elif where == "length" and segment.protocol == UDP:
            data[25] = chance.randrange(256)
        elif where == "options":
            data = bytearray(ipv4(*ends.addresses(inwards), segment, options=b"\x01\x01\x01\x00"))
        else:
            data = data[: chance.randrange(1, len(data))]
        yield ends.sent(bytes(data), inwards, f"malformed {where}")
