"""Further duties of a NAT: hosts that meet each other, errors, unsolicited packets,
long datagrams.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from reconciler.testbed.network import Namespace, Network
from tests.e2e.support.asking import Datagrams, Line
from tests.e2e.support.natted import HOSTS, OUTSIDE, STRANGER
from tests.e2e.support.routed import SERVER
from tests.e2e.support.telling import PORT, Endpoint, tcp_socket, udp_socket
from tests.elements.wires import within
from tests.packets import UDP, ipv4, raw, udp

CLOSED_PORT = 9
LONG = 4000
"""Bytes: more than two Ethernet packets carry."""
SPLIT = 1480


@dataclass
class Meeting:
    """A TCP connection between two hosts inside, to the outside endpoint of one of them."""

    ends: tuple[socket.socket, socket.socket]
    exchanged: int = 0

    def exchange(self) -> None:
        """Send something each way. Raises OSError when the connection is gone."""
        self.exchanged += 1
        for one, other in (self.ends, self.ends[::-1]):
            one.sendall(b"%8d" % self.exchanged)
            assert other.recv(8, socket.MSG_WAITALL) == b"%8d" % self.exchanged


def meeting(stack: ExitStack, client: Namespace) -> Meeting:
    """Connect to a host that listens on a port known outside by its connection to the server."""
    known, listening = (stack.enter_context(tcp_socket(client, (HOSTS[3], 7100))) for _ in "ab")
    known.connect((SERVER.on_link, PORT))
    listening.listen()
    near = stack.enter_context(tcp_socket(client, (HOSTS[2], 7200)))
    near.connect(Line(known).ask())
    far, (address, _) = listening.accept()
    assert address in OUTSIDE, "also inside, hosts are known by their outside addresses"
    far.settimeout(5)
    return Meeting((near, stack.enter_context(far)))


@dataclass
class Caller:
    """Hosts outside to which no host inside has ever sent anything."""

    network: Network
    known: Datagrams
    let_in: bool

    def call(self) -> None:
        """Send from one of them to an outside endpoint; return whether it gets through or is
        refused.
        """
        with udp_socket(self.network.server, (STRANGER, 0)) as stranger:
            stranger.connect(self.known.ask())
            stranger.send(b"hello")
            if self.let_in:
                data, sender = self.known.socket.recvfrom(2048)
                assert (data, sender) == (b"hello", stranger.getsockname())
            else:
                assert is_refused(stranger)


def is_refused(asking: socket.socket) -> bool:
    """Tell whether a connected UDP socket gets an ICMP error. Raises TimeoutError."""
    try:
        asking.recv(2048)
    except ConnectionRefusedError:
        return True
    return False


class Halves:
    """Datagrams whose first half passes the NAT now, and the second half later."""

    def __init__(self, network: Network, asking: Datagrams) -> None:
        self._network = network
        self._asking = asking
        self._number = 0

    def begin(self) -> None:
        """Send the first halves, one from inside and one to inside."""
        self._number += 1
        self._text = b"%0*d" % (LONG // 2, self._number)
        self._outside = self._asking.ask()
        out = self._sent(self._network.client, (HOSTS[1], 5100), (SERVER.on_link, PORT))
        back = self._sent(self._network.server, (SERVER.on_link, PORT), self._outside)
        self._rest = [out, back]

    def _sent(
        self, namespace: Namespace, source: Endpoint, to: Endpoint
    ) -> tuple[Namespace, bytes]:
        """Send a first half and return the second."""
        whole = udp(source[1], to[1], self._text).sealed(source[0], to[0])
        first, second = (
            ipv4(source[0], to[0], raw(UDP, part), ident=self._number, offset=at // 8, more=at == 0)
            for at, part in ((0, whole[:SPLIT]), (SPLIT, whole[SPLIT:]))
        )
        send_raw(namespace, first)
        return namespace, second

    def finish(self) -> None:
        """Send the second halves; both datagrams must arrive as they were. Raises TimeoutError."""
        assert self._asking.ask() == self._outside, "the session goes on, that of UDP is short"
        for namespace, second in self._rest:
            send_raw(namespace, second)
        answers = {self._asking.socket.recv(65536) for _ in self._rest}
        seen = b" %s %d" % (self._outside[0].encode(), self._outside[1])
        assert answers == {self._text, self._text + seen}


@contextmanager
def long_datagrams(network: Network) -> Iterator[Halves]:
    """Provide long datagrams between a host inside and the server."""
    with udp_socket(network.client, (HOSTS[1], 5100)) as inside:
        yield Halves(network, Datagrams(inside))


def send_raw(namespace: Namespace, packet: bytes) -> None:
    """Send an IPv4 packet, including its header."""
    make = lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)  # noqa: E731
    with within(namespace, make) as out:
        out.sendto(packet, (socket.inet_ntoa(struct.unpack_from("4s", packet, 16)[0]), 0))
