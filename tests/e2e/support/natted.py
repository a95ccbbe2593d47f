"""A network with a NAT gateway, and a server outside that tells which endpoints it sees."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from pyroute2 import NetNS

from reconciler.testbed.network import Namespace, Network
from tests.e2e.support.routed import CLIENT, SERVER, route_through
from tests.e2e.support.telling import telling

HOSTS = (CLIENT.on_link, "10.77.1.3", "10.77.1.4", "10.77.1.5")
OUTSIDE = ("10.77.2.101", "10.77.2.102")
OTHER_SERVER, STRANGER = "10.77.2.3", "10.77.2.4"
PARAMETERS = {
    "lan_addresses": [f"{CLIENT.router}/24"],
    "wan_addresses": [f"{SERVER.router}/24", *(f"{address}/32" for address in OUTSIDE)],
    "lan_address": CLIENT.router,
    "wan_address": SERVER.router,
    "lan_gateway": CLIENT.on_link,
    "wan_gateway": SERVER.on_link,
    "external": list(OUTSIDE),
}
"""Parameters of nat-gateway for the hosts of tests.e2e.support.routed."""


def behind_a_nat(network: Network) -> None:
    """Set up several hosts inside, and addresses outside. Not inside a running event loop."""
    route_through(network)
    outside = (OTHER_SERVER, STRANGER)
    for namespace, addresses in ((network.client, HOSTS[1:]), (network.server, outside)):
        with NetNS(namespace.path, flags=0) as netns:
            (index,) = netns.link_lookup(ifname="eth0")
            for address in addresses:
                netns.addr("add", index=index, address=address, prefixlen=24)
        allow_much(namespace)


def allow_much(namespace: Namespace) -> None:
    """Lift limits on ICMP errors a second, and on fragments between two of the same datagram."""
    line = (
        "cd /proc/sys/net/ipv4; echo 0 > icmp_ratelimit; "
        "[ ! -e ipfrag_max_dist ] || echo 0 > ipfrag_max_dist"  # not every kernel lets us
    )
    subprocess.run(namespace.command("sh", "-c", line), check=True)


@contextmanager
def telling_server(network: Network) -> Iterator[None]:
    """Run a server on both addresses that answers with the sender's endpoint."""
    servers = (SERVER.on_link, OTHER_SERVER)
    with telling(network.server, servers, lambda _, sender: sender):
        yield
