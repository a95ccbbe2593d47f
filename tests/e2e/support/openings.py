"""Every session of TCP and UDP that the client ever opened, as seen on its wire."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from reconciler.testbed.network import Network
from reconciler.testbed.site import Sessions
from reconciler.testbed.traffic.udp_sender import SOURCE_PORT
from tests.e2e.support.filtering import attach
from tests.supervisor.running import socket_in

ETH_P_ALL = 3
PROTOCOLS = {socket.IPPROTO_TCP: "tcp", socket.IPPROTO_UDP: "udp"}
# Classic BPF from the IP header on: TCP with SYN and without ACK; UDP, but of the stream, which
# sends thousands of packets a second, only one in 256. Jumps count the instructions to skip.
OPENING = [
    (0x30, 0, 0, 9),  # protocol
    (0xB1, 0, 0, 0),  # X = length of the IP header
    (0x15, 0, 3, socket.IPPROTO_TCP),
    (0x50, 0, 0, 13),  # flags
    (0x54, 0, 0, 0x12),
    (0x15, 5, 6, 0x02),
    (0x15, 0, 5, socket.IPPROTO_UDP),
    (0x48, 0, 0, 0),  # source port
    (0x15, 0, 2, SOURCE_PORT),
    (0x20, 0, 0, 0xFFFFF038),  # a random number
    (0x45, 1, 0, 0xFF),
    (0x06, 0, 0, 0x40000),
    (0x06, 0, 0, 0),
]


class Openings:
    """The sessions that the client has opened; grows while it works."""

    def __init__(self, network: Network) -> None:
        self._packets = socket_in(network.client, socket.SOCK_DGRAM, socket.AF_PACKET)
        attach(self._packets, OPENING)
        self._packets.settimeout(0.1)
        self._packets.bind(("eth0", ETH_P_ALL))
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._seen: set[tuple[str, ...]] = set()

    @property
    def seen(self) -> Sessions:
        """Return the sessions, as the firewall lists them."""
        return frozenset(self._seen)

    def _watch(self) -> None:
        while not self._done.is_set():
            try:
                packet = self._packets.recv(128)
            except TimeoutError:
                continue
            ends = [socket.inet_ntoa(packet[at : at + 4]) for at in (12, 16)]
            ports = struct.unpack_from("!HH", packet, 4 * (packet[0] & 15))
            both = (f"{end}:{port}" for end, port in zip(ends, ports, strict=True))
            self._seen.add((PROTOCOLS[packet[9]], *both))

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._done.set()
        self._thread.join()
        self._packets.close()


@asynccontextmanager
async def watched(network: Network) -> AsyncIterator[Openings]:
    """Watch from now on; sessions opened before are not seen."""
    openings = Openings(network)
    openings.start()
    try:
        yield openings
    finally:
        openings.stop()
