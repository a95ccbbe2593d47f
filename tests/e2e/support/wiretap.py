"""The last seconds of traffic on both sides of the firewall, kept in memory until they
are needed.
"""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from reconciler.testbed.network import Namespace, Network
from reconciler.testbed.traffic.udp_sender import SOURCE_PORT
from tests.e2e.support.filtering import attach
from tests.packets import Capture, write_pcap
from tests.supervisor.running import socket_in

KEPT_SECONDS = 25
"""Seconds: longer than a connection and a request on it may take."""
HEADERS = 128
QUEUE_BYTES = 1 << 22
ETH_P_ALL = 3
SO_TIMESTAMPNS = 35
NANOSECONDS = 10**9
# Over Ethernet: all but the stream, whose thousands of packets a second tell nothing new;
# truncated.
NOT_THE_STREAM = [
    (0x28, 0, 0, 12),  # type
    (0x15, 0, 4, 0x0800),
    (0x30, 0, 0, 23),  # protocol
    (0x15, 0, 2, socket.IPPROTO_UDP),
    (0x28, 0, 0, 34),  # source port, without IP options
    (0x15, 1, 0, SOURCE_PORT),
    (0x06, 0, 0, HEADERS),
    (0x06, 0, 0, 0),
]


class Wiretap:
    """Packets of one host's eth0, in both directions."""

    def __init__(self, host: Namespace) -> None:
        self.host = host
        self._packets = socket_in(host, socket.SOCK_RAW, socket.AF_PACKET)
        attach(self._packets, NOT_THE_STREAM)
        self._packets.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._packets.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, QUEUE_BYTES)
        self._packets.settimeout(0.1)
        self._packets.bind(("eth0", ETH_P_ALL))
        self._kept: deque[Capture] = deque()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def _watch(self) -> None:
        while not self._done.is_set():
            try:
                data, said, _, _ = self._packets.recvmsg(HEADERS, 64)
            except TimeoutError:
                continue
            ((_, _, stamp),) = said
            seconds, nanoseconds = struct.unpack("qq", stamp)
            at = seconds * NANOSECONDS + nanoseconds
            self._kept.append(Capture(data, at, _length(data)))
            while self._kept[0].time_ns < at - KEPT_SECONDS * NANOSECONDS:
                self._kept.popleft()

    def keep(self, folder: Path) -> Path:
        """Write what was captured as a pcap file, and return its path."""
        file = folder / f"{self.host.name}.pcap"
        since = time.time_ns() - KEPT_SECONDS * NANOSECONDS
        write_pcap(file, [one for one in self._kept.copy() if one.time_ns > since])
        return file

    def stop(self) -> None:
        self._done.set()
        self._thread.join()
        self._packets.close()


def _length(frame: bytes) -> int:
    """Return the length of the frame on the wire, by its IPv4 header."""
    is_ip = len(frame) > 18 and frame[12:14] == b"\x08\x00"
    return max(len(frame), 14 + int.from_bytes(frame[16:18], "big")) if is_ip else len(frame)


@asynccontextmanager
async def tapped(network: Network) -> AsyncIterator[tuple[Wiretap, Wiretap]]:
    """Tap the client's and the server's interface while the block runs."""
    taps = Wiretap(network.client), Wiretap(network.server)
    try:
        yield taps
    finally:
        for tap in taps:
            tap.stop()
