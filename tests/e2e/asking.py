"""Sockets that ask a server of tests.e2e.natted what they look like from there."""

from __future__ import annotations

import socket
from dataclasses import dataclass

from tests.e2e.natted import PORT, Endpoint
from tests.e2e.routed import SERVER


def _endpoint(text: bytes) -> Endpoint:
    address, port = text.decode().split(":")
    return address, int(port)


@dataclass
class Datagrams:
    """A UDP socket inside; `ask` tells its outside endpoint as a server sees it."""

    socket: socket.socket
    asked: int = 0

    def ask(self, server: str = SERVER.on_link, size: int = 1) -> Endpoint:
        """Raises TimeoutError when a datagram of this size or its answer is lost."""
        self.asked += 1
        question = b"%0*d" % (size, self.asked)
        self.socket.sendto(question, (server, PORT))
        answer, _ = self.socket.recvfrom(65536)
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
