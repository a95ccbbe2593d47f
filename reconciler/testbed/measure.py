"""Starts, watches and counts traffic through the firewall."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from reconciler.testbed.network import SERVER_ADDRESS, Namespace, Network
from reconciler.testbed.places import Keeping, Places, combine_reports, locate_losses
from reconciler.testbed.programs import Program, kill, start, wait_until

HTTP_PORT, UDP_PORT = 80, 443
START_SECONDS = 20.0
# After the sender has ended, packets are still under way for as long as more arrive.
SETTLE_SECONDS = 0.6


@dataclass(frozen=True)
class Load:
    """The amount of traffic: 50 x 56 kB/s is 22 Mbit/s; sizes in bytes."""

    downloaders: int = 50
    bytes_per_second: int = 56_000
    download_bytes: int = 131_072
    packets_per_second: int = 20_000


class TrafficResult(BaseModel):
    """Counts and samples of client and server.

    Times are seconds since the epoch, samples (time, amount per 50 ms). `udp_arrived` reached the
    firewall's interface; `link_drops` are packets of any kind that the link behind it dropped.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    udp_sent: int
    udp_received: int
    udp_duplicated: int
    udp_reordered: int
    missing: tuple[tuple[int, int], ...]
    gaps: tuple[tuple[float, float], ...]
    ring_drops: int
    udp_arrived: int
    link_drops: int
    udp_samples: tuple[tuple[float, int], ...]
    http_requests: int
    http_failures: int
    tcp_sessions: int
    tcp_resets: int
    tcp_stalled: int
    connect_failures: int
    http_samples: tuple[tuple[float, int], ...]
    keeping: Keeping

    @property
    def udp_lost(self) -> int:
        """Packets of the stream that were sent and never arrived."""
        return self.udp_sent - self.udp_received

    @property
    def lost_at(self) -> Places:
        """Where they were lost."""
        seen = self.udp_received + self.udp_duplicated + self.ring_drops
        return locate_losses(
            self.udp_sent, self.udp_arrived, self.link_drops, seen, self.ring_drops
        )

    def gap_ms(self, start: float, end: float) -> float:
        """Return the longest time without a packet of the stream between two times, 0
        below 5 ms.
        """
        within = [b - a for a, b in self.gaps if b > start and a < end]
        return max(within, default=0.0) * 1000


@dataclass
class Traffic:
    """The downloads and the packet stream while they run."""

    servers: Sequence[Program]
    receiver: Program
    counter: Program
    client: Program
    sender: Program

    @property
    def progress(self) -> dict[str, Any]:
        """Return the counts so far, and when the oldest connection or request under way began."""
        programs = (self.client, self.sender, self.receiver)
        return {k: v for program in programs for k, v in program.said.get("progress", {}).items()}

    @property
    def received(self) -> int:
        """Return the packets of the stream reported to have arrived."""
        return int(self.progress.get("udp_received", 0))

    async def flowing(self, sessions: int) -> None:
        """Wait until that many TCP sessions and the stream run. Raises TimeoutError."""

        def all_run() -> bool:
            return self.progress.get("tcp_sessions", 0) >= sessions and self.received > 0

        await wait_until(all_run, self.client.heard, START_SECONDS)

    async def past(self, moment: float, seconds: float) -> None:
        """Wait until packets arrive and every connection and request that began before `moment`
        (seconds since the epoch) has ended, at most so long.
        """
        received = self.received

        def is_past() -> bool:
            return self.received > received and float(self.progress.get("oldest", 0)) > moment

        with suppress(TimeoutError):
            await wait_until(is_past, self.client.heard, seconds)

    async def requested(self, requests: int) -> None:
        """Wait until that many downloads have begun. Raises TimeoutError."""

        def done() -> bool:
            return int(self.progress.get("http_requests", 0)) >= requests

        await wait_until(done, self.client.heard, START_SECONDS)

    async def finish(self) -> TrafficResult:
        """Stop all programs, senders first, and return what they counted."""
        sent, downloaded = await asyncio.gather(self.sender.end(), self.client.end())
        await self._arrived(sent["udp_sent"])
        received, counted = await asyncio.gather(self.receiver.end(), self.counter.end())
        served = await asyncio.gather(*(server.end() for server in self.servers))
        return _result(sent, downloaded, received, counted, served)

    async def _arrived(self, sent: int) -> None:
        """Wait until as many packets as were sent have arrived, or no more come."""
        before = -1
        while before < self.received < sent:
            before = self.received
            with suppress(TimeoutError):
                await wait_until(lambda: self.received >= sent, self.client.heard, SETTLE_SECONDS)


def _result(
    sent: Mapping[str, Any],
    downloaded: Mapping[str, Any],
    received: Mapping[str, Any],
    counted: Mapping[str, Any],
    served: Sequence[Mapping[str, Any]],
) -> TrafficResult:
    """Combine all counts; packets that a program could not keep up with are not counted as lost."""
    kept_up = combine_reports(sent, downloaded, received, served)
    counts = {
        **sent,
        **downloaded,
        **received,
        **counted,
        "http_samples": downloaded["samples"],
        "udp_samples": received["samples"],
        "keeping": kept_up,
    }
    for count in ("http_failures", "tcp_resets", "tcp_stalled"):
        counts[count] -= kept_up.tcp_starved
    return TrafficResult.model_validate(counts)


@asynccontextmanager
async def traffic(
    network: Network,
    load: Load,
    service: str = SERVER_ADDRESS,
    servers: Sequence[str] = (SERVER_ADDRESS,),
    stream: str = "",
) -> AsyncIterator[Traffic]:
    """Run traffic from the start of the block; `finish()` counts it, the end of the block kills it.

    Clients ask at the address `service`; `servers` are the addresses that answer. The stream goes
    to `stream`, or to the service too.
    """
    heard = asyncio.Event()
    async with AsyncExitStack() as stack:

        async def begin(namespace: Namespace, module: str, *arguments: object) -> Program:
            program, listener = await start(namespace, heard, module, *arguments)
            stack.push_async_callback(kill, program, listener)
            return program

        answering = [
            await begin(network.server, "http_server", server, HTTP_PORT, load.bytes_per_second)
            for server in servers
        ]
        receiver = await begin(network.server, "udp_receiver", "eth0", UDP_PORT)
        counter = await begin(network.firewall, "udp_counter", "eth0", UDP_PORT, "eth1")
        for program in (*answering, receiver, counter):
            await program.message("ready", START_SECONDS)
        client = await begin(
            network.client, "http_client", service, HTTP_PORT, load.downloaders, load.download_bytes
        )
        sender = await begin(
            network.client, "udp_sender", stream or service, UDP_PORT, load.packets_per_second
        )
        running = Traffic(answering, receiver, counter, client, sender)
        await running.flowing(load.downloaders)
        yield running
