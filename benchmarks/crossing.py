"""Sends packets of many UDP flows from client to server; our driver is both sender and receiver."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.programs import Program, Running, running
from benchmarks.supervised import LONGEST_SECONDS
from reconciler.testbed.here import connected_here
from reconciler.testbed.site import Site

SENDER = """
flows :: FastUDPFlows(0, -1, 64, 02:00:00:00:00:01, 10.9.0.1, 02:00:00:00:00:02, 10.9.0.2,
  {flows}, 2000000000, ACTIVE false);
flows -> Queue(4096) -> out :: ToDevice(eth0);
"""
RECEIVER = "FromDevice(eth0) -> in :: Counter -> Discard;"
QUIET_SECONDS = 0.5


@dataclass(frozen=True)
class Flow:
    """Packets from the client to the server."""

    sender: Running
    receiver: Running

    async def fill(self, sessions: Callable[[], Awaitable[int]], least: int) -> int:
        """Send at full speed until there are `least` sessions; return how many packets got lost."""
        await _write(self.sender, "flows.active", "true")
        async with asyncio.timeout(LONGEST_SECONDS):
            while await sessions() < least:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.05)
        return await self.end()

    async def begin(self, rate: int) -> None:
        """Send `rate` packets a second from now on."""
        await _write(self.sender, "flows.rate", str(rate))
        await _write(self.sender, "flows.active", "true")

    async def end(self) -> int:
        """Stop sending; return how many packets have not arrived."""
        await _write(self.sender, "flows.active", "false")
        await asyncio.sleep(QUIET_SECONDS)
        return await self.sender.number("out.count") - await self.receiver.number("in.count")


@asynccontextmanager
async def crossing(site: Site, driver: Path, flows: int, folder: Path) -> AsyncIterator[Flow]:
    """Run sender and receiver until the end of the block; nothing is sent yet."""
    client, server = site.network.client.command(), site.network.server.command()
    sender, receiver = (Program(name, str(driver)) for name in ("sender", "receiver"))
    async with (
        running(receiver, RECEIVER, folder, server) as receiving,
        running(sender, SENDER.format(flows=flows), folder, client) as sending,
    ):
        # Packets that the receiver cannot keep up with would count as lost by the network element.
        with suppress(PermissionError):
            os.sched_setscheduler(receiving.process.pid, os.SCHED_FIFO, os.sched_param(5))
        yield Flow(sending, receiving)


async def _write(program: Running, handler: str, value: str) -> None:
    async with connected_here(program.socket) as control:
        await control.write(handler, value)
