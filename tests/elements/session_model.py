"""A firewall's sessions in a page of Python: the path of each packet, given those before it."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st

from tests.packets import ACK, PSH, SYN, Segment, icmp, icmp6, ipv4, ipv6, tcp, udp

PATHS = ("established", "new", "related", "invalid")
PORT = 5000
CONNECTION = [
    (False, tcp(PORT, 80, SYN, seq=1)),
    (True, tcp(80, PORT, SYN | ACK, seq=9, ack=2)),
    (False, tcp(PORT, 80, ACK, seq=2, ack=10)),
    (False, tcp(PORT, 80, ACK | PSH, b"GET /", seq=2, ack=10)),
    (True, tcp(80, PORT, ACK | PSH, b"200 OK", seq=10, ack=7)),
    (False, tcp(PORT, 80, ACK, seq=7, ack=16)),
]
"""Sender (True: the server) and kind of each step; the last step may repeat."""


@dataclass(frozen=True)
class Sent:
    """A step in the exchange between two hosts."""

    what: str
    six: bool
    client: int
    server: int

    @property
    def ends(self) -> tuple[str, str]:
        if self.six:
            return f"2001:db8::{self.client}", f"2001:db8:f::{self.server}"
        return f"10.0.0.{self.client}", f"192.0.2.{self.server}"

    def from_client(self, segment: Segment) -> bytes:
        return (ipv6 if self.six else ipv4)(*self.ends, segment)

    def from_server(self, segment: Segment) -> bytes:
        return (ipv6 if self.six else ipv4)(*reversed(self.ends), segment)


KINDS = ("question", "answer", "ping", "pong", "segment", "stray", "error")
TALK = st.lists(
    st.builds(Sent, st.sampled_from(KINDS), st.booleans(), st.integers(1, 2), st.integers(1, 2)),
    min_size=20,
    max_size=80,
)


@dataclass
class Session:
    """The side that opened it, and whether the other one has answered; for TCP, its progress."""

    by_server: bool = False
    answered: bool = False
    segments: int = 0


Key = tuple[str, str, str]


@dataclass
class SessionModel:
    """Sessions by protocol, client and server; none of them ends."""

    sessions: dict[Key, Session] = field(default_factory=dict)

    def packet(self, sent: Sent) -> tuple[bytes, str]:
        """Return the next packet, and the path it takes."""
        steps = {
            "question": self._question, "answer": self._answer, "ping": self._ping,
            "pong": self._pong, "segment": self._segment, "stray": self._stray,
            "error": self._error,
        }  # fmt: skip
        return steps[sent.what](sent)

    def _pass(self, key: Key, by_server: bool) -> str:
        """A packet that may open a session: it is new until the other side has answered."""
        session = self.sessions.setdefault(key, Session(by_server))
        session.answered |= session.by_server != by_server
        return "established" if session.answered else "new"

    def _question(self, sent: Sent) -> tuple[bytes, str]:
        packet = sent.from_client(udp(PORT, 53, b"?"))
        return packet, self._pass(("udp", *sent.ends), False)

    def _answer(self, sent: Sent) -> tuple[bytes, str]:
        packet = sent.from_server(udp(53, PORT, b"!"))
        return packet, self._pass(("udp", *sent.ends), True)

    def _ping(self, sent: Sent) -> tuple[bytes, str]:
        segment = icmp6(128, rest=PORT << 16) if sent.six else icmp(8, rest=PORT << 16)
        return sent.from_client(segment), self._pass(("echo", *sent.ends), False)

    def _pong(self, sent: Sent) -> tuple[bytes, str]:
        """An echo reply without a request is invalid."""
        segment = icmp6(129, rest=PORT << 16) if sent.six else icmp(0, rest=PORT << 16)
        key = ("echo", *sent.ends)
        known = key in self.sessions
        return sent.from_server(segment), self._pass(key, True) if known else "invalid"

    def _segment(self, sent: Sent) -> tuple[bytes, str]:
        session = self.sessions.setdefault(("tcp", *sent.ends), Session())
        by_server, segment = CONNECTION[min(session.segments, len(CONNECTION) - 1)]
        packet = (sent.from_server if by_server else sent.from_client)(segment)
        session.segments += 1
        return packet, "new" if session.segments == 1 else "established"

    def _stray(self, sent: Sent) -> tuple[bytes, str]:
        """A segment of a connection whose beginning was not seen."""
        return sent.from_server(tcp(443, PORT, ACK, b"x", seq=7, ack=7)), "invalid"

    def _error(self, sent: Sent) -> tuple[bytes, str]:
        """An ICMP error about a question, whether that was sent or not."""
        quoted = sent.from_client(udp(PORT, 53, b"?"))
        segment = icmp6(1, 4, payload=quoted) if sent.six else icmp(3, 3, payload=quoted)
        session = self.sessions.get(("udp", *sent.ends))
        sent_it = session is not None and (session.answered or not session.by_server)
        return sent.from_server(segment), "related" if sent_it else "invalid"
