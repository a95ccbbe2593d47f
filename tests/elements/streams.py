"""A TCP conversation as a list of segments, and the expected verdict of MatchPatterns on each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.packets import ACK, FIN, SYN, ether, ipv4, ipv6, tcp

CLIENT, SERVER = "10.0.0.1", "192.0.2.80"
CLIENT6, SERVER6 = "2001:db8::1", "2001:db8:f::80"
CPORT, SPORT = 40000, 80
CLIENT_ISN, SERVER_ISN = 4_294_967_000, 77_000  # the client's numbers wrap around early
TAIL = 254


@dataclass(frozen=True)
class Piece:
    """Bytes that one side sends; `at` counts from the beginning of its stream."""

    from_client: bool
    at: int
    data: bytes

    def frame(self, *, six: bool = False, flags: int = ACK) -> bytes:
        """Return the frame that carries it; it acknowledges nothing of the other side."""
        mine, other = (CLIENT_ISN, SERVER_ISN) if self.from_client else (SERVER_ISN, CLIENT_ISN)
        ports = (CPORT, SPORT) if self.from_client else (SPORT, CPORT)
        numbers = {"seq": (mine + 1 + self.at) % 2**32, "ack": (other + 1) % 2**32}
        hosts = (CLIENT6, SERVER6) if six else (CLIENT, SERVER)
        source, destination = hosts if self.from_client else hosts[::-1]
        build = ipv6 if six else ipv4
        return ether(build(source, destination, tcp(*ports, flags, self.data, **numbers)))


def handshake(six: bool = False) -> list[bytes]:
    """Return the three segments that open the session."""
    source, destination = (CLIENT6, SERVER6) if six else (CLIENT, SERVER)
    build = ipv6 if six else ipv4
    first = tcp(CPORT, SPORT, SYN, seq=CLIENT_ISN)
    second = tcp(SPORT, CPORT, SYN | ACK, seq=SERVER_ISN, ack=CLIENT_ISN + 1)
    return [
        ether(build(source, destination, first)),
        ether(build(destination, source, second)),
        Piece(True, 0, b"").frame(six=six),
    ]


def farewell(from_client: bool, at: int) -> bytes:
    """Return a segment without data that ends one side's stream."""
    return Piece(from_client, at, b"").frame(flags=FIN | ACK)


@dataclass
class Stream:
    """One direction; of overlapping bytes, the first ones count."""

    patterns: dict[int, bytes]
    stream: bytes = b""
    waiting: dict[int, int] = field(default_factory=dict)
    found: set[int] = field(default_factory=set)

    def take(self, piece: Piece) -> bool:
        """Whether the segment leaves by `match`."""
        behind = len(self.stream) - piece.at
        if behind > 0 and not (behind == 1 == len(piece.data)):
            self._search(piece.data)
        for at, byte in enumerate(piece.data, start=piece.at):
            self._place(at, byte, probe=behind == 1 == len(piece.data))
        while len(self.stream) in self.waiting:
            self.stream += bytes([self.waiting.pop(len(self.stream))])
        self._search(self.stream)
        return bool(self.found)

    def _place(self, at: int, byte: int, *, probe: bool) -> None:
        known = self.waiting.get(at)
        if at < len(self.stream):
            known = self.stream[at] if len(self.stream) - at <= TAIL and not probe else byte
        if known is None:
            self.waiting[at] = byte
        elif known != byte:
            self.found.add(0)

    def _search(self, data: bytes) -> None:
        self.found |= {rule for rule, pattern in self.patterns.items() if pattern in data}


@dataclass
class Conversation:
    """The streams of both directions."""

    patterns: dict[int, bytes]
    streams: dict[bool, Stream] = field(init=False)

    def __post_init__(self) -> None:
        self.streams = {side: Stream(self.patterns) for side in (True, False)}

    def take(self, pieces: Iterable[Piece]) -> list[bool]:
        """Return for each segment whether it leaves by `match`."""
        return [self.streams[piece.from_client].take(piece) for piece in pieces]

    @property
    def found(self) -> set[int]:
        """Return the rules that alert; 0 stands for contradicting bytes."""
        return self.streams[True].found | self.streams[False].found
