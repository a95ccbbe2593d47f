"""A network with a NAT gateway in it, and a server outside that tells who it hears."""

from __future__ import annotations

import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from pyroute2 import NetNS

from reconciler.demo.network import Namespace, Network
from tests.e2e.routed import CLIENT, SERVER, route_through
from tests.elements.wires import within

Endpoint = tuple[str, int]

HOSTS = (CLIENT.on_link, "10.77.1.3", "10.77.1.4", "10.77.1.5")
OUTSIDE = ("10.77.2.101", "10.77.2.102")
OTHER_SERVER, STRANGER = "10.77.2.3", "10.77.2.4"
PORT = 9000
PARAMETERS = {
    "lan_addresses": [f"{CLIENT.router}/24"],
    "wan_addresses": [f"{SERVER.router}/24", *(f"{address}/32" for address in OUTSIDE)],
    "lan_address": CLIENT.router,
    "wan_address": SERVER.router,
    "lan_gateway": CLIENT.on_link,
    "wan_gateway": SERVER.on_link,
    "external": list(OUTSIDE),
}
"""Of nat-gateway, where tests.e2e.routed has the hosts."""


def behind_a_nat(network: Network) -> None:
    """Several hosts inside and some addresses outside. Not inside a running event loop."""
    route_through(network)
    outside = (OTHER_SERVER, STRANGER)
    for namespace, addresses in ((network.client, HOSTS[1:]), (network.server, outside)):
        with NetNS(namespace.path, flags=0) as netns:
            (index,) = netns.link_lookup(ifname="eth0")
            for address in addresses:
                netns.addr("add", index=index, address=address, prefixlen=24)
    every_error = "echo 0 > /proc/sys/net/ipv4/icmp_ratelimit"  # not one a second
    subprocess.run(network.server.command("sh", "-c", every_error), check=True)


def _made(kind: socket.SocketKind, bound: Endpoint) -> socket.socket:
    made = socket.socket(socket.AF_INET, kind)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.settimeout(5)
    made.bind(bound)
    return made


def udp_socket(namespace: Namespace, bound: Endpoint) -> socket.socket:
    return within(namespace, lambda: _made(socket.SOCK_DGRAM, bound))


def tcp_socket(namespace: Namespace, bound: Endpoint) -> socket.socket:
    return within(namespace, lambda: _made(socket.SOCK_STREAM, bound))


@contextmanager
def telling_server(network: Network) -> Iterator[None]:
    """On both addresses: answers each UDP datagram, and each line of TCP, with its sender."""
    with ExitStack() as stack:
        for address in (SERVER.on_link, OTHER_SERVER):
            datagrams = stack.enter_context(udp_socket(network.server, (address, PORT)))
            listener = stack.enter_context(tcp_socket(network.server, (address, PORT)))
            listener.listen(64)
            stack.enter_context(working(lambda stop, s=datagrams: _tell_datagrams(s, stop)))
            stack.enter_context(working(lambda stop, s=listener: _accept(s, stop)))
        yield


@contextmanager
def working(work: Callable[[threading.Event], None]) -> Iterator[None]:
    """A thread that does it until the end of the block."""
    stop = threading.Event()
    thread = threading.Thread(target=work, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _tell_datagrams(server: socket.socket, stop: threading.Event) -> None:
    server.settimeout(0.1)
    while not stop.is_set():
        try:
            data, sender = server.recvfrom(65536)
        except TimeoutError:
            continue
        server.sendto(b"%s %s:%d" % (data, sender[0].encode(), sender[1]), sender)


def _accept(listener: socket.socket, stop: threading.Event) -> None:
    listener.settimeout(0.1)
    with ExitStack() as stack:
        while not stop.is_set():
            try:
                connection, sender = listener.accept()
            except TimeoutError:
                continue
            stack.enter_context(
                working(lambda stop, c=connection, s=sender: _tell_lines(c, s, stop))
            )


def _tell_lines(connection: socket.socket, sender: Endpoint, stop: threading.Event) -> None:
    connection.settimeout(0.1)
    with connection:
        while not stop.is_set():
            try:
                data = connection.recv(2048)
            except TimeoutError:
                continue
            if not data:
                return
            connection.sendall(b"%s %s:%d\n" % (data.strip(), sender[0].encode(), sender[1]))
