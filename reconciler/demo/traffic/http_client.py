"""Concurrent keep-alive downloads, verified: `...http_client ADDRESS PORT DOWNLOADERS SIZE`.

Counted: `http_requests` begun, `http_failures` (any that did not end with all its bytes right),
`tcp_sessions` established, `tcp_resets`: sessions lost, by a reset or because nothing came for
GIVE_UP_SECONDS and the client gave up. A firewall that forgot a session drops its packets without
a word, so most lost sessions are of the second kind; `tcp_stalled` says how many.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from dataclasses import asdict, dataclass

from reconciler.demo.traffic.http_server import CHUNK, PATTERN_BYTES, pattern
from reconciler.demo.traffic.reporting import Samples, say

GIVE_UP_SECONDS = 5.0
REQUESTS_PER_SESSION = 6
START_SPREAD_SECONDS = 1.0
PROGRESS_SECONDS = 0.25


@dataclass
class Counts:
    """What all downloaders together saw."""

    http_requests: int = 0
    http_failures: int = 0
    tcp_sessions: int = 0
    tcp_resets: int = 0
    tcp_stalled: int = 0
    connect_failures: int = 0
    bytes: int = 0


class WrongContent(Exception):
    """The answer was not the one that was asked for."""


class Downloader:
    """One of the concurrent clients: a session of some requests, then another session."""

    def __init__(self, target: tuple[str, int], seed: int, size: int, shared: Downloads) -> None:
        self.target = target
        self.seed = seed
        self.size = size
        self.shared = shared
        self.repeated = pattern(seed)

    async def run(self, stop: asyncio.Event) -> None:
        """Download until `stop`; a request that has begun is finished."""
        while not stop.is_set():
            counts = self.shared.counts
            try:
                async with asyncio.timeout(GIVE_UP_SECONDS):
                    reader, writer = await asyncio.open_connection(*self.target)
            except OSError:  # includes TimeoutError
                counts.connect_failures += 1
                counts.http_requests += 1
                counts.http_failures += 1
                continue
            counts.tcp_sessions += 1
            try:
                await self.session(reader, writer, stop)
            finally:
                writer.close()
                with contextlib.suppress(OSError, TimeoutError):
                    async with asyncio.timeout(0.1):
                        await writer.wait_closed()

    async def session(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, stop: asyncio.Event
    ) -> None:
        """Some requests on one connection; ends early when the session is lost."""
        counts = self.shared.counts
        for _ in range(REQUESTS_PER_SESSION):
            if stop.is_set():
                return
            counts.http_requests += 1
            try:
                writer.write(b"GET /%d/%d HTTP/1.1\r\nHost: demo\r\n\r\n" % (self.size, self.seed))
                await self.answer(reader)
            except WrongContent:
                counts.http_failures += 1
                return
            except (OSError, asyncio.IncompleteReadError) as error:
                counts.http_failures += 1
                counts.tcp_resets += 1
                counts.tcp_stalled += isinstance(error, TimeoutError)
                writer.transport.abort()
                return

    async def answer(self, reader: asyncio.StreamReader) -> None:
        """Read one answer to its last byte. Raises TimeoutError when nothing comes for long."""
        async with asyncio.timeout(GIVE_UP_SECONDS):
            head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200 ") or b"Content-Length: %d\r" % self.size not in head:
            raise WrongContent
        offset = 0
        while offset < self.size:
            async with asyncio.timeout(GIVE_UP_SECONDS):
                data = await reader.read(min(CHUNK, self.size - offset))
            if not data:
                raise asyncio.IncompleteReadError(b"", self.size - offset)
            start = offset % PATTERN_BYTES
            if data != self.repeated[start : start + len(data)]:
                raise WrongContent
            offset += len(data)
            self.shared.counts.bytes += len(data)
            self.shared.samples.add(len(data))


class Downloads:
    """All downloaders with what they count together."""

    def __init__(self) -> None:
        self.counts = Counts()
        self.samples = Samples()

    async def run(self, target: tuple[str, int], downloaders: int, size: int) -> None:
        """Download until SIGTERM, reporting four times a second, then the result."""
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        async with asyncio.TaskGroup() as group:
            group.create_task(self.progress(stop))
            for seed in range(downloaders):
                group.create_task(Downloader(target, seed, size, self).run(stop))
                await asyncio.sleep(START_SPREAD_SECONDS / downloaders)
        say("result", **asdict(self.counts), samples=self.samples.as_json())

    async def progress(self, stop: asyncio.Event) -> None:
        """Say the counts so far until `stop`."""
        while not stop.is_set():
            say("progress", **asdict(self.counts))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PROGRESS_SECONDS):
                    await stop.wait()


if __name__ == "__main__":
    address, port, downloaders, size = sys.argv[1:5]
    asyncio.run(Downloads().run((address, int(port)), int(downloaders), int(size)))
