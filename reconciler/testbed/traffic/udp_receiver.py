"""Counts the sequence-numbered UDP stream: `...udp_receiver INTERFACE PORT`, until SIGTERM.

It reads a packet ring (packet(7), TPACKET_V2) and not the socket: the ring holds three seconds of
the stream, so that a busy CPU is never mistaken for a packet that the firewall lost, and every
packet has the kernel's time of arrival. `late_ms` is the longest time that a packet waited in it,
`ring_fullest` the largest share of it that was taken, `ring_drops` the packets it had no room for.
"""

from __future__ import annotations

import ctypes
import itertools
import mmap
import select
import signal
import socket
import struct
import sys
import time

from reconciler.testbed.traffic.reporting import Samples, say
from reconciler.testbed.traffic.turns import Lateness, Priority, go_first

SOL_PACKET, PACKET_RX_RING, PACKET_STATISTICS, PACKET_VERSION = 263, 5, 6, 10
SO_ATTACH_FILTER, ETH_P_IP, TPACKET_V2 = 26, 0x0800, 1
FRAME, BLOCK, BLOCKS = 256, 1 << 20, 16
FRAMES = BLOCK * BLOCKS // FRAME
# struct tpacket2_hdr: status, len, snaplen, mac, net, sec, nsec
HEADER = struct.Struct("=IIIHHII")
SEQUENCE = struct.Struct("!Q")
# Source address, (destination,) source port of a packet without IP options.
SOURCE = struct.Struct("!4s4xH")
UDP_PAYLOAD = 20 + 8  # of a packet without IP options
GAP_SECONDS = 0.005
POLL_MS = 10
ANSWER_SECONDS = 0.02
RANGES = 100
PROGRESS_SECONDS = 0.25


def port_filter(port: int) -> list[tuple[int, int, int, int]]:
    """Return classic BPF over the IP header: UDP to `port`, whole packets."""
    return [
        (0x30, 0, 0, 9),  # protocol
        (0x15, 0, 4, socket.IPPROTO_UDP),
        (0xB1, 0, 0, 0),  # X = length of the IP header
        (0x48, 0, 0, 2),  # destination port
        (0x15, 0, 1, port),
        (0x06, 0, 0, 0x40000),
        (0x06, 0, 0, 0),
    ]


def attach_filter(packets: socket.socket, steps: list[tuple[int, int, int, int]]) -> None:
    """Let a packet socket see only what the classic BPF program accepts."""
    program = b"".join(struct.pack("=HBBI", *step) for step in steps)
    code = ctypes.create_string_buffer(program, len(program))
    described = struct.pack("HxxxxxxP", len(steps), ctypes.addressof(code))
    packets.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, described)


