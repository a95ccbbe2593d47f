"""Traffic through the firewall, started, watched and counted."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict

from reconciler.demo.network import SERVER_ADDRESS, Namespace, Network

HTTP_PORT, UDP_PORT = 80, 443
START_SECONDS = 20.0
# A download is finished before its client ends, and one that stalls is given up after five seconds.
END_SECONDS = 30.0
# Packets that are still on their way when the sender ends.
SETTLE_SECONDS = 0.3
LINE_LIMIT = 1 << 24


@dataclass(frozen=True)
class Load:
    """How much traffic: 50 x 56 kB/s is 22 Mbit/s; sizes in bytes."""

    downloaders: int = 50
    bytes_per_second: int = 56_000
    download_bytes: int = 131_072
    packets_per_second: int = 20_000


class TrafficResult(BaseModel):
    """What client and server saw.

    Times are seconds since the epoch, samples (time, amount per 50 ms).
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    udp_sent: int
    udp_received: int
    udp_duplicated: int
    udp_reordered: int
    missing: tuple[tuple[int, int], ...]
    gaps: tuple[tuple[float, float], ...]
    ring_drops: int
    udp_samples: tuple[tuple[float, int], ...]
    http_requests: int
    http_failures: int
    tcp_sessions: int
    tcp_resets: int
    tcp_stalled: int
    connect_failures: int
    http_samples: tuple[tuple[float, int], ...]

    @property
    def udp_lost(self) -> int:
        """Packets of the stream that were sent and never arrived."""
        return self.udp_sent - self.udp_received

    def gap_ms(self, start: float, end: float) -> float:
        """The longest time without a packet of the stream between two moments, 0 below 5 ms."""
        within = [b - a for a, b in self.gaps if b > start and a < end]
        return max(within, default=0.0) * 1000


@dataclass
class Program:
    """One traffic program that runs, with the newest thing it said of each kind."""

    process: asyncio.subprocess.Process
    heard: asyncio.Event
    said: dict[str, dict[str, Any]] = field(default_factory=dict)

    async def listen(self) -> None:
        """Take in what it says until it ends."""
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            message = json.loads(line)
            self.said[message.pop("kind")] = message
            self.heard.set()

    async def until(self, kind: str, seconds: float) -> dict[str, Any]:
        """The newest message of a kind, as soon as there is one. Raises TimeoutError."""
        await until(lambda: kind in self.said, self.heard, seconds)
        return self.said[kind]

    async def end(self) -> dict[str, Any]:
        """Ask it to finish and return its result. Raises TimeoutError, KeyError when it crashed."""
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(END_SECONDS):
            await self.process.wait()
        return await self.until("result", 1.0)


async def until(condition: Callable[[], bool], heard: asyncio.Event, seconds: float) -> None:
    """Until `condition` holds, looking whenever something was heard. Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not condition():
            heard.clear()
            await heard.wait()


@dataclass
class Traffic:
    """Downloads and the packet stream while they run."""

    servers: Sequence[Program]
    receiver: Program
    client: Program
    sender: Program

    @property
    def progress(self) -> dict[str, int]:
        """Counts so far."""
        programs = (self.client, self.sender, self.receiver)
        return {k: v for program in programs for k, v in program.said.get("progress", {}).items()}

    async def flowing(self, sessions: int) -> None:
        """Until that many TCP sessions and the stream run. Raises TimeoutError."""

        def all_run() -> bool:
            enough = self.progress.get("tcp_sessions", 0) >= sessions
            return enough and self.progress.get("udp_received", 0) > 0

        await until(all_run, self.client.heard, START_SECONDS)

    async def finish(self) -> TrafficResult:
        """End all programs, senders first, and return what they counted."""
        sent, downloaded = await asyncio.gather(self.sender.end(), self.client.end())
        await asyncio.sleep(SETTLE_SECONDS)
        received = await self.receiver.end()
        await asyncio.gather(*(server.end() for server in self.servers))
        return TrafficResult.model_validate(
            {
                **sent,
                **downloaded,
                **received,
                "http_samples": downloaded["samples"],
                "udp_samples": received["samples"],
            }
        )


@asynccontextmanager
async def traffic(
    network: Network,
    load: Load,
    service: str = SERVER_ADDRESS,
    servers: Sequence[str] = (SERVER_ADDRESS,),
    stream: str = "",
) -> AsyncIterator[Traffic]:
    """Traffic that flows when the block begins; `finish()` counts it, the end kills it.

    Clients ask at the address `service`; `servers` are those at which somebody answers. The stream
    goes to `stream`, or to the service too.
    """
    heard = asyncio.Event()
    async with AsyncExitStack() as stack:

        async def start(namespace: Namespace, module: str, *arguments: object) -> Program:
            line = namespace.program(f"reconciler.demo.traffic.{module}", *map(str, arguments))
            process = await asyncio.create_subprocess_exec(
                *line, stdout=asyncio.subprocess.PIPE, limit=LINE_LIMIT
            )
            program = Program(process, heard)
            listener = asyncio.create_task(program.listen())
            stack.push_async_callback(_bury, program, listener)
            return program

        answering = [
            await start(network.server, "http_server", server, HTTP_PORT, load.bytes_per_second)
            for server in servers
        ]
        receiver = await start(network.server, "udp_receiver", "eth0", UDP_PORT)
        for program in (*answering, receiver):
            await program.until("ready", START_SECONDS)
        client = await start(
            network.client, "http_client", service, HTTP_PORT, load.downloaders, load.download_bytes
        )
        sender = await start(
            network.client, "udp_sender", stream or service, UDP_PORT, load.packets_per_second
        )
        running = Traffic(answering, receiver, client, sender)
        await running.flowing(load.downloaders)
        yield running


async def _bury(program: Program, listener: asyncio.Task[None]) -> None:
    with suppress(ProcessLookupError):
        program.process.kill()
    await program.process.wait()
    await listener
