"""Clients of a balanced service that know which server they talk to, and notice when it changes."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field

from reconciler.testbed.network import Namespace
from tests.e2e.support.asking import Datagrams, Line
from tests.e2e.support.telling import PORT, tcp_socket, udp_socket

LONG = 4000
"""Bytes: more than two Ethernet packets carry."""


@dataclass(frozen=True)
class Visitor:
    asking: Line | Datagrams
    home: str


@dataclass
class Visitors:
    """Connections and sockets from a client's address to a service of tests.e2e.support.telling."""

    stack: ExitStack
    client: Namespace
    address: str
    service: str
    all: list[Visitor] = field(default_factory=list)

    def add(self) -> set[str]:
        """Add one more of either kind, and note the servers that they got."""
        connection = self.stack.enter_context(tcp_socket(self.client, (self.address, 0)))
        connection.connect((self.service, PORT))
        datagrams = self.stack.enter_context(udp_socket(self.client, (self.address, 0)))
        both = (Line(connection), Datagrams(datagrams, self.service))
        new = [Visitor(one, one.ask()[0]) for one in both]
        self.all += new
        return {visitor.home for visitor in new}

    @property
    def homes(self) -> set[str]:
        return {visitor.home for visitor in self.all}

    def exchange(self) -> None:
        """Let each send a long question; check that its first server answers."""
        for visitor in list(self.all):
            assert visitor.asking.ask(size=LONG)[0] == visitor.home