def statistics(packets: socket.socket) -> tuple[int, int]:
    """Return the packets shown to a packet socket since the last call, and how many of them found
    no room.
    """
    seen, dropped = struct.unpack("II", packets.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
    return int(seen), int(dropped)


def open_ring(interface: str, port: int) -> tuple[socket.socket, mmap.mmap]:
    """Open a packet socket of `interface` that sees only the stream, with its ring."""
    packets = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
    attach_filter(packets, port_filter(port))
    packets.setsockopt(SOL_PACKET, PACKET_VERSION, struct.pack("i", TPACKET_V2))
    ring = struct.pack("IIII", BLOCK, BLOCKS, FRAME, FRAMES)
    packets.setsockopt(SOL_PACKET, PACKET_RX_RING, ring)
    packets.bind((interface, ETH_P_IP))
    return packets, mmap.mmap(packets.fileno(), BLOCK * BLOCKS)


class Arrivals:
    """Which sequence numbers arrived, how often, in which order and when."""

    def __init__(self) -> None:
        self.seen = bytearray()
        self.received = self.duplicated = self.reordered = 0
        self.highest = -1
        self.last_at = 0.0
        self.gaps: list[tuple[float, float]] = []
        self.samples = Samples()

    def add(self, sequence: int, at: float) -> None:
        """Add one packet that arrived at `at` (seconds since the epoch)."""
        if sequence >= len(self.seen):
            self.seen.extend(bytes(sequence + 65536 - len(self.seen)))
        if self.seen[sequence]:
            self.duplicated += 1
            return
        self.seen[sequence] = 1
        self.received += 1
        self.reordered += sequence < self.highest
        self.highest = max(self.highest, sequence)
        if self.last_at and at - self.last_at > GAP_SECONDS:
            self.gaps.append((self.last_at, at))
        self.last_at = at
        self.samples.add(1, at)

    def missing(self) -> list[tuple[int, int]]:
        """Return the first ranges (start, length) of numbers that never arrived, up to the highest
        that did.
        """
        ranges: list[tuple[int, int]] = []
        position = self.seen.find(0)
        while 0 <= position < self.highest and len(ranges) < RANGES:
            end = self.seen.find(1, position)
            ranges.append((position, end - position))
            position = self.seen.find(0, end)
        return ranges


class Receiver:
    """Reads the ring."""

    def __init__(self, interface: str, port: int) -> None:
        self.packets, self.ring = open_ring(interface, port)
        self.frame = 0
        self.arrivals = Arrivals()
        self.source: tuple[str, int] | None = None
        self.lateness = Lateness()
        self.fullest = 0

    def drain(self) -> None:
        """Count every packet that is in the ring and give its frame back to the kernel."""
        for taken in itertools.count():
            base = self.frame * FRAME
            status, _, _, _, net, seconds, nanoseconds = HEADER.unpack_from(self.ring, base)
            if not status & 1:
                self.fullest = max(self.fullest, taken)
                return
            if not taken:
                self.lateness.add(time.time() - seconds - nanoseconds / 1e9)
            (sequence,) = SEQUENCE.unpack_from(self.ring, base + net + UDP_PAYLOAD)
            if self.source is None:
                address, port = SOURCE.unpack_from(self.ring, base + net + 12)
                self.source = socket.inet_ntoa(address), port
            self.arrivals.add(sequence, seconds + nanoseconds / 1e9)
            struct.pack_into("=I", self.ring, base, 0)
            self.frame = (self.frame + 1) % FRAMES

    def result(self, priority: Priority) -> None:
        """Report all that was counted."""
        arrivals = self.arrivals
        _, drops = statistics(self.packets)
        say(
            "result",
            udp_received=arrivals.received,
            udp_duplicated=arrivals.duplicated,
            udp_reordered=arrivals.reordered,
            missing=arrivals.missing(),
            gaps=arrivals.gaps,
            ring_drops=drops,
            ring_fullest=min(1.0, round(self.fullest / FRAMES, 3)),
            samples=arrivals.samples.as_json(),
            priority=priority,
            **self.lateness.as_json(),
        )


def run(interface: str, port: int) -> None:
    """Receive until SIGTERM."""
    stopping: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: stopping.append(number))
    priority = go_first()
    # Never read. It keeps the kernel from answering "port unreachable", and acknowledges: a stream
    # without any answer stays unconfirmed in a firewall, as in Linux.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as owner:
        owner.bind(("", port))
        receiver = Receiver(interface, port)
        wake = select.poll()
        reported = answered = time.monotonic()
        say("ready")
        while not stopping:
            wake.poll(POLL_MS)
            receiver.drain()
            if receiver.source is not None and time.monotonic() - answered > ANSWER_SECONDS:
                answered = time.monotonic()
                owner.sendto(SEQUENCE.pack(receiver.arrivals.received), receiver.source)
            if time.monotonic() - reported > PROGRESS_SECONDS:
                reported = time.monotonic()
                say("progress", udp_received=receiver.arrivals.received)
        receiver.drain()
        receiver.result(priority)


if __name__ == "__main__":
    run(sys.argv[1], int(sys.argv[2]))
