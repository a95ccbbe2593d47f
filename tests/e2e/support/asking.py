"""Sockets that ask a server of tests.e2e.support.telling, and return the endpoint that
it answers.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass

from tests.e2e.support.routed import SERVER
from tests.e2e.support.telling import PORT, Endpoint


@dataclass
class Datagrams:
    """A UDP socket that asks a server."""

    socket: socket.socket
    server: str = SERVER.on_link
    asked: int = 0

    def ask(self, server: str = "", size: int = 1) -> Endpoint:
        """Ask with a datagram of this size. Raises TimeoutError when it or its answer is lost."""
        self.asked += 1
        question = b"%0*d" % (size, self.asked)
        self.socket.sendto(question, (server or self.server, PORT))
        return _answer(self.socket.recv(65536), question)


@dataclass
class Line:
    """A TCP connection that asks a server."""

    socket: socket.socket
    asked: int = 0

    def ask(self, size: int = 1) -> Endpoint:
        """Ask with a line of this size. Raises OSError when the connection is gone."""
        self.asked += 1
        question = b"%0*d" % (size, self.asked)
        self.socket.sendall(question + b"\n")
        answer = b""
        while not answer.endswith(b"\n"):
            more = self.socket.recv(65536)
            assert more, "the connection ended"
            answer += more
        return _answer(answer, question)


def _answer(answer: bytes, question: bytes) -> Endpoint:
    number, address, port = answer.split()
    assert number == question, "an answer was lost, or came twice"
    return address.decode(), int(port)
