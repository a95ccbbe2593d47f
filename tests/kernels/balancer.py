"""A load balancer's kernel, and packets of its clients and backends."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address

from tests.kernels.conversation import Conversation
from tests.packets import ACK, Segment, ipv4, ipv6, tcp, udp

VIP, VIP6 = "192.0.2.80", "2001:db8:f::80"
SERVICES = f"tcp {VIP}:80; udp {VIP}:53; tcp [{VIP6}]:80; udp [{VIP6}]:53"
POOL = [f"10.0.0.{n}" for n in range(1, 5)]
POOL6 = [f"2001:db8::{n}" for n in range(1, 5)]


def packet(source: str, destination: str, segment: Segment) -> bytes:
    build = ipv6 if ip_address(source).version == 6 else ipv4
    return build(source, destination, segment)


@dataclass(frozen=True)
class Client:
    """One port of a host that talks to a service."""

    address: str = "198.51.100.7"
    port: int = 40000
    service: str = VIP
    service_port: int = 80

    @property
    def udp(self) -> bool:
        return self.service_port == 53

    def _segment(self, ports: tuple[int, int], flags: int, data: bytes) -> Segment:
        return udp(*ports, data) if self.udp else tcp(*ports, flags, data, seq=7, ack=9)

    def request(self, flags: int = ACK, data: bytes = b"", to: str = "") -> bytes:
        """Return a packet to the service, or as it should reach `to`, an address or endpoint."""
        address, port = endpoint(to, self.service_port) if to else (self.service, self.service_port)
        return packet(self.address, address, self._segment((self.port, port), flags, data))

    def answer(self, source: str = "", flags: int = ACK, data: bytes = b"") -> bytes:
        """Return a packet to the client from a backend, or as it should come from the service."""
        address, port = (
            endpoint(source, self.service_port) if source else (self.service, self.service_port)
        )
        return packet(address, self.address, self._segment((port, self.port), flags, data))

    def echo(self, flags: int = ACK, data: bytes = b"") -> bytes:
        """Return a request as a service that mirrors packets sends it back."""
        segment = tcp(self.service_port, self.port, flags, data, seq=9, ack=7)
        return packet(self.service, self.address, segment)


def endpoint(text: str, port: int) -> tuple[str, int]:
    """Split `10.0.0.1`, `10.0.0.1:80` or `[2001:db8::1]:80`; `port` is the default."""
    address, _, digits = text.replace("]", "").replace("[", "").rpartition(":")
    if text.startswith("[") or text.count(":") == 1:
        return address, int(digits)
    return text, port


class Balancer:
    """The kernel's verdicts; packets that it sends are checked byte by byte."""

    def __init__(self, kernel: Conversation, backends: list[str], capacity: int = 1024) -> None:
        self.kernel = kernel
        assert kernel.ask("start", capacity) == "adopted 0"
        self.set("services", SERVICES)
        self.set_backends(backends)

    def set(self, setting: str, value: str) -> None:
        assert self.kernel.ask(setting, value) == "ok"

    def set_backends(self, backends: list[str]) -> None:
        self.set("backends", "; ".join(backends) or "none")

    def at(self, seconds: float) -> None:
        self.kernel.ask("time", seconds)

    def forward(self, data: bytes) -> list[str]:
        """Return the verdict; if balanced, also the backend's address and the packet, in hex."""
        return self.kernel.ask("forward", data.hex()).split()

    def reverse(self, data: bytes) -> bytes | None:
        verdict, *rest = self.kernel.ask("reverse", data.hex()).split()
        return bytes.fromhex(rest[0]) if verdict == "answer" else None

    def send(self, client: Client, flags: int = ACK, data: bytes = b"", port: int = 0) -> str:
        """Send a request; return the backend's address, or the verdict. `port` is the backends'."""
        verdict, *rest = self.forward(client.request(flags, data))
        if verdict != "balanced":
            return verdict
        to = f"[{rest[0]}]:{port}" if port else rest[0]
        assert rest[1] == client.request(flags, data, to).hex()
        return rest[0]

    def answer(self, client: Client, backend: str, flags: int = ACK, data: bytes = b"") -> bool:
        """Return whether the client gets the backend's packet as the service's."""
        got = self.reverse(client.answer(backend, flags, data))
        assert got is None or got == client.answer(flags=flags, data=data)
        return got is not None

    def lines(self, table: str = "table") -> list[list[str]]:
        return [line.split() for line in self.kernel.ask(table).split("|") if line]

    def state(self) -> str:
        """Return state and seconds left of the only flow."""
        (line,) = self.lines()
        return " ".join(line[-2:])
