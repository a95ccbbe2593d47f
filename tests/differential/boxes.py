"""Two machines that do the same work: ours, and a Linux router with nftables.

Each stands between two otherwise silent wires: packets are put on one and read from the other. The
same packets go through both, one after the other; what comes out is compared.
"""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from reconciler.testbed.network import Namespace, bring_up, hold, join, prepare, release
from tests.driver.running import RunningDriver
from tests.elements.wires import driver_in, interface_address, raw_socket
from tests.packets import BROADCAST, ETHERTYPE_ARP, ETHERTYPE_IPV4, arp, ether, ipv4, udp

INSIDE_MAC, OUTSIDE_MAC = "02:00:00:00:00:01", "02:00:00:00:00:02"
LAN_ADDRESS, WAN_ADDRESS = "10.0.0.254", "192.0.2.254"
"""Addresses of the Linux router itself."""
MARKER_HOST, MARKER_SERVER, MARKER_PORT = "10.9.9.9", "198.51.100.99", 443


@dataclass
class Box:
    """One of the machines that are compared, between its two wires.

    `marker_address` is where the server's markers go: the host, or its outside address.
    """

    inside: socket.socket
    outside: socket.socket
    lan_mac: str
    wan_mac: str
    marker_address: str
    markers: int = 0

    def send(self, packet: bytes, inwards: bool) -> tuple[list[bytes], list[bytes]]:
        """Send an IP packet from one side; return those that come out outside, and inside."""
        self._put(packet, inwards)
        # A marker may overtake the packet within their batch, but not one that is sent afterwards.
        there = [*self._until_marker(inwards), *self._until_marker(inwards)]
        back = self._until_marker(not inwards)
        return (back, there) if inwards else (there, back)

    def _put(self, packet: bytes, inwards: bool) -> None:
        if inwards:
            frame = ether(
                packet, source=OUTSIDE_MAC, destination=self.wan_mac, ethertype=ETHERTYPE_IPV4
            )
            self.outside.send(frame)
        else:
            frame = ether(
                packet, source=INSIDE_MAC, destination=self.lan_mac, ethertype=ETHERTYPE_IPV4
            )
            self.inside.send(frame)

    def _until_marker(self, inwards: bool) -> list[bytes]:
        """Return the packets on the far wire, up to a marker that is sent now and known to pass."""
        self.markers += 1
        text = b"marker %d" % self.markers
        segment = udp(MARKER_PORT, MARKER_PORT, text)
        pair = (MARKER_SERVER, self.marker_address) if inwards else (MARKER_HOST, MARKER_SERVER)
        self._put(ipv4(*pair, segment), inwards)
        wire, packets = self.inside if inwards else self.outside, list[bytes]()
        while True:
            frame, address = wire.recvfrom(65536)
            if address[2] == socket.PACKET_OUTGOING or frame[12:14] != b"\x08\0":
                continue
            length = int.from_bytes(frame[16:18])
            packet = frame[14 : 14 + length]
            if packet.endswith(text):
                return packets
            if b"marker" not in packet:
                packets.append(packet)


@dataclass(frozen=True)
class Wired:
    """A namespace between two others, with sockets on the far ends of its eth0 and eth1."""

    box: Namespace
    inside: socket.socket
    outside: socket.socket

    def made(self, marker_address: str, lan_mac: str = "", wan_mac: str = "") -> Box:
        """Return the box, with a session opened for markers."""
        lan = lan_mac or interface_address(self.box, "eth0")
        wan = wan_mac or interface_address(self.box, "eth1")
        box = Box(self.inside, self.outside, lan, wan, marker_address)
        box._until_marker(False)
        box._until_marker(True)
        return box


@contextmanager
def wired() -> Iterator[Wired]:
    """Create three namespaces in a row."""
    names = [hold(name) for name in ("inside", "box", "outside")]
    inside, box, outside = names
    try:
        join(inside, "eth0", box, "eth0")
        join(outside, "eth0", box, "eth1")
        for namespace in names:
            prepare(namespace, ["eth0"] if namespace is not box else ["eth0", "eth1"], True)
        bring_up(inside, ["eth0"])
        bring_up(outside, ["eth0"])
        bring_up(box, ["eth0", "eth1", "lo"])
        with raw_socket(inside) as near, raw_socket(outside) as far:
            yield Wired(box, near, far)
    finally:
        for namespace in names:
            release(namespace)


