"""A host that pings, and that learns by ICMP why a datagram got no further; IPv4 and IPv6.

Errors are read from the socket's error queue: the kernel accepts only those that quote its packets.
"""

from __future__ import annotations

import select
import socket
import struct
from dataclasses import dataclass

from reconciler.testbed.network import Namespace
from tests.elements.wires import within
from tests.packets import icmp

SECONDS = 5
ERROR = struct.Struct("=IBBBxII")
"""struct sock_extended_err of linux/errqueue.h; the address of who sent it follows."""
DO_NOT_SPLIT = 2  # IP_PMTUDISC_DO and IPV6_PMTUDISC_DO


@dataclass(frozen=True)
class Version:
    """The differences between IP versions; the numbers are those of linux/in.h, linux/in6.h, RFC
    792 and RFC 4443.
    """

    family: socket.AddressFamily
    icmp: int
    level: int
    hops: int
    discover: int
    receive_errors: int
    address_at: int
    ask: int
    answer: int
    header: bool
    """Whether a raw socket hears the IP header too."""


FOUR = Version(
    socket.AF_INET, socket.IPPROTO_ICMP, socket.IPPROTO_IP, socket.IP_TTL, 10, 11, 4, 8, 0, True
)
SIX = Version(
    socket.AF_INET6, socket.IPPROTO_ICMPV6, socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS,
    23, 25, 8, 128, 129, False,
)  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """An ICMP message: its sender, type, code, second word or MTU, and payload or quoted packet."""

    source: str
    type: int
    code: int
    rest: int
    payload: bytes


@dataclass(frozen=True)
class Host:
    """A host in a namespace."""

    namespace: Namespace

    def ping(self, address: str, payload: bytes = b"ping") -> Answer:
        """Ping `address`; return the first echo reply. Raises TimeoutError."""
        version = _version(address)
        with self._socket(version, socket.SOCK_RAW, version.icmp) as raw:
            raw.sendto(icmp(version.ask, 0, 7 << 16 | 7, payload).sealed("", ""), (address, 0))
            while True:
                packet, (source, *_) = raw.recvfrom(65536)
                message = packet[(packet[0] & 15) * 4 :] if version.header else packet
                kind, code, _, rest = struct.unpack_from("!BBHI", message)
                if (source, kind) == (address, version.answer):
                    return Answer(source, kind, code, rest, message[8:])

    def refused(self, address: str, port: int, ttl: int = 64, size: int = 8) -> Answer:
        """Send a datagram to `address`; return the resulting ICMP error. Raises TimeoutError."""
        version = _version(address)
        with self._socket(version, socket.SOCK_DGRAM) as out:
            out.setsockopt(version.level, version.hops, ttl)
            out.setsockopt(version.level, version.discover, DO_NOT_SPLIT)
            out.setsockopt(version.level, version.receive_errors, 1)
            out.sendto(bytes(size), (address, port))
            return _error(out, version)

    def _socket(
        self, version: Version, kind: socket.SocketKind, protocol: int = 0
    ) -> socket.socket:
        made = within(self.namespace, lambda: socket.socket(version.family, kind, protocol))
        made.settimeout(SECONDS)
        return made


def _version(address: str) -> Version:
    return SIX if ":" in address else FOUR


def _error(out: socket.socket, version: Version) -> Answer:
    waiting = select.poll()
    waiting.register(out, 0)  # an error is always told
    if not waiting.poll(SECONDS * 1000):
        raise TimeoutError("no ICMP error came")
    payload, ancillary, _, _ = out.recvmsg(65536, 512, socket.MSG_ERRQUEUE)
    errors = (version.level, version.receive_errors)
    (data,) = (data for level, kind, data in ancillary if (level, kind) == errors)
    _, _, kind, code, rest, _ = ERROR.unpack_from(data)
    size = len(socket.inet_pton(version.family, "::" if version is SIX else "0.0.0.0"))
    at = ERROR.size + version.address_at
    return Answer(socket.inet_ntop(version.family, data[at : at + size]), kind, code, rest, payload)
