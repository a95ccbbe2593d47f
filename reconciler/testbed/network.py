"""Joins client -- firewall -- server: three network namespaces in one machine, by veth pairs.

The firewall is a transparent bridge: client and server share one subnet, its own interfaces `eth0`
(lan) and `eth1` (wan) have no address, so that only what runs there forwards packets.
"""

from __future__ import annotations

import ctypes
import fcntl
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pyroute2 import IPRoute, NetNS  # type: ignore[import-untyped]  # ships no types

CLIENT_ADDRESS, SERVER_ADDRESS, PREFIX = "10.77.0.1", "10.77.0.2", 24
SIOCETHTOOL = 0x8946
# linux/ethtool.h: commands that switch an offload, with one u32 of data.
OFFLOADS = {"rx": 0x15, "tx": 0x17, "sg": 0x19, "tso": 0x1F, "gso": 0x24, "gro": 0x2C}


@dataclass(frozen=True)
class Namespace:
    """A network namespace, which exists as long as its holder."""

    name: str
    holder: subprocess.Popen[bytes]

    @property
    def path(self) -> str:
        """The file by which other processes enter it."""
        return f"/proc/{self.holder.pid}/ns/net"

    def command(self, *arguments: str) -> list[str]:
        """Return the command line that runs `arguments` in it."""
        return ["nsenter", f"--net={self.path}", "--", *arguments]

    def program(self, module: str, *arguments: str) -> list[str]:
        """Return the command line that runs one of our Python modules in it."""
        return self.command(sys.executable, "-m", module, *arguments)


@dataclass(frozen=True)
class Network:
    """The three namespaces of one firewall."""

    client: Namespace
    firewall: Namespace
    server: Namespace


def hold(name: str) -> Namespace:
    """Create a namespace. Its holder echoes one line once it is in, and ends when its
    input does.
    """
    holder = subprocess.Popen(
        ["unshare", "--net", "--", "cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    if holder.stdin is None or holder.stdout is None:
        raise RuntimeError(f"namespace {name}: its holder has no pipes")
    holder.stdin.write(b"in\n")
    holder.stdin.flush()
    if not holder.stdout.readline():
        raise RuntimeError(f"namespace {name}: `unshare --net` failed; run inside the sandbox")
    return Namespace(name, holder)


def release(namespace: Namespace) -> None:
    """End the holder; the kernel removes the namespace with its last process."""
    for pipe in (namespace.holder.stdin, namespace.holder.stdout):
        if pipe is not None:
            pipe.close()
    namespace.holder.wait(timeout=5)


def join(first: Namespace, first_name: str, second: Namespace, second_name: str) -> None:
    """Connect an interface in one namespace with one in another."""
    with IPRoute() as route:
        route.link(
            "add",
            ifname=first_name,
            kind="veth",
            net_ns_pid=first.holder.pid,
            peer={"ifname": second_name, "net_ns_pid": second.holder.pid},
        )


def bring_up(namespace: Namespace, names: Sequence[str], address: str | None = None) -> None:
    """Bring interfaces up, the first one with `address`."""
    with NetNS(namespace.path, flags=0) as route:
        for name in names:
            (index,) = route.link_lookup(ifname=name)
            if address and name == names[0]:
                route.addr("add", index=index, address=address, prefixlen=PREFIX)
            route.link("set", index=index, state="up")


def switch_off_offloads(interface: str) -> None:
    """Make frames as on a real wire: at most an MTU long, every checksum filled in."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for command in OFFLOADS.values():
            value = ctypes.create_string_buffer(struct.pack("II", command, 0), 8)
            request = struct.pack("16sP16x", interface.encode(), ctypes.addressof(value))
            try:
                fcntl.ioctl(control, SIOCETHTOOL, request)
            except OSError as error:
                if command != OFFLOADS["rx"]:  # veth cannot switch receive checksums everywhere
                    raise OSError(
                        error.errno, f"{interface}: ethtool command {command:#x}: {error.strerror}"
                    ) from error


def prepare(namespace: Namespace, interfaces: Sequence[str], offloads_off: bool) -> None:
    """Switch off the kernel's IPv6 (neighbour discovery is not our traffic) and offloads."""
    arguments = [*interfaces] if offloads_off else []
    line = namespace.program("reconciler.testbed.network", *arguments)
    subprocess.run(line, check=True, timeout=30)


@contextmanager
def network() -> Iterator[Network]:
    """Create the three namespaces, connected and addressed; needs a sandbox around it.

    Not inside a running event loop: pyroute2 brings its own.
    """
    client, firewall, server = (hold(name) for name in ("client", "firewall", "server"))
    try:
        join(client, "eth0", firewall, "eth0")
        join(server, "eth0", firewall, "eth1")
        prepare(client, ["eth0"], offloads_off=True)
        prepare(server, ["eth0"], offloads_off=True)
        prepare(firewall, ["eth0", "eth1"], offloads_off=False)
        bring_up(client, ["eth0", "lo"], CLIENT_ADDRESS)
        bring_up(server, ["eth0", "lo"], SERVER_ADDRESS)
        bring_up(firewall, ["eth0", "eth1", "lo"])
        yield Network(client, firewall, server)
    finally:
        for namespace in (client, firewall, server):
            release(namespace)


def main() -> None:
    """Inside a namespace, switch off IPv6 and the offloads of the named interfaces."""
    for scope in ("all", "default"):
        switch = Path(f"/proc/sys/net/ipv6/conf/{scope}/disable_ipv6")
        if switch.exists():
            switch.write_text("1")
    for interface in sys.argv[1:]:
        switch_off_offloads(interface)


if __name__ == "__main__":
    main()
