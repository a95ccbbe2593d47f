"""Random traffic between a host inside and a server outside, one flow a scenario.

A scenario is asked for packets one after the other and is told which of them got through, so that
it gets deep into the life of a connection; now and then it sends what no sober sender would.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.packets import (
    ACK,
    FIN,
    PSH,
    RST,
    SYN,
    UDP,
    URG,
    Segment,
    icmp,
    ipv4,
    raw,
    tcp,
    udp,
)

FLAGS = [
    *(SYN, SYN | ACK, ACK, PSH | ACK, FIN | ACK, RST, RST | ACK, FIN, FIN | PSH | ACK, 0),
    *(SYN | FIN, SYN | RST, FIN | RST, SYN | FIN | RST | PSH | ACK | URG, URG, PSH, ACK | URG),
]
WRONG = [-1, 1, -100, 100, -1000, 1000, -70000, 70000, 1 << 30, 1 << 31]
OTHER_PROTOCOLS = [2, 4, 41, 47, 50, 51, 89, 94, 103, 253]
"""One host inside may use each of these at a time: a scenario takes the next one."""


@dataclass(frozen=True)
class Step:
    """A packet to send, from outside or from inside; `note` tells what is peculiar about it."""

    packet: bytes
    inwards: bool
    note: str = ""


@dataclass
class Ends:
    """A host inside, what stands for it outside, and the server it talks to."""

    host: str
    outside: str
    server: str
    port: int
    server_port: int


Scenario = Iterator[Step]
"""Sent True when the packet got through, else False."""


def _direct(ends: Ends, inwards: bool) -> tuple[str, str]:
    return (ends.server, ends.outside) if inwards else (ends.host, ends.server)


@dataclass
class Conversation:
    """Both ends of a TCP connection as they are when everything gets through."""

    chance: random.Random
    ends: Ends
    wrong: bool
    """Whether numbers are wrong now and then."""
    next: dict[bool, int] = field(default_factory=dict)  # by who sends: inwards is the server
    opened: dict[bool, bool] = field(default_factory=lambda: {False: False, True: False})

    def __post_init__(self) -> None:
        self.next = {side: self.chance.getrandbits(32) for side in (False, True)}

    def likely(self) -> tuple[bool, int]:
        """What the two would do next."""
        if not self.opened[False]:
            return False, SYN
        if not self.opened[True]:
            return True, SYN | ACK
        side = self.chance.random() < 0.5
        return side, self.chance.choices([ACK, PSH | ACK, FIN | ACK, RST | ACK], [6, 6, 2, 1])[0]

    def step(self) -> Iterator[Step]:
        chance = self.chance
        inwards, flags = self.likely()
        notes = []
        if chance.random() < 0.25:
            inwards, flags = chance.random() < 0.5, chance.choice(FLAGS)
            notes.append("flags")
        seq, ack, window = self.next[inwards], self.next[not inwards], 65535
        if self.wrong and chance.random() < 0.15:
            seq += chance.choice(WRONG)
            notes.append("seq")
        if self.wrong and flags & ACK and chance.random() < 0.1:
            ack += chance.choice(WRONG)
            notes.append("ack")
        if self.wrong and chance.random() < 0.1:
            window = chance.choice([0, 1, 1000])
            notes.append("window")
        size = chance.choice([0, 0, 1, 100, 1000]) if flags & (PSH | FIN) else 0
        options = b"\x03\x03\x07\x01\x04\x02" if flags & SYN and chance.random() < 0.5 else b""
        ports = (self.ends.port, self.ends.server_port)
        sport, dport = reversed(ports) if inwards else ports
        segment = tcp(
            sport, dport, flags, bytes(size), seq=seq % 2**32,
            ack=ack % 2**32 if flags & ACK else 0, window=window, options=options,
        )  # fmt: skip
        packet = ipv4(*_direct(self.ends, inwards), segment)
        passed = yield Step(packet, inwards, " ".join(notes))
        if not passed or "seq" in notes:
            return
        if flags & SYN:
            self.opened[inwards] = True
        self.next[inwards] = (seq + size + bool(flags & SYN) + bool(flags & FIN)) % 2**32


def tcp_scenario(chance: random.Random, ends: Ends) -> Scenario:
    """Flags in any order, numbers always right."""
    conversation = Conversation(chance, ends, wrong=False)
    for _ in range(chance.randrange(4, 24)):
        yield from conversation.step()


def wrong_numbers_scenario(chance: random.Random, ends: Ends) -> Scenario:
    """Sequence numbers, acknowledgments and windows that are wrong now and then."""
    conversation = Conversation(chance, ends, wrong=True)
    for _ in range(chance.randrange(4, 24)):
        yield from conversation.step()


def udp_scenario(chance: random.Random, ends: Ends) -> Scenario:
    for _ in range(chance.randrange(1, 8)):
        inwards = chance.random() < 0.4
        sport, dport = (ends.server_port, ends.port) if inwards else (ends.port, ends.server_port)
        note = ""
        if inwards and chance.random() < 0.2:
            sport, note = chance.randrange(1, 65536), "other port"
        segment = udp(sport, dport, chance.randbytes(chance.choice([0, 1, 30, 500])))
        if chance.random() < 0.2:
            segment = udp(sport, dport, b"data", checksummed=False)
        yield Step(ipv4(*_direct(ends, inwards), segment), inwards, note)


def icmp_scenario(chance: random.Random, ends: Ends) -> Scenario:
    for _ in range(chance.randrange(1, 8)):
        inwards = chance.random() < 0.4
        kind = chance.choice([8, 0, 8, 0, 13, 14, 15, 16, 17, 18, 3, 4, 5, 9, 10, 11, 12, 30, 42])
        if chance.random() < 0.6:
            kind = 0 if inwards else 8
        segment = icmp(kind, 0, ends.port << 16 | chance.randrange(3), b"payload")
        yield Step(ipv4(*_direct(ends, inwards), segment), inwards)


def other_scenario(chance: random.Random, ends: Ends) -> Scenario:
    protocol = OTHER_PROTOCOLS[ends.port // 2 % len(OTHER_PROTOCOLS)]
    for _ in range(chance.randrange(1, 5)):
        inwards = chance.random() < 0.4
        segment = raw(protocol, chance.randbytes(chance.choice([4, 20, 200])))
        yield Step(ipv4(*_direct(ends, inwards), segment), inwards)


def error_scenario(chance: random.Random, ends: Ends) -> Scenario:
    """ICMP errors, about what was sent and about what was not."""
    wrong = chance.random() < 0.3
    about = chance.choice(["udp", "tcp", "icmp"])
    number = chance.getrandbits(32)

    def flow(inwards: bool) -> Segment:
        sport, dport = (ends.server_port, ends.port) if inwards else (ends.port, ends.server_port)
        if about == "icmp":
            return icmp(0 if inwards else 8, 0, ends.port << 16, b"ping")
        if about == "udp":
            return udp(sport, dport, b"question")
        flags = SYN | ACK if inwards else SYN
        return tcp(
            sport,
            dport,
            flags,
            seq=7 if inwards else number,
            ack=(number + 1) % 2**32 if inwards else 0,
        )

    yield Step(ipv4(*_direct(ends, False), flow(False)), False)
    if chance.random() < 0.6:
        yield Step(ipv4(*_direct(ends, True), flow(True)), True)
    for _ in range(chance.randrange(1, 4)):
        inwards = chance.random() < 0.6
        source, destination = (ends.outside, ends.server) if inwards else (ends.server, ends.host)
        segment = flow(not inwards)
        if wrong:
            segment = udp(chance.randrange(1, 65536), ends.server_port, b"question")
        quoted = ipv4(source, destination, segment)
        kind, code = chance.choice(
            [(3, 0), (3, 1), (3, 3), (3, 4), (11, 0), (12, 0), (4, 0), (5, 1)]
        )
        length = chance.choice([28, 28, 28, len(quoted), 20, 24])
        error = icmp(kind, code, 1400 if (kind, code) == (3, 4) else 0, quoted[:length])
        sender = chance.choice(
            ["198.51.100.7", ends.server] if inwards else ["10.0.0.200", ends.host]
        )
        yield Step(
            ipv4(sender, source, error), inwards, f"error {kind}" + (" wrong" if wrong else "")
        )


def fragment_scenario(chance: random.Random, ends: Ends) -> Scenario:
    """A datagram in pieces, in order or not, whole or not."""
    size = chance.choice([64, 256, 800])
    about = chance.choice(["udp", "udp", "icmp", "tcp"])
    if about == "tcp":
        segment = tcp(ends.port, ends.server_port, SYN, bytes(chance.randrange(50, 2000)), seq=5)
    elif about == "icmp":
        segment = icmp(8, 0, ends.port << 16, chance.randbytes(chance.randrange(50, 2000)))
    else:
        segment = udp(ends.port, ends.server_port, chance.randbytes(chance.randrange(50, 2000)))
    data = segment.sealed(ends.host, ends.server)
    ident = chance.getrandbits(16)
    pieces = [
        ipv4(
            ends.host, ends.server, raw(segment.protocol, data[at : at + size]),
            ident=ident, offset=at // 8, more=at + size < len(data),
        )
        for at in range(0, len(data), size)
    ]  # fmt: skip
    note = "fragments"
    if chance.random() < 0.5:
        chance.shuffle(pieces)
        note = "shuffled fragments"
    if chance.random() < 0.2:
        pieces.pop(chance.randrange(len(pieces)))
        note += " one missing"
    for piece in pieces:
        yield Step(piece, False, note)


def malformed_scenario(chance: random.Random, ends: Ends) -> Scenario:
    """Good packets with bytes changed, cut or lengthened."""
    udp_segment = udp(ends.port, ends.server_port, b"hello, world")
    yield Step(ipv4(*_direct(ends, False), udp_segment), False)
    for _ in range(chance.randrange(1, 6)):
        inwards = chance.random() < 0.5
        sport, dport = (ends.server_port, ends.port) if inwards else (ends.port, ends.server_port)
        segment = chance.choice([
            udp(sport, dport, b"hello, world"),
            tcp(sport, dport, SYN, seq=9),
            icmp(8, 0, ends.port << 16, b"ping"),
        ])  # fmt: skip
        data = bytearray(ipv4(*_direct(ends, inwards), segment))
        where = chance.choice(["header", "transport", "length", "options", "cut"])
        if where == "header":
            at = chance.choice([0, 2, 3, 6, 8, 9, 10, 11])
            data[at] ^= 1 << chance.randrange(8)
        elif where == "transport":
            at = 20 + chance.randrange(len(data) - 20)
            data[at] ^= 1 << chance.randrange(8)
        elif where == "length" and segment.protocol == UDP:
            data[25] = chance.randrange(256)
        elif where == "options":
            data = bytearray(ipv4(*_direct(ends, inwards), segment, options=b"\x01\x01\x01\x00"))
        else:
            data = data[: chance.randrange(1, len(data))]
        yield Step(bytes(data), inwards, f"malformed {where}")


def neighbours_scenario(chance: random.Random, ends: Ends) -> Scenario:
    """Two hosts with the same port, to one server and another, and from one to the other."""
    other = dataclasses.replace(ends, host="10.0.0.199")
    yield Step(ipv4(ends.host, ends.server, udp(ends.port, ends.server_port, b"one")), False)
    segment = udp(ends.port, ends.server_port, b"two")
    yield Step(ipv4(other.host, "192.0.2.81", segment), False, "same port, other host")


def hairpin_scenario(chance: random.Random, ends: Ends) -> Scenario:
    """A host sends to what stands for another one."""
    yield Step(ipv4(ends.host, ends.server, udp(ends.port, ends.server_port, b"one")), False)
    yield Step(
        ipv4("10.0.0.199", ends.outside, udp(ends.port + 1, ends.port, b"two")), False, "hairpin"
    )


SCENARIOS: dict[str, Callable[[random.Random, Ends], Scenario]] = {
    "tcp": tcp_scenario,
    "wrong numbers": wrong_numbers_scenario,
    "udp": udp_scenario,
    "icmp": icmp_scenario,
    "other": other_scenario,
    "error": error_scenario,
    "fragment": fragment_scenario,
    "malformed": malformed_scenario,
    "neighbours": neighbours_scenario,
    "hairpin": hairpin_scenario,
}
