"""Servers that answer clients by themselves, each a host of its own.

    client eth0 ── balancer ── ┐
                               ├ switch ── server 11, 12, 13
    client eth1 ────────────── ┘

The site's server is the switch. Its eth0 becomes a bridge and sees all frames, so that a stream is
counted there, whichever server gets it. Each server has the service's address on lo, and does not
announce it on the link.
"""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from pyroute2 import NetNS

from reconciler.testbed.network import Namespace, Network, bring_up, hold, join, prepare, release
from tests.e2e.support.farm import CLIENT6, OUTER6, add_six, move_to_six
from tests.e2e.support.telling import telling
from tests.elements.wires import within

IFF_PROMISC = 0x100
WAY_BACK, WAY_BACK6 = "10.78.0.200", "2001:db8:d::200"
"""The client's addresses on the servers' link, over which answers return."""
SILENT = {"arp_ignore": 1, "arp_announce": 2}  # about addresses of other interfaces


def direct_servers(
    stack: ExitStack, network: Network, addresses: Sequence[str], service: str
) -> list[Namespace]:
    """Create hosts with these addresses and `service`. Not inside a running event loop."""
    join(network.client, "eth1", network.server, "port1")
    prepare(network.client, ["eth1"], offloads_off=True)
    bring_up(network.client, ["eth1"], WAY_BACK)
    set_ipv4(network.client, rp_filter=0)
    servers = [stack.enter_context(_host(f"server-{address}")) for address in addresses]
    ports = [f"to{number}" for number, _ in enumerate(servers)]
    for server, port, address in zip(servers, ports, addresses, strict=True):
        join(server, "eth0", network.server, port)
        prepare(server, ["eth0"], offloads_off=True)
        bring_up(server, ["eth0", "lo"], address)
        _own(server, service)
    _become_a_switch(network.server, ["port1", *ports])
    return servers


def direct_servers_six(
    network: Network, servers: Sequence[Namespace], addresses: Sequence[str], service: str
) -> None:
    """Do the same for IPv6, after `direct_servers`."""
    move_to_six(network.client, [CLIENT6], OUTER6)
    add_six(network.client, "eth1", WAY_BACK6, 64)
    for server, address in zip(servers, addresses, strict=True):
        move_to_six(server, [address], WAY_BACK6)
        add_six(server, "lo", service, 128)


@contextmanager
def telling_of(
    servers: Sequence[Namespace], addresses: Sequence[str], service: str
) -> Iterator[None]:
    """Let each server answer at the service's address with its own address."""
    with ExitStack() as stack:
        for server, address in zip(servers, addresses, strict=True):
            which = lambda own, _, a=address: (a, own[1])  # noqa: E731
            stack.enter_context(telling(server, [service], which))
        yield


def set_ipv4(namespace: Namespace, **settings: int) -> None:
    """Change settings of net.ipv4.conf for every interface."""
    line = "; ".join(
        f"for one in /proc/sys/net/ipv4/conf/*; do echo {value} > $one/{name}; done"
        for name, value in settings.items()
    )
    subprocess.run(namespace.command("sh", "-c", line), check=True)


@contextmanager
def serving(
    servers: Sequence[Namespace], service: str, http: int, udp: int, pace: int
) -> Iterator[None]:
    """Let all of them answer downloads, and open a socket for the stream, at the
    service's address.
    """
    with ExitStack() as stack:
        for server in servers:
            line = server.program(
                "reconciler.testbed.traffic.http_server", service, f"{http}", f"{pace}"
            )
            process = stack.enter_context(subprocess.Popen(line, stdout=subprocess.PIPE))
            stack.callback(process.kill)
            assert process.stdout is not None
            assert b"ready" in process.stdout.readline()
            stack.enter_context(within(server, lambda: _bound(service, udp)))
        yield


def _bound(address: str, port: int) -> socket.socket:
    """Bind a socket that is never read: it keeps the kernel from answering "port unreachable"."""
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((address, port))
    return made


@contextmanager
def _host(name: str) -> Iterator[Namespace]:
    namespace = hold(name)
    try:
        yield namespace
    finally:
        release(namespace)


def _own(server: Namespace, service: str) -> None:
    set_ipv4(server, **SILENT)
    with NetNS(server.path, flags=0) as route:
        (lo,) = route.link_lookup(ifname="lo")
        route.addr("add", index=lo, address=service, prefixlen=32)
        route.route("add", dst="default", gateway=WAY_BACK)


def _become_a_switch(namespace: Namespace, ports: Sequence[str]) -> None:
    with NetNS(namespace.path, flags=0) as route:
        (cable,) = route.link_lookup(ifname="eth0")
        route.flush_addr(index=cable)
        route.link("set", index=cable, state="down")
        route.link("set", index=cable, ifname="port0")
        route.link("add", ifname="eth0", kind="bridge")
        (bridge,) = route.link_lookup(ifname="eth0")
        for port in ("port0", *ports):
            (index,) = route.link_lookup(ifname=port)
            route.link("set", index=index, master=bridge)
            route.link("set", index=index, state="up")
        route.link("set", index=bridge, flags=IFF_PROMISC, change=IFF_PROMISC)
        route.link("set", index=bridge, state="up")
        route.addr("add", index=bridge, address="10.78.0.100", prefixlen=24)
        route.route("add", dst="default", gateway=WAY_BACK)
