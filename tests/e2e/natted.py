"""Hosts behind a NAT gateway and a server outside that tells each what it looks like from there."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from pyroute2 import NetNS

from reconciler.demo.network import Namespace, Network
from tests.e2e.routed import CLIENT, SERVER, Host, route_through
from tests.elements.wires import within

Endpoint = tuple[str, int]

HOSTS = (CLIENT.on_link, "10.77.1.3", "10.77.1.4", "10.77.1.5")
OUTSIDE = ("10.77.2.101", "10.77.2.102")
OTHER_SERVER = "10.77.2.3"
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
    """Several hosts inside and two server addresses outside. Not inside a running event loop."""
    route_through(network)
    for namespace, addresses in ((network.client, HOSTS[1:]), (network.server, [OTHER_SERVER])):
        with NetNS(namespace.path, flags=0) as netns:
            (index,) = netns.link_lookup(ifname="eth0")
            for address in addresses:
                netns.addr("add", index=index, address=address, prefixlen=24)


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
            stack.enter_context(_thread(lambda stop, s=datagrams: _tell_datagrams(s, stop)))
            stack.enter_context(_thread(lambda stop, s=listener: _accept(s, stop)))
        yield


@contextmanager
def _thread(work: Callable[[threading.Event], None]) -> Iterator[None]:
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
            data, sender = server.recvfrom(2048)
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
                _thread(lambda stop, c=connection, s=sender: _tell_lines(c, s, stop))
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


def _endpoint(text: bytes) -> Endpoint:
    address, port = text.decode().split(":")
    return address, int(port)


@dataclass
class Datagrams:
    """A UDP socket inside; `ask` tells its outside endpoint as a server sees it."""

    socket: socket.socket
    asked: int = 0

    def ask(self, server: str = SERVER.on_link) -> Endpoint:
        """Raises TimeoutError when a datagram or its answer is lost."""
        self.asked += 1
        question = b"%d" % self.asked
        self.socket.sendto(question, (server, PORT))
        answer, _ = self.socket.recvfrom(2048)
        number, endpoint = answer.split()
        assert number == question, "an answer was lost, or came twice"
        return _endpoint(endpoint)


@dataclass
class Line:
    """A TCP connection from inside; `ask` as Datagrams."""

    socket: socket.socket
    asked: int = 0

    def ask(self) -> Endpoint:
        """Raises OSError when the connection is gone."""
        self.asked += 1
        question = b"%d" % self.asked
        self.socket.sendall(question + b"\n")
        answer = b""
        while not answer.endswith(b"\n"):
            more = self.socket.recv(2048)
            assert more, "the connection ended"
            answer += more
        number, endpoint = answer.split()
        assert number == question
        return _endpoint(endpoint)


@dataclass
class Inside:
    """Hosts that talk all the time: to the server over UDP, TCP and ICMP, and to each other."""

    datagrams: list[Datagrams]
    lines: list[Line]
    pair: tuple[Datagrams, Datagrams]
    pinging: Host
    rounds: int = 0
    seen: dict[str, set[Endpoint]] = field(default_factory=dict)
    """What each was seen as from outside, so far."""

    def exchange(self) -> None:
        """Everybody says something once, and is answered."""
        for number, one in enumerate(self.datagrams):
            server = OTHER_SERVER if self.rounds % 2 else SERVER.on_link
            self._note(f"udp {number}", one.ask(server))
        for number, line in enumerate(self.lines):
            self._note(f"tcp {number}", line.ask())
        self._meet()
        assert self.pinging.ping(SERVER.on_link).payload[:4] == b"ping"
        self.rounds += 1

    def _meet(self) -> None:
        """The two of the pair reach each other under their outside endpoints, and no others."""
        outside = [one.ask() for one in self.pair]
        for number, (one, other) in enumerate((self.pair, self.pair[::-1])):
            self._note(f"pair {number}", outside[number])
            one.socket.sendto(b"hello", outside[1 - number])
            data, sender = other.socket.recvfrom(2048)
            assert (data, sender) == (b"hello", outside[number])

    def _note(self, who: str, endpoint: Endpoint) -> None:
        self.seen.setdefault(who, set()).add(endpoint)

    @property
    def endpoints(self) -> set[Endpoint]:
        """All outside endpoints of UDP."""
        return {end for who, ends in self.seen.items() if not who.startswith("tcp") for end in ends}


@contextmanager
def inside_hosts(network: Network) -> Iterator[Inside]:
    """Many endpoints, some of them with the same port on several hosts."""
    with ExitStack() as stack:
        client = network.client
        datagrams = [
            Datagrams(stack.enter_context(udp_socket(client, (host, port))))
            for host in HOSTS[:3]
            for port in (5000, 5001, 5002, 6000)
        ]
        lines = []
        for host in HOSTS[:3]:
            connection = stack.enter_context(tcp_socket(client, (host, 7000)))
            connection.connect((SERVER.on_link, PORT))
            lines.append(Line(connection))
        pair = [Datagrams(stack.enter_context(udp_socket(client, (h, 8000)))) for h in HOSTS[:2]]
        yield Inside(datagrams, lines, (pair[0], pair[1]), stack.enter_context(Host(client)))


@contextmanager
def talking(inside: Inside) -> Iterator[None]:
    """They exchange something ten times a second; whatever went wrong is raised at the end."""
    wrong: list[BaseException] = []

    def talk(stop: threading.Event) -> None:
        try:
            while not stop.is_set():
                inside.exchange()
                time.sleep(0.1)
        except (OSError, AssertionError) as error:
            wrong.append(error)

    with _thread(talk):
        yield
    if wrong:
        raise wrong[0]
