"""Servers that answer whatever they receive with an endpoint."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from reconciler.testbed.network import Namespace
from tests.elements.wires import within

Endpoint = tuple[str, int]
Which = Callable[[Endpoint, Endpoint], Endpoint]
"""Maps a server's own endpoint and the sender's to the endpoint that the server answers."""
PORT = 9000


def _made(kind: socket.SocketKind, bound: Endpoint) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in bound[0] else socket.AF_INET, kind)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.settimeout(5)
    made.bind(bound)
    return made


def udp_socket(namespace: Namespace, bound: Endpoint) -> socket.socket:
    return within(namespace, lambda: _made(socket.SOCK_DGRAM, bound))


def tcp_socket(namespace: Namespace, bound: Endpoint) -> socket.socket:
    return within(namespace, lambda: _made(socket.SOCK_STREAM, bound))


@contextmanager
def telling(namespace: Namespace, addresses: Sequence[str], which: Which) -> Iterator[None]:
    """Serve on all these addresses, for each UDP datagram and each line of TCP."""
    with ExitStack() as stack:
        for address in addresses:
            datagrams = stack.enter_context(udp_socket(namespace, (address, PORT)))
            listener = stack.enter_context(tcp_socket(namespace, (address, PORT)))
            listener.listen(64)
            stack.enter_context(working(lambda stop, s=datagrams: _datagrams(s, which, stop)))
            stack.enter_context(working(lambda stop, s=listener: _accept(s, which, stop)))
        yield


@contextmanager
def working(work: Callable[[threading.Event], None]) -> Iterator[None]:
    """Run `work` in a thread until the end of the block."""
    stop = threading.Event()
    thread = threading.Thread(target=work, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@contextmanager
def talking(exchange: Callable[[], None]) -> Iterator[None]:
    """Call `exchange` ten times a second; raise whatever went wrong at the end."""
    wrong: list[BaseException] = []

    def talk(stop: threading.Event) -> None:
        try:
            while not stop.is_set():
                exchange()
                time.sleep(0.1)
        except (OSError, AssertionError) as error:
            wrong.append(error)

    with working(talk):
        yield
    if wrong:
        raise wrong[0]


def _datagrams(server: socket.socket, which: Which, stop: threading.Event) -> None:
    server.settimeout(0.1)
    while not stop.is_set():
        try:
            data, sender = server.recvfrom(65536)
        except TimeoutError:
            continue
        server.sendto(data + _said(which, server.getsockname(), sender), sender)


def _accept(listener: socket.socket, which: Which, stop: threading.Event) -> None:
    listener.settimeout(0.1)
    with ExitStack() as stack:
        while not stop.is_set():
            try:
                connection, sender = listener.accept()
            except TimeoutError:
                continue
            said = _said(which, connection.getsockname(), sender)
            stack.enter_context(working(lambda stop, c=connection, s=said: _lines(c, s, stop)))


def _lines(connection: socket.socket, said: bytes, stop: threading.Event) -> None:
    connection.settimeout(0.1)
    line = b""
    with connection:
        while not stop.is_set():
            try:
                data = connection.recv(65536)
            except TimeoutError:
                continue
            if not data:
                return
            line += data
            if line.endswith(b"\n"):
                connection.sendall(line[:-1] + said + b"\n")
                line = b""


def _said(which: Which, own: Any, sender: Any) -> bytes:
    """Return the answer, an endpoint; socket addresses of IPv6 have two more fields."""
    address, port = which(own[:2], sender[:2])
    return b" %s %d" % (address.encode(), port)
