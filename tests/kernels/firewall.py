"""A firewall that admits every packet that may open a session, and both ends of a connection."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address

from tests.kernels.conversation import Conversation
from tests.packets import ACK, RST, SYN, Segment, ipv4, ipv6, tcp

CLIENT, SERVER = "10.0.0.1", "192.0.2.80"
CLIENT6, SERVER6 = "2001:db8::1", "2001:db8:f::80"
WSCALE, SACK_OK = 3, 4


def packet(source: str, destination: str, segment: Segment) -> bytes:
    build = ipv6 if ip_address(source).version == 6 else ipv4
    return build(source, destination, segment)


def scale_option(bits: int) -> bytes:
    return bytes([WSCALE, 3, bits, 1])


class Firewall:
    """The kernel's verdicts; new packets are admitted."""

    def __init__(self, kernel: Conversation, capacity: int = 1024) -> None:
        self.kernel = kernel
        assert kernel.ask("start", capacity) == "adopted 0 0"

    def check(self, data: bytes) -> str:
        return self.kernel.ask("check", data.hex())

    def open(self, data: bytes) -> str:
        return self.kernel.ask("open", data.hex())

    def take(self, data: bytes) -> str:
        """Return the verdict; a new packet opens a session."""
        verdict = self.check(data)
        if verdict == "new":
            assert self.open(data) in ("opened", "known")
        return verdict

    def at(self, seconds: float) -> None:
        self.kernel.ask("time", seconds)

    def lines(self) -> list[list[str]]:
        """Return the table's lines: protocol, originator, responder, state, seconds, ..."""
        return [line.split() for line in self.kernel.ask("table").split("|") if line]

    def state(self) -> str:
        """Return state and seconds left of the only session."""
        (line,) = self.lines()
        return " ".join(line[3:])


@dataclass
class Connection:
    """Both ends of a TCP connection: c* is the client's, s* the server's next number."""

    firewall: Firewall
    client: str = CLIENT
    server: str = SERVER
    cport: int = 40000
    sport: int = 80
    c: int = 1000
    s: int = 5000
    window: int = 8192

    def from_client(
        self, flags: int = ACK, data: bytes = b"", *, seq: int | None = None,
        ack: int | None = None, window: int | None = None, options: bytes = b"",
    ) -> str:  # fmt: skip
        segment = tcp(
            self.cport, self.sport, flags, data, seq=(self.c if seq is None else seq) % 2**32,
            ack=(self.s if ack is None else ack) % 2**32 if flags & ACK else 0,
            window=self.window if window is None else window, options=options,
        )  # fmt: skip
        return self.firewall.take(packet(self.client, self.server, segment))

    def from_server(
        self, flags: int = ACK, data: bytes = b"", *, seq: int | None = None,
        ack: int | None = None, window: int | None = None, options: bytes = b"",
    ) -> str:  # fmt: skip
        segment = tcp(
            self.sport, self.cport, flags, data, seq=(self.s if seq is None else seq) % 2**32,
            ack=(self.c if ack is None else ack) % 2**32 if flags & ACK else 0,
            window=self.window if window is None else window, options=options,
        )  # fmt: skip
        return self.firewall.take(packet(self.server, self.client, segment))

    def connect(self, options: bytes = b"") -> Connection:
        assert self.from_client(SYN, options=options) == "new"
        self.c += 1
        assert self.from_server(SYN | ACK, options=options) == "established"
        self.s += 1
        assert self.from_client() == "established"
        return self

    def client_sends(self, size: int) -> str:
        verdict = self.from_client(data=b"x" * size)
        self.c += size
        return verdict

    def server_sends(self, size: int) -> str:
        verdict = self.from_server(data=b"x" * size)
        self.s += size
        return verdict

    def reset_by_server(self, seq: int | None = None) -> str:
        return self.from_server(RST, seq=seq)
