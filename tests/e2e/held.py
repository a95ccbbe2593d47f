"""TCP sessions that stay open: unlike downloads they end only when somebody loses them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass

from reconciler.demo.measure import HTTP_PORT
from reconciler.demo.network import CLIENT_ADDRESS, SERVER_ADDRESS, Network
from reconciler.demo.site import Sessions
from tests.supervisor.running import socket_in

COUNT = 4
REQUEST = b"GET /1/1 HTTP/1.1\r\nHost: held\r\n\r\n"


@dataclass(frozen=True)
class Held:
    """Connections of the client to the HTTP server."""

    sockets: tuple[socket.socket, ...]

    @property
    def sessions(self) -> Sessions:
        """As the firewall lists them."""
        ports = [connection.getsockname()[1] for connection in self.sockets]
        ends = [(f"{CLIENT_ADDRESS}:{port}", f"{SERVER_ADDRESS}:{HTTP_PORT}") for port in ports]
        return frozenset(("tcp", *both) for both in ends)

    async def answer(self) -> None:
        """Every one of them still carries a request and its answer."""
        for connection in self.sockets:
            await asyncio.to_thread(_ask, connection)


@asynccontextmanager
async def held(network: Network) -> AsyncIterator[Held]:
    """Sessions that were used once; the traffic's HTTP server must run."""
    with ExitStack() as stack:
        sockets = tuple(
            stack.enter_context(socket_in(network.client, socket.SOCK_STREAM)) for _ in range(COUNT)
        )
        for connection in sockets:
            connection.settimeout(10.0)
            await asyncio.to_thread(connection.connect, (SERVER_ADDRESS, HTTP_PORT))
        opened = Held(sockets)
        await opened.answer()
        yield opened


def _ask(connection: socket.socket) -> None:
    connection.sendall(REQUEST)
    answer = b""
    while not answer.partition(b"\r\n\r\n")[2]:
        data = connection.recv(4096)
        assert data, "the session ended"
        answer += data
    assert answer.startswith(b"HTTP/1.1 200 ")