def run_in(namespace: Namespace, command: str, text: str = "") -> None:
    """Run a shell command in a namespace. Raises CalledProcessError."""
    line = namespace.command("sh", "-euc", command)
    done = subprocess.run(line, input=text, text=True, capture_output=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stderr}"


@contextmanager
def linux(
    rules: str, hosts: Sequence[str], servers: Sequence[str], external: Sequence[str], marker: str
) -> Iterator[Box]:
    """A Linux router with these nftables rules; it knows how to reach hosts and servers."""
    with wired() as place:
        lines = [
            f"ip address add {LAN_ADDRESS}/8 dev eth0",
            f"ip address add {WAN_ADDRESS}/24 dev eth1",
            *(f"ip address add {address}/32 dev eth1" for address in external),
            "ip route add default via 192.0.2.1 dev eth1",
            f"ip neighbour add 192.0.2.1 lladdr {OUTSIDE_MAC} nud permanent dev eth1",
        ]
        for device, mac, addresses in (
            ("eth0", INSIDE_MAC, hosts),
            ("eth1", OUTSIDE_MAC, [one for one in servers if one.startswith("192.0.2.")]),
        ):
            lines += [
                f"ip neighbour replace {address} lladdr {mac} nud permanent dev {device}"
                for address in addresses
            ]
        for name, value in (
            ("net/ipv4/ip_forward", 1),
            ("net/ipv4/conf/all/rp_filter", 0),
            ("net/ipv4/conf/default/rp_filter", 0),
            ("net/ipv4/conf/eth0/rp_filter", 0),
            ("net/ipv4/conf/eth1/rp_filter", 0),
            ("net/ipv4/conf/all/send_redirects", 0),
            ("net/ipv4/conf/eth0/send_redirects", 0),
            ("net/ipv4/conf/eth1/send_redirects", 0),
            ("net/ipv4/icmp_ratelimit", 0),
            ("net/netfilter/nf_conntrack_tcp_loose", 0),
        ):
            lines.append(f"echo {value} > /proc/sys/{name}")
        run_in(place.box, "\n".join(lines))
        run_in(place.box, "nft -f -", rules)
        yield place.made(marker)


@dataclass(frozen=True)
class Router:
    """Ethernet addresses of our router, and the hosts on its links."""

    lan_mac: str
    wan_mac: str
    hosts: Sequence[str]
    servers: Sequence[str]


@contextmanager
def ours(
    driver: Path, graph: str, folder: Path, marker: str, router: Router | None = None
) -> Iterator[Box]:
    """A driver with this graph between eth0 and eth1: a bridge, or the router."""
    with ExitStack() as stack:
        place = stack.enter_context(wired())
        inside_program = driver_in(place.box, driver, folder / "driver-in-box")
        stack.enter_context(RunningDriver(inside_program, graph, folder / "control"))
        if router is None:
            yield place.made(marker)
            return
        introduce(place.inside, INSIDE_MAC, router.hosts, LAN_ADDRESS)
        introduce(place.outside, OUTSIDE_MAC, router.servers, WAN_ADDRESS)
        yield place.made(marker, router.lan_mac, router.wan_mac)


def introduce(wire: socket.socket, mac: str, addresses: Sequence[str], router: str) -> None:
    """Let each address ask for the router, which so learns the address, and announce it once more,
    so that the router is sure and does not ask; returns when all have been answered.
    """
    for address in addresses:
        question = arp("request", address, router, sender_mac=mac)
        wire.send(ether(question, source=mac, destination=BROADCAST, ethertype=ETHERTYPE_ARP))
    answered = set[bytes]()
    while len(answered) < len(addresses):
        frame, address = wire.recvfrom(65536)
        if address[2] != socket.PACKET_OUTGOING and frame[12:14] == b"\x08\x06":
            answered.add(frame[38:42])
    for address in addresses:
        told = arp("reply", address, router, sender_mac=mac)
        wire.send(ether(told, source=mac, destination=BROADCAST, ethertype=ETHERTYPE_ARP))
