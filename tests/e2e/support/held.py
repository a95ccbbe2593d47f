"""TCP sessions that stay open: unlike downloads, they end only if they are lost."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager

from reconciler.testbed.measure import HTTP_PORT
from reconciler.testbed.network import CLIENT_ADDRESS, SERVER_ADDRESS, Network
from reconciler.testbed.site import Sessions
from tests.supervisor.running import socket_in

COUNT = 4
SECONDS = 10.0
REQUEST = b"GET /1/1 HTTP/1.1\r\nHost: held\r\n\r\n"


class Held:
    """Connections of the client to the HTTP server."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._sockets: list[socket.socket] = []

    @property
    def sessions(self) -> Sessions:
        """Return the sessions, as the firewall lists them."""
        return frozenset(map(_session, self._sockets))

    async def add(self, but: Sessions = frozenset()) -> None:
        """Add one and use it once; not one of `but`, even if its port is free again."""
        connection = self._socket(but)
        self._sockets.append(connection)
        connection.settimeout(SECONDS)
        with _named(connection, "begins"):
            await asyncio.to_thread(connection.connect, (SERVER_ADDRESS, HTTP_PORT))
        with _named(connection, "is used for the first time"):
            await asyncio.to_thread(_ask, connection)

    def _socket(self, but: Sessions) -> socket.socket:
        with ExitStack() as rejected:  # each keeps its port until another one is found
            while True:
                made = socket_in(self._network.client, socket.SOCK_STREAM)
                if not but:
                    return made
                made.bind((CLIENT_ADDRESS, 0))
                if _session(made) not in but:
                    return made
                rejected.enter_context(made)

    async def answer(self) -> None:
        """Check that every one of them still carries a request and its answer."""
        for connection in self._sockets:
            with _named(connection, "is used again"):
                await asyncio.to_thread(_ask, connection)

    def close(self) -> None:
        """Close all of them."""
        for connection in self._sockets:
            connection.close()


@asynccontextmanager
async def held(network: Network) -> AsyncIterator[Held]:
    """Hold some sessions open; the traffic's HTTP server must run."""
    opened = Held(network)
    try:
        for _ in range(COUNT):
            await opened.add()
        yield opened
    finally:
        opened.close()


def _session(connection: socket.socket) -> tuple[str, ...]:
    client, server = connection.getsockname()[1], HTTP_PORT
    return ("tcp", f"{CLIENT_ADDRESS}:{client}", f"{SERVER_ADDRESS}:{server}")


@contextmanager
def _named(connection: socket.socket, what: str) -> Iterator[None]:
    """Add the session to the message of any error."""
    try:
        yield
    except (OSError, AssertionError) as error:
        error.add_note(f"it was the session of port {connection.getsockname()[1]}, which {what}")
        raise


def _ask(connection: socket.socket) -> None:
    connection.sendall(REQUEST)
    answer = b""
    while not answer.partition(b"\r\n\r\n")[2]:
        data = connection.recv(4096)
        assert data, "the session ended"
        answer += data
    assert answer.startswith(b"HTTP/1.1 200 ")
