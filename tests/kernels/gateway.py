"""A NAT kernel with hosts behind it: packets in, translated packets out."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address

from tests.kernels.conversation import Conversation
from tests.packets import ICMP, TCP, UDP, Segment, checksum, icmp, ipv4

OUTSIDE, OTHER_OUTSIDE = "203.0.113.1", "203.0.113.2"
HOST, OTHER_HOST = "10.0.0.1", "10.0.0.2"
SERVER, OTHER_SERVER = "192.0.2.80", "192.0.2.81"


@dataclass(frozen=True)
class Seen:
    """A packet as it left: addresses, ports (an ICMP query's identifier at both ends), bytes."""

    verdict: str
    data: bytes

    @property
    def header(self) -> int:
        return (self.data[0] & 15) * 4

    @property
    def source(self) -> str:
        return str(IPv4Address(self.data[12:16]))

    @property
    def destination(self) -> str:
        return str(IPv4Address(self.data[16:20]))

    @property
    def protocol(self) -> int:
        return self.data[9]

    @property
    def identification(self) -> int:
        return int.from_bytes(self.data[4:6])

    @property
    def payload(self) -> bytes:
        return self.data[self.header :]

    @property
    def sport(self) -> int:
        at = 4 if self.protocol == ICMP else 0
        return int.from_bytes(self.payload[at : at + 2])

    @property
    def dport(self) -> int:
        at = 4 if self.protocol == ICMP else 2
        return int.from_bytes(self.payload[at : at + 2])

    @property
    def from_(self) -> tuple[str, int]:
        return self.source, self.sport

    @property
    def to(self) -> tuple[str, int]:
        return self.destination, self.dport

    @property
    def sound(self) -> bool:
        """Whether all checksums are right: header, transport (of whole packets), quoted header."""
        if checksum(self.data[: self.header]) != 0:
            return False
        if int.from_bytes(self.data[6:8]) & 0x3FFF:
            return True
        if self.protocol == ICMP:
            return checksum(self.payload) == 0
        if self.protocol == UDP and self.payload[6:8] == b"\0\0":
            return True
        if self.protocol not in (TCP, UDP):
            return True
        pseudo = self.data[12:20] + struct.pack("!xBH", self.protocol, len(self.payload))
        return checksum(pseudo + self.payload) == 0

    @property
    def quoted(self) -> Seen:
        """The packet that an ICMP error quotes."""
        return Seen("quoted", self.payload[8:])


class Gateway:
    """The kernel's treatment of packets from inside (`out`) and from outside (`in_`)."""

    def __init__(self, kernel: Conversation, external: str = OUTSIDE, capacity: int = 1024) -> None:
        self.kernel = kernel
        assert kernel.ask("start", capacity, external) == "adopted 0 0"

    def all_out(self, data: bytes) -> list[Seen]:
        """Return the packet, and the fragments that waited for it."""
        return _seen(self.kernel.ask("out", data.hex()))

    def all_in(self, data: bytes) -> list[Seen]:
        return _seen(self.kernel.ask("in", data.hex()))

    def out(self, data: bytes) -> Seen:
        (seen,) = self.all_out(data)
        return self._checked(seen, data)

    def in_(self, data: bytes) -> Seen:
        (seen,) = self.all_in(data)
        return self._checked(seen, data)

    def _checked(self, seen: Seen, data: bytes) -> Seen:
        if seen.verdict in ("translated", "hairpin"):
            assert seen.sound, (seen.verdict, data.hex(), seen.data.hex())
        else:
            assert seen.data == data, f"{seen.verdict} packets stay as they are"
        return seen

    def send(self, source: tuple[str, int], segment: Segment, to: str = SERVER) -> Seen:
        """Send a segment, which has the ports, from inside."""
        return self.out(ipv4(source[0], to, segment))

    def set(self, name: str, value: object) -> str:
        return self.kernel.ask("set", name, value)

    def at(self, seconds: float) -> None:
        self.kernel.ask("time", seconds)
        self.kernel.ask("expire")

    def succeed(self, how: str = "clean") -> str:
        return self.kernel.ask("succeed", how)

    def counts(self) -> dict[str, int]:
        tables = ["sessions", "in_use", "ports", "mappings", "hosts"]
        names = [*tables, "opened", "refused", "held", "displaced", "dropped"]
        return dict(zip(names, map(int, self.kernel.ask("counts").split()), strict=True))

    def sessions(self) -> list[list[str]]:
        """Return protocol, inside, outside, remote, state and seconds left of each session."""
        return [line.split() for line in self.kernel.ask("table").split("|") if line]

    def mappings(self) -> list[list[str]]:
        """Return protocol, inside, outside, sessions, "forward", "held", seconds of mappings."""
        return [line.split() for line in self.kernel.ask("mappings").split("|") if line]


def _seen(answer: str) -> list[Seen]:
    words = answer.split()
    return [
        Seen(verdict, bytes.fromhex(data))
        for verdict, data in zip(words[::2], words[1::2], strict=True)
    ]


def ping(identifier: int, reply: bool = False, kind: int = 8) -> Segment:
    """Return an ICMP query or the answer to it."""
    number = kind if not reply else (0 if kind == 8 else kind + 1)
    return icmp(number, rest=identifier << 16 | 1, payload=b"ping")


def error(router: str, about: bytes, kind: int = 3, code: int = 3, quote: int = 28) -> bytes:
    """Return an ICMP error to the source of `about`, which it quotes."""
    return ipv4(router, str(IPv4Address(about[12:16])), icmp(kind, code, 0, about[:quote]))
