"""Packet sockets that see only what a program of classic BPF lets through."""

from __future__ import annotations

import ctypes
import socket
import struct
from collections.abc import Sequence

from reconciler.testbed.traffic.udp_receiver import SO_ATTACH_FILTER

Steps = Sequence[tuple[int, int, int, int]]


def attach(packets: socket.socket, steps: Steps) -> None:
    """Attach the filter to packets that arrive from now on; what is queued already stays."""
    program = b"".join(struct.pack("=HBBI", *step) for step in steps)
    code = ctypes.create_string_buffer(program, len(program))
    filtering = struct.pack("HxxxxxxP", len(steps), ctypes.addressof(code))
    packets.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, filtering)
