"""HTTP/1.1 server with predictable content, paced: `...http_server ADDRESS PORT BYTES_PER_SECOND`.

`GET /SIZE/SEED` answers SIZE bytes of `content(SEED)`, paced on every connection by itself, so
that fifty downloads make a steady load and not a race for the CPU.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import sys
from functools import cache

from reconciler.testbed.traffic.reporting import say
from reconciler.testbed.traffic.turns import Lateness, Patience, go_first

CHUNK = 4096
# A peer that cannot be reached is given up after this time (milliseconds; RFC 5482).
USER_TIMEOUT_MS = 10_000
PATTERN_BYTES = 65521  # prime, so that no two chunks of a file are alike


def pattern(seed: int) -> bytes:
    """Return the bytes that repeat in the file of `seed`, twice over so that every chunk is one
    slice.
    """
    once = _first_pattern().translate(bytes((byte + seed * 29) & 0xFF for byte in range(256)))
    return once + once[:CHUNK]


@cache
def _first_pattern() -> bytes:
    return bytes((index * 131 + (index >> 8) * 17) & 0xFF for index in range(PATTERN_BYTES))


def chunk_at(repeated: bytes, offset: int, length: int) -> bytes:
    """Return `length` bytes (at most CHUNK) of the endless file, from `offset`."""
    start = offset % PATTERN_BYTES
    return repeated[start : start + length]


class Server:
    """Answers paced downloads and counts what it saw."""

    def __init__(self, bytes_per_second: int) -> None:
        self.pause = CHUNK / bytes_per_second
        self.patterns: dict[int, bytes] = {}
        self.connections = 0
        self.resets = 0

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one keep-alive connection, until the peer closes it or is gone."""
        self.connections += 1
        peer: socket.socket = writer.get_extra_info("socket")
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)
        try:
            while request := await reader.readuntil(b"\r\n\r\n"):
                size, seed = request.split(b" ", 2)[1].strip(b"/").split(b"/")
                await self.send(writer, int(size), int(seed))
        except asyncio.IncompleteReadError:
            pass  # the peer closed the connection between two requests
        except asyncio.CancelledError:
            # The end: what a lost session would still be sent is not waited for.
            writer.transport.abort()
        except OSError:
            self.resets += 1
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def send(self, writer: asyncio.StreamWriter, size: int, seed: int) -> None:
        """Send the answer, a chunk at a time."""
        repeated = self.patterns.setdefault(seed, pattern(seed))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        clock = asyncio.get_running_loop().time
        due = clock()
        for offset in range(0, size, CHUNK):
            writer.write(chunk_at(repeated, offset, min(CHUNK, size - offset)))
            await writer.drain()
            due = max(due + self.pause, clock() - self.pause)
            await asyncio.sleep(due - clock())


async def serve(address: str, port: int, bytes_per_second: int) -> None:
    """Serve until SIGTERM, then report."""
    priority, lateness = go_first(), Lateness()
    Patience(lateness)
    server = Server(bytes_per_second)
    done = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, done.set)
    listener = await asyncio.start_server(server.connected, address, port, backlog=256)
    say("ready")
    await done.wait()
    listener.close()
    counts = {"connections": server.connections, "resets": server.resets}
    say("result", **counts, priority=priority, **lateness.as_json())


if __name__ == "__main__":
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
