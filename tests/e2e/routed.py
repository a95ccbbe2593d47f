"""Client and server in networks of their own, so that what lies between them must route.

Each keeps its address of reconciler.demo.network, now behind an address on the link; the far side
knows it by a route through that one, as routers do.
"""

from __future__ import annotations

import socket
import struct
import subprocess
from dataclasses import dataclass

from pyroute2 import NetNS

from reconciler.demo.network import CLIENT_ADDRESS, SERVER_ADDRESS, Namespace, Network
from tests.elements.wires import within

IP_RECVERR, IP_MTU_DISCOVER, IP_PMTUDISC_DO, IP_PMTUDISC_DONT = 11, 10, 2, 0  # linux/in.h


@dataclass(frozen=True)
class Side:
    """One host and the router's address on its link; IPv6 addresses where `six` is set."""

    host: str
    on_link: str
    router: str
    six: str = ""
    router_six: str = ""


CLIENT = Side(CLIENT_ADDRESS, "10.77.1.2", "10.77.1.1", "2001:db8:1::2", "2001:db8:1::1")
SERVER = Side(SERVER_ADDRESS, "10.77.2.2", "10.77.2.1", "2001:db8:2::2", "2001:db8:2::1")


def route_through(network: Network) -> None:
    """Give both hosts their addresses and routes. Not inside a running event loop."""
    for namespace, side, other in (
        (network.client, CLIENT, SERVER),
        (network.server, SERVER, CLIENT),
    ):
        enable_ipv6(namespace)
        with NetNS(namespace.path, flags=0) as netns:
            (index,) = netns.link_lookup(ifname="eth0")
            netns.flush_addr(index=index, family=socket.AF_INET)
            netns.addr("add", index=index, address=side.on_link, prefixlen=24)
            netns.addr("add", index=index, address=side.host, prefixlen=32)
            netns.addr("add", index=index, address=side.six, prefixlen=64, flags=2)  # nodad
            netns.route(
                "add", dst=f"{other.host}/32", gateway=side.router, prefsrc=side.host, oif=index
            )
            netns.route("add", dst="0.0.0.0/0", gateway=side.router, oif=index)
            netns.route(
                "add", family=socket.AF_INET6, dst="::/0", gateway=side.router_six, oif=index
            )


def enable_ipv6(namespace: Namespace) -> None:
    switch = (
        "for one in all default eth0; do echo 0 > /proc/sys/net/ipv6/conf/$one/disable_ipv6; done"
    )
    subprocess.run(namespace.command("sh", "-c", switch), check=True)


@dataclass(frozen=True)
class Answer:
    """An ICMP message that came: who sent it, its type and code, second word and payload."""

    source: str
    type: int
    code: int
    rest: int
    payload: bytes


class Host:
    """Sends and hears raw messages in a namespace; `with Host(...)`."""

    def __init__(self, namespace: Namespace) -> None:
        def sockets() -> tuple[socket.socket, socket.socket]:
            heard = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
            heard.settimeout(5)
            return heard, socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

        self._heard, self._out = within(namespace, sockets)

    def __enter__(self) -> Host:
        return self

    def __exit__(self, *_: object) -> None:
        self._heard.close()
        self._out.close()

    def ping(self, address: str, payload: bytes = b"ping") -> Answer:
        """The first echo reply from `address`."""
        bare = struct.pack("!BBHHH", 8, 0, 0, 7, 7) + payload
        total = sum(struct.unpack(f"!{len(bare) // 2}H", bare))
        while total >> 16:
            total = (total & 0xFFFF) + (total >> 16)
        self._heard.sendto(bare[:2] + struct.pack("!H", ~total & 0xFFFF) + bare[4:], (address, 0))
        return self._next(lambda one: one.source == address and one.type == 0)

    def refused(self, address: str, port: int, ttl: int = 64, size: int = 8) -> Answer:
        """The ICMP error that a datagram to `address` meets."""
        self._out.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
        self._out.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO)
        self._out.sendto(bytes(size), (address, port))
        quoted = socket.inet_aton(address)
        return self._next(lambda one: one.type in (3, 11) and one.payload[16:20] == quoted)

    def _next(self, wanted: object) -> Answer:
        assert callable(wanted)
        while True:
            packet, (source, _) = self._heard.recvfrom(65536)
            message = packet[(packet[0] & 15) * 4 :]
            kind, code, _, rest = struct.unpack_from("!BBHI", message)
            answer = Answer(source, kind, code, rest, message[8:])
            if wanted(answer):
                return answer
