"""Hosts behind a NAT gateway that talk to a server outside, and to each other, all the time."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from reconciler.testbed.network import Network
from tests.e2e.support.asking import Datagrams, Line
from tests.e2e.support.encounters import CLOSED_PORT, LONG, Caller, Meeting, is_refused, meeting
from tests.e2e.support.host import Host
from tests.e2e.support.natted import HOSTS, OTHER_SERVER
from tests.e2e.support.routed import SERVER
from tests.e2e.support.telling import PORT, Endpoint, tcp_socket, udp_socket


@dataclass
class Inside:
    """Hosts with constant traffic: to the server over UDP, TCP and ICMP, and to each other."""

    datagrams: list[Datagrams]
    lines: list[Line]
    pair: tuple[Datagrams, Datagrams]
    pinging: Host
    meeting: Meeting
    caller: Caller
    refused: socket.socket
    rounds: int = 0
    seen: dict[str, set[Endpoint]] = field(default_factory=dict)
    """The endpoints as which each was seen from outside so far."""

    def exchange(self) -> None:
        """Let every host send once and get an answer."""
        for number, one in enumerate(self.datagrams):
            server = OTHER_SERVER if self.rounds % 2 else SERVER.on_link
            self._note(f"udp {number}", one.ask(server, 1 if number else LONG))
        for number, line in enumerate(self.lines):
            self._note(f"tcp {number}", line.ask())
        self._meet()
        assert self.pinging.ping(SERVER.on_link).payload[:4] == b"ping"
        self.meeting.exchange()
        self.caller.call()
        self.refused.send(b"is anybody there?")
        assert is_refused(self.refused)
        self.rounds += 1

    def _meet(self) -> None:
        """Let the two of the pair reach each other at their outside endpoints, and at no others."""
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
        """Return all outside endpoints of UDP."""
        return {end for who, ends in self.seen.items() if not who.startswith("tcp") for end in ends}


@contextmanager
def inside_hosts(network: Network, open_to_all: bool = False) -> Iterator[Inside]:
    """Provide hosts with many endpoints, some of them with the same port on several hosts."""
    client = network.client
    with ExitStack() as stack:

        def datagrams(host: str, port: int) -> Datagrams:
            return Datagrams(stack.enter_context(udp_socket(client, (host, port))))

        refused = datagrams(HOSTS[0], 5200).socket
        refused.connect((SERVER.on_link, CLOSED_PORT))
        yield Inside(
            [datagrams(host, port) for host in HOSTS[:3] for port in (5000, 5001, 5002, 6000)],
            [connected(stack, network, host) for host in HOSTS[:3]],
            (datagrams(HOSTS[0], 8000), datagrams(HOSTS[1], 8000)),
            Host(client),
            meeting(stack, client),
            Caller(network, datagrams(HOSTS[2], 5300), open_to_all),
            refused,
        )


def connected(stack: ExitStack, network: Network, host: str) -> Line:
    """Connect a host to the server."""
    connection = stack.enter_context(tcp_socket(network.client, (host, 7000)))
    connection.connect((SERVER.on_link, PORT))
    return Line(connection)
