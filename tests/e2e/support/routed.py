"""Client and server in networks of their own, so that the device between them must route.

Each keeps its address of reconciler.testbed.network, now behind an address on the link, through
which the other side has a route, as on routers.
"""

from __future__ import annotations

import socket
import subprocess
from dataclasses import dataclass

from pyroute2 import NetNS

from reconciler.testbed.network import CLIENT_ADDRESS, SERVER_ADDRESS, Namespace, Network


@dataclass(frozen=True)
class Side:
    """One host and the router's address on its link; IPv6 addresses where `six` is set."""

    host: str
    on_link: str
    router: str
    six: str = ""
    router_six: str = ""


CLIENT = Side(CLIENT_ADDRESS, "10.77.1.2", "10.77.1.1", "2001:db8:1::2", "2001:db8:1::1")
SERVER = Side(SERVER_ADDRESS, "10.77.2.2", "10.77.2.1", "2001:db8:2::2", "2001:db8:2::1")


def route_through(network: Network) -> None:
    """Give both hosts their addresses and routes. Not inside a running event loop."""
    for namespace, side, other in (
        (network.client, CLIENT, SERVER),
        (network.server, SERVER, CLIENT),
    ):
        enable_ipv6(namespace)
        with NetNS(namespace.path, flags=0) as netns:
            (index,) = netns.link_lookup(ifname="eth0")
            netns.flush_addr(index=index, family=socket.AF_INET)
            netns.addr("add", index=index, address=side.on_link, prefixlen=24)
            netns.addr("add", index=index, address=side.host, prefixlen=32)
            netns.addr("add", index=index, address=side.six, prefixlen=64, flags=2)  # nodad
            netns.route(
                "add", dst=f"{other.host}/32", gateway=side.router, prefsrc=side.host, oif=index
            )
            netns.route("add", dst="0.0.0.0/0", gateway=side.router, oif=index)
            netns.route(
                "add", family=socket.AF_INET6, dst="::/0", gateway=side.router_six, oif=index
            )


def enable_ipv6(namespace: Namespace) -> None:
    switch = (
        "for one in all default eth0; do echo 0 > /proc/sys/net/ipv6/conf/$one/disable_ipv6; done"
    )
    subprocess.run(namespace.command("sh", "-c", switch), check=True)
