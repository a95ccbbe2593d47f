"""Raw sockets at the far ends of the firewall's interfaces, and a driver between them."""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from reconciler.testbed.network import SIOCETHTOOL, Namespace

CLONE_NEWNET = 0x40000000
ETH_P_ALL = 3
SIOCSIFFLAGS = 0x8914
IFF_UP = 1
SIOCSIFMTU = 0x8922
SIOCGIFHWADDR = 0x8927
ETHTOOL_STXCSUM = 0x17
SO_RCVBUFFORCE = 33  # asm-generic/socket.h; not in the module socket
Value = TypeVar("Value")


def within(namespace: Namespace, action: Callable[[], Value]) -> Value:
    """Run `action` with this thread in `namespace`; return its result."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/thread-self/ns/net") as ours, open(namespace.path) as theirs:
        assert libc.setns(theirs.fileno(), CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
        try:
            return action()
        finally:
            assert libc.setns(ours.fileno(), CLONE_NEWNET) == 0


@contextmanager
def raw_socket(namespace: Namespace, interface: str = "eth0") -> Iterator[socket.socket]:
    """Open a socket for whole frames on an interface of a namespace."""

    def make() -> socket.socket:
        made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        with suppress(PermissionError):  # root of a user namespace keeps the default
            made.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
        made.bind((interface, ETH_P_ALL))
        made.settimeout(5)
        return made

    with within(namespace, make) as made:
        yield made


def received(wire: socket.socket, number: int, good: Callable[[bytes], bool]) -> list[bytes]:
    """Return the next `number` good frames; those that this end sent do not count."""
    frames: list[bytes] = []
    while len(frames) < number:
        frame, address = wire.recvfrom(65536)
        if address[2] != socket.PACKET_OUTGOING and good(frame):
            frames.append(frame)
    return frames


def set_mtu(namespace: Namespace, interface: str, mtu: int) -> None:
    _control(namespace, SIOCSIFMTU, struct.pack("16si20x", interface.encode(), mtu))


def set_up(namespace: Namespace, interface: str, up: bool) -> None:
    """Bring an interface up or down."""
    flags = IFF_UP if up else 0
    _control(namespace, SIOCSIFFLAGS, struct.pack("16sh22x", interface.encode(), flags))


def leave_checksums_to_the_card(namespace: Namespace, interface: str) -> None:
    value = ctypes.create_string_buffer(struct.pack("II", ETHTOOL_STXCSUM, 1), 8)
    request = struct.pack("16sP16x", interface.encode(), ctypes.addressof(value))
    _control(namespace, SIOCETHTOOL, request)


def _control(namespace: Namespace, command: int, request: bytes) -> None:
    def change() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
            fcntl.ioctl(control, command, request)

    within(namespace, change)


def driver_in(namespace: Namespace, driver: Path, out: Path) -> Path:
    """Write a program that runs `driver` in a namespace, with the same arguments."""
    line = " ".join(namespace.command(str(driver)))
    out.write_text(f'#!/bin/sh\nexec {line} "$@"\n')
    out.chmod(0o755)
    return out


def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


def interface_address(namespace: Namespace, interface: str) -> str:
    """Return the Ethernet address of an interface, as text."""

    def ask() -> bytes:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
            return fcntl.ioctl(control, SIOCGIFHWADDR, struct.pack("16s24x", interface.encode()))

    return within(namespace, ask)[18:24].hex(":")
