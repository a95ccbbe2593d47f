"""Sequence-numbered UDP stream: `...udp_sender ADDRESS PORT PACKETS_PER_SECOND`, until SIGTERM.

Packets leave in one sendmmsg() call a millisecond: a Python call a packet would cost a core at
20,000 packets/s. `udp_skipped` was left out because the program got no turn, `udp_refused` because
the kernel took nothing: nobody answers for the receiver's address. `late_ms` is the latest that a
turn began.
"""

from __future__ import annotations

import ctypes
import errno
import os
import select
import signal
import socket
import struct
import sys
import time

from reconciler.testbed.traffic.reporting import say
from reconciler.testbed.traffic.turns import Lateness, go_first

PAYLOAD_BYTES = 64
BATCH = 64
TICK_MS = 1
LONG_SECONDS = 0.25
SOURCE_PORT = 40000
PROGRESS_SECONDS = 0.25
PASSING = {
    errno.EAGAIN,
    errno.ECONNREFUSED,
    errno.EHOSTUNREACH,
    errno.ENETUNREACH,
    errno.ENOBUFS,
    errno.EINTR,
}
SEQUENCE = struct.Struct("!Q")


class IoVector(ctypes.Structure):
    """struct iovec."""

    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


class Header(ctypes.Structure):
    """struct msghdr of a connected socket: only the vector is used."""

    _fields_ = [
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint32),
        ("vectors", ctypes.POINTER(IoVector)),
        ("vector_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    ]


class Message(ctypes.Structure):
    """struct mmsghdr."""

    _fields_ = [("header", Header), ("sent", ctypes.c_uint32)]


class Stream:
    """A batch of packets in memory whose sequence numbers are rewritten for every call."""

    def __init__(self, target: tuple[str, int]) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("", SOURCE_PORT))
        self.socket.connect(target)
        self.sendmmsg = ctypes.CDLL(None, use_errno=True).sendmmsg
        self.payload = ctypes.create_string_buffer(PAYLOAD_BYTES * BATCH)
        address = ctypes.addressof(self.payload)
        self.vectors = (IoVector * BATCH)(
            *(IoVector(address + index * PAYLOAD_BYTES, PAYLOAD_BYTES) for index in range(BATCH))
        )
        self.messages = (Message * BATCH)()
        for index in range(BATCH):
            self.messages[index].header.vectors = ctypes.pointer(self.vectors[index])
            self.messages[index].header.vector_count = 1
        self.sent = 0

    def send(self, count: int) -> bool:
        """Send the next `count` packets (at most BATCH); a refused one keeps its number for later.

        Returns whether the kernel took any.
        """
        for index in range(count):
            SEQUENCE.pack_into(self.payload, index * PAYLOAD_BYTES, self.sent + index)
        done = self.sendmmsg(self.socket.fileno(), self.messages, count, socket.MSG_DONTWAIT)
        if done < 0:
            number = ctypes.get_errno()
            # An ICMP error of an earlier packet is reported here; it is a loss the receiver counts.
            if number not in PASSING:
                raise OSError(number, f"sendmmsg: {os.strerror(number)}")
            return False
        self.sent += done
        return True


class Dues:
    """Packets due at a steady rate. A delay is made up for, but not one of LONG_SECONDS: the
    machine or the network stood still, and must not be flooded afterwards.

    `late` counts what was left out because a turn began late, `refused` because the kernel took
    nothing.
    """

    def __init__(self, rate: int, now: float) -> None:
        self.rate, self.began, self.turn = rate, now, now
        self.late = self.refused = 0

    def of(self, now: float, sent: int) -> int:
        """Return the packets to send in a turn that begins `now`."""
        due = int((now - self.began) * self.rate) - sent - self.late - self.refused
        if due > self.rate * LONG_SECONDS:
            if now - self.turn > LONG_SECONDS:
                self.late += due - BATCH
            else:
                self.refused += due - BATCH
            due = BATCH
        self.turn = now
        return due


def run(target: tuple[str, int], rate: int) -> None:
    """Send at `rate` packets/s until SIGTERM."""
    stopping: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: stopping.append(number))
    priority, lateness = go_first(), Lateness()
    stream = Stream(target)
    clock = select.poll()
    reported = time.monotonic()
    dues = Dues(rate, reported)
    while not stopping:
        now = time.monotonic()
        lateness.add(now - dues.turn - TICK_MS / 1000)
        due = dues.of(now, stream.sent)
        taken = due <= 0 or stream.send(min(due, BATCH))
        if now - reported > PROGRESS_SECONDS:
            reported = now
            say("progress", udp_sent=stream.sent)
        if due <= BATCH or not taken:
            clock.poll(TICK_MS)
    sent = {"udp_sent": stream.sent, "udp_skipped": dues.late, "udp_refused": dues.refused}
    say("result", **sent, priority=priority, **lateness.as_json())


if __name__ == "__main__":
    run((sys.argv[1], int(sys.argv[2])), int(sys.argv[3]))
