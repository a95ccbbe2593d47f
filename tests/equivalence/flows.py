"""Conversations between hosts on both sides of a firewall, as frames in the order of arrival.

Every flow is a list of `Seen`; `weave` lets several of them cross the firewall at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random

from tests.packets import (
    ACK,
    FIN,
    PSH,
    RST,
    SYN,
    UDP,
    arp,
    ether,
    fragment6,
    icmp,
    icmp6,
    ipv4,
    ipv6,
    raw,
    tcp,
    udp,
)

LAN, WAN = 0, 1
CLIENT, SERVER = "10.0.0.1", "192.0.2.80"
CLIENT6, SERVER6 = "2001:db8::1", "2001:db8:1::80"
UNREACHABLE, UNREACHABLE6 = 3, 1
WINDOW_SCALE_7 = b"\x01\x03\x03\x07"


@dataclass(frozen=True)
class Seen:
    """A frame and the interface at which it arrives."""

    interface: int
    frame: bytes


def weave(flows: Iterable[list[Seen]], random: Random) -> list[Seen]:
    """Interleave flows at random, each in its own order."""
    waiting = [list(flow) for flow in flows if flow]
    woven = []
    while waiting:
        flow = random.choice(waiting)
        woven.append(flow.pop(0))
        waiting = [one for one in waiting if one]
    return woven


def disturbed(flow: list[Seen], random: Random, share: float = 0.2) -> list[Seen]:
    """Swap and repeat some packets at random, as after losses."""
    seen = list(flow)
    for at in range(len(seen) - 1):
        if random.random() < share:
            seen[at], seen[at + 1] = seen[at + 1], seen[at]
    twice = [(at, one) for at, one in enumerate(seen) if random.random() < share]
    for shift, (at, one) in enumerate(twice):
        seen.insert(min(len(seen), at + shift + random.randint(1, 4)), one)
    return [one for one in seen if random.random() >= share / 4]


@dataclass
class Connection:
    """A TCP connection whose ends keep sequence numbers; `seen` grows with what they send."""

    port: int
    server_port: int = 80
    six: bool = False
    sequence: int = 1000
    answer: int = 5000
    seen: list[Seen] = field(default_factory=list)

    def client(self, flags: int, payload: bytes = b"", **more: int | bytes) -> None:
        """Send a segment from the client."""
        self._send(True, flags, payload, more)

    def server(self, flags: int, payload: bytes = b"", **more: int | bytes) -> None:
        """Send a segment from the server."""
        self._send(False, flags, payload, more)

    def open(self) -> Connection:
        """Send the handshake."""
        self.client(SYN, options=WINDOW_SCALE_7)
        self.server(SYN | ACK, options=WINDOW_SCALE_7)
        self.client(ACK)
        return self

    def talk(self, random: Random, rounds: int = 6) -> Connection:
        """Send data and acknowledgments."""
        for _ in range(rounds):
            self.client(PSH | ACK, bytes(random.randrange(1, 200)))
            for _ in range(random.randrange(4)):
                self.server(ACK, bytes(random.randrange(1, 900)))
            self.client(ACK)
        return self

    def close(self, random: Random) -> Connection:
        """Close one side first, with data of the other in between; or send a reset."""
        first, second = (self.client, self.server)
        if random.random() < 0.5:
            first, second = second, first
        if random.random() < 0.2:
            first(RST | ACK)
            second(ACK, b"late")
            return self
        first(FIN | ACK)
        second(ACK)
        for _ in range(random.randrange(3)):
            second(PSH | ACK, bytes(50))
            first(ACK)
        second(FIN | ACK)
        first(ACK)
        return self

    def _send(self, client: bool, flags: int, payload: bytes, more: dict[str, int | bytes]) -> None:
        ports = (self.port, self.server_port) if client else (self.server_port, self.port)
        numbers = (self.sequence, self.answer) if client else (self.answer, self.sequence)
        fields = {"seq": numbers[0], "ack": numbers[1] if flags & ACK else 0, **more}
        segment = tcp(*ports, flags, payload, **fields)  # type: ignore[arg-type]
        self.seen.append(carried(client, segment, self.six))
        used = len(payload) + bool(flags & SYN) + bool(flags & FIN)
        if client:
            self.sequence = (self.sequence + used) % 2**32
        else:
            self.answer = (self.answer + used) % 2**32


def carried(client: bool, segment, six: bool = False, **more) -> Seen:  # type: ignore[no-untyped-def]
    """Return a segment in a frame from the client's or the server's side."""
    ends = (CLIENT6, SERVER6) if six else (CLIENT, SERVER)
    if not client:
        ends = ends[::-1]
    packet = ipv6(*ends, segment, **more) if six else ipv4(*ends, segment, **more)
    return Seen(LAN if client else WAN, ether(packet))


def connection(random: Random, port: int) -> list[Seen]:
    """A whole connection, sometimes over IPv6 or to a port that no rule allows."""
    server_port = random.choice([80, 80, 443, 22])
    begins = random.choice([1000, 2**32 - 700])
    one = Connection(port, server_port, random.random() < 0.3, begins, random.getrandbits(32))
    return one.open().talk(random, random.randrange(1, 5)).close(random).seen


def simultaneous_open(port: int) -> list[Seen]:
    """Both ends send a SYN before they see the other's (RFC 9293 section 3.5)."""
    one = Connection(port)
    one.client(SYN)
    begin = one.answer
    one.server(SYN)
    one.server(SYN | ACK, seq=begin)
    one.client(SYN | ACK, seq=one.sequence - 1)
    one.answer = begin + 1
    one.client(PSH | ACK, b"both opened")
    one.server(ACK)
    return one.seen


