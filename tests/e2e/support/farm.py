"""Five servers behind a load balancer, all of them one host, with addresses of IPv4 and IPv6."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from pyroute2 import NetNS  # type: ignore[import-untyped]  # ships no types

from reconciler.testbed.measure import HTTP_PORT, UDP_PORT
from reconciler.testbed.network import CLIENT_ADDRESS, Namespace, Network
from tests.e2e.support.routed import enable_ipv6
from tests.e2e.support.telling import PORT, telling
from tests.e2e.support.visitors import Visitors

VIP, OUTER, GATEWAY = "10.77.0.80", "10.77.0.3", "10.78.0.1"
POOL = [f"10.78.0.{n}" for n in range(11, 16)]
CLIENT6, VIP6, OUTER6 = "2001:db8:c::1", "2001:db8:c::80", "2001:db8:c::3"
GATEWAY6 = "2001:db8:d::1"
POOL6 = [f"2001:db8:d::{n}" for n in range(11, 16)]
INTERFACES = {"clients": "eth0", "servers": "eth1"}
PARAMETERS = {
    "services": [
        f"tcp {VIP}:{HTTP_PORT}", f"udp {VIP}:{UDP_PORT}",
        f"tcp [{VIP6}]:{PORT}", f"udp [{VIP6}]:{PORT}",
    ],
    "clients_addresses": [f"{OUTER}/24", f"{VIP}/24", f"{OUTER6}/64", f"{VIP6}/64"],
    "clients_gateway": CLIENT_ADDRESS,
    "servers_addresses": [f"{GATEWAY}/24", f"{GATEWAY6}/64"],
    "own_routes": [
        *(f"{address}/32" for address in (OUTER, VIP, GATEWAY)),
        *(f"{address}/128" for address in (OUTER6, VIP6, GATEWAY6)),
    ],
    "clients_address": OUTER,
    "clients_address6": OUTER6,
    "servers_address": GATEWAY,
    "servers_address6": GATEWAY6,
}  # fmt: skip


def place_servers(network: Network) -> None:
    """Place servers; clients know only the service's addresses. Not inside an event loop."""
    move_to(network.server, POOL, GATEWAY)
    move_to_six(network.server, POOL6, GATEWAY6)
    move_to_six(network.client, [CLIENT6], OUTER6)


def move_to(namespace: Namespace, addresses: list[str], gateway: str) -> None:
    """Give eth0 other addresses and a default route."""
    with NetNS(namespace.path, flags=0) as route:
        (index,) = route.link_lookup(ifname="eth0")
        route.flush_addr(index=index)
        for address in addresses:
            route.addr("add", index=index, address=address, prefixlen=24)
        route.route("add", dst="default", gateway=gateway)


def move_to_six(namespace: Namespace, addresses: list[str], gateway: str) -> None:
    """Do the same for IPv6, which was disabled until now."""
    enable_ipv6(namespace)
    for address in addresses:
        add_six(namespace, "eth0", address, 64)
    with NetNS(namespace.path, flags=0) as route:
        route.route("add", family=socket.AF_INET6, dst="default", gateway=gateway)


def add_six(namespace: Namespace, interface: str, address: str, length: int) -> None:
    """Add an address, without duplicate address detection."""
    with NetNS(namespace.path, flags=0) as route:
        (index,) = route.link_lookup(ifname=interface)
        route.addr("add", index=index, address=address, prefixlen=length, flags=2)  # nodad


def both(*numbers: int) -> list[str]:
    """Return the addresses of these servers in both IP versions."""
    return [pool[number] for pool in (POOL, POOL6) for number in numbers]


@contextmanager
def visitors(network: Network) -> Iterator[Visitors]:
    """Provide visitors of the service over IPv6, and servers that tell who they are."""
    servers = telling(network.server, POOL6, lambda own, _: own)
    with servers, visitors_from(network.client) as six:
        yield six


@contextmanager
def visitors_from(client: Namespace) -> Iterator[Visitors]:
    """Provide visitors of the service over IPv6, whose servers already run."""
    with ExitStack() as stack:
        yield Visitors(stack, client, CLIENT6, VIP6)
