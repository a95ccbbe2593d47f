"""One downloader of `http_client`: a session of some requests, then another session."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass

from reconciler.testbed.traffic.http_server import CHUNK, PATTERN_BYTES, pattern
from reconciler.testbed.traffic.reporting import Samples
from reconciler.testbed.traffic.turns import Lateness, Patience

GIVE_UP_SECONDS = 3.0
REQUESTS_PER_SESSION = 6
# Pieces of an answer that still come after the end show that the session is alive.
SIGNS_OF_LIFE = 2


@dataclass
class Counts:
    """Counts over all downloaders."""

    http_requests: int = 0
    http_failures: int = 0
    tcp_sessions: int = 0
    tcp_resets: int = 0
    tcp_stalled: int = 0
    connect_failures: int = 0
    bytes: int = 0


class WrongContent(Exception):
    """The answer was not the one that was requested."""


class CutOff(Exception):
    """The run ended in the middle of an answer, and the session was alive."""


class Seen:
    """State that all downloaders share.

    `begun` is when the current request of each began, `stalls` when stalled sessions were given up.
    """

    def __init__(self) -> None:
        """Create it within a running loop."""
        self.counts = Counts()
        self.samples = Samples()
        self.lateness = Lateness()
        self.patience = Patience(self.lateness)
        self.begun: dict[int, float] = {}
        self.stalls: list[float] = []


class Downloader:
    """One of the concurrent clients."""

    def __init__(self, target: tuple[str, int], seed: int, size: int, seen: Seen) -> None:
        self.target = target
        self.seed = seed
        self.size = size
        self.seen = seen
        self.repeated = pattern(seed)

    async def run(self, stop: asyncio.Event) -> None:
        """Download until `stop`."""
        while not stop.is_set():
            counts = self.seen.counts
            self.begin()
            try:
                async with self.seen.patience.of(GIVE_UP_SECONDS):
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
        self.seen.begun.pop(self.seed, None)

    def begin(self) -> None:
        """Note that a connection or a request begins now."""
        self.seen.begun[self.seed] = time.time()

    async def session(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, stop: asyncio.Event
    ) -> None:
        """Make some requests on one connection; return early when the session is lost."""
        counts = self.seen.counts
        for _ in range(REQUESTS_PER_SESSION):
            if stop.is_set():
                return
            self.begin()
            counts.http_requests += 1
            try:
                writer.write(b"GET /%d/%d HTTP/1.1\r\nHost: demo\r\n\r\n" % (self.size, self.seed))
                await self.answer(reader, stop)
            except CutOff:
                counts.http_requests -= 1
                return
            except WrongContent:
                counts.http_failures += 1
                return
            except (OSError, asyncio.IncompleteReadError) as error:
                counts.http_failures += 1
                counts.tcp_resets += 1
                if isinstance(error, TimeoutError):
                    counts.tcp_stalled += 1
                    self.seen.stalls.append(round(time.time(), 3))
                writer.transport.abort()
                return

    async def answer(self, reader: asyncio.StreamReader, stop: asyncio.Event) -> None:
        """Read one answer to its last byte, or after `stop` until the session is seen to be alive.

        Raises TimeoutError when nothing comes for long, CutOff.
        """
        async with self.seen.patience.of(GIVE_UP_SECONDS):
            head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200 ") or b"Content-Length: %d\r" % self.size not in head:
            raise WrongContent
        offset = signs = 0
        while offset < self.size:
            signs += stop.is_set()
            async with self.seen.patience.of(GIVE_UP_SECONDS):
                data = await reader.read(min(CHUNK, self.size - offset))
            if not data:
                raise asyncio.IncompleteReadError(b"", self.size - offset)
            start = offset % PATTERN_BYTES
            if data != self.repeated[start : start + len(data)]:
                raise WrongContent
            offset += len(data)
            self.seen.counts.bytes += len(data)
            self.seen.samples.add(len(data))
            if signs == SIGNS_OF_LIFE and offset < self.size:
                raise CutOff