def half_closed(port: int) -> list[Seen]:
    """The client has sent its FIN, the server goes on sending."""
    one = Connection(port).open()
    one.client(FIN | ACK)
    for _ in range(5):
        one.server(PSH | ACK, bytes(100))
        one.client(ACK)
    return one.seen


def strangers(port: int) -> list[Seen]:
    """Segments of no known connection, and some of one that do not fit."""
    one = Connection(port).open()
    one.server(ACK, b"far away", seq=one.answer + 10_000_000)
    one.client(RST, seq=one.sequence + 5_000_000)
    one.client(SYN)
    other = Connection(port + 1)
    other.server(SYN | ACK)
    other.client(ACK, b"mid-stream")
    other.server(RST)
    return [*one.seen, *other.seen]


def datagrams(random: Random, port: int) -> list[Seen]:
    """Questions and answers over UDP, IPv4 or IPv6, some to a port that no rule allows."""
    six = random.random() < 0.5
    ports = (port, random.choice([53, 443, 9999]))
    flow = [carried(True, udp(*ports, b"question"), six) for _ in range(2)]
    flow += [carried(False, udp(*ports[::-1], bytes(300)), six) for _ in range(2)]
    return [*flow, carried(True, udp(*ports, b"more"), six)]


def echoes(identifier: int) -> list[Seen]:
    """Pings with their answers, and unsolicited answers."""
    flow = []
    for number in range(3):
        rest = identifier << 16 | number
        flow += [carried(True, icmp(8, rest=rest)), carried(False, icmp(0, rest=rest))]
        flow += [carried(True, icmp6(128, rest=rest), True)]
        flow += [carried(False, icmp6(129, rest=rest), True)]
    return [*flow, carried(False, icmp(0, rest=identifier + 1 << 16))]


def errors(port: int) -> list[Seen]:
    """ICMP errors that quote packets of a session, of none, and of an IPv6 session."""
    one = Connection(port).open()
    one.client(PSH | ACK, bytes(1400))
    quoted = one.seen[-1].frame[14 : 14 + 28]
    forged = quoted[:22] + b"\x27\x0f" + quoted[24:]
    asked = carried(True, udp(port, 53, b"six"), True)
    flow = [*one.seen, asked]
    flow += [carried(False, icmp(UNREACHABLE, 4, 1400, text)) for text in (quoted, forged)]
    flow += [carried(False, icmp6(UNREACHABLE6, 4, 0, asked.frame[14:]), True)]
    return flow


def fragments(port: int) -> list[Seen]:
    """Fragments of an allowed datagram: in order, out of order, and without the first one."""
    data = udp(port, 53, bytes(2000)).sealed(CLIENT, SERVER)
    pieces = [(data[:1480], 0, True), (data[1480:], 185, False)]
    flow = []
    for ident, order in ((7, pieces), (8, pieces[::-1]), (9, pieces[1:])):
        flow += [
            carried(True, raw(UDP, part), ident=ident, offset=offset, more=more)
            for part, offset, more in order
        ]
    whole = udp(port, 53, bytes(1600)).sealed(CLIENT6, SERVER6)
    for part, offset, more in ((whole[:1200], 0, True), (whole[1200:], 150, False)):
        extensions = [fragment6(offset, more)]
        flow.append(carried(True, raw(UDP, part), True, extensions=extensions))
    return flow


def malformed(random: Random, port: int) -> list[Seen]:
    """Frames cut short or with flipped bits, and frames that are not IP at all."""
    flow = [Seen(LAN, ether(arp("request", CLIENT, SERVER), ethertype=0x0806))]
    for one in Connection(port).open().talk(random, 2).seen:
        frame = bytearray(one.frame)
        if random.random() < 0.5:
            frame = frame[: random.randrange(len(frame))]
        else:
            frame[random.randrange(14, len(frame))] ^= 1 << random.randrange(8)
        flow += [one, Seen(one.interface, bytes(frame))]
    return flow
