"""Live progress of the walk-through on a terminal."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rich.console import Console
from rich.markup import escape
from rich.status import Status

from reconciler.demo.measure import Traffic

REFRESH_SECONDS = 0.25


class Teller:
    """One line for everything that happened, and a last line that lives."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status = Status("", console=console)
        self._started = time.monotonic()

    def say(self, glyph: str, text: str) -> None:
        """A line that stays: ► action, ◎ waiting, ✔ done, ✗ failed."""
        seconds = time.monotonic() - self._started
        self._console.print(
            f"[dim]{seconds:6.1f} s[/dim] {glyph} {escape(text)}", highlight=False, soft_wrap=True
        )

    @asynccontextmanager
    async def watching(self, name: str, traffic: Traffic) -> AsyncIterator[None]:
        """Show the traffic's counts while the block runs."""
        task = asyncio.create_task(self._follow(name, traffic))
        self._status.start()
        try:
            yield
        finally:
            task.cancel()
            self._status.stop()

    async def _follow(self, name: str, traffic: Traffic) -> None:
        while True:
            counts = traffic.progress
            self._status.update(
                f"{name}: {counts.get('udp_received', 0):,} of {counts.get('udp_sent', 0):,} "
                f"packets, {counts.get('http_requests', 0)} downloads, "
                f"{counts.get('http_failures', 0)} failed, {counts.get('tcp_resets', 0)} "
                "sessions lost"
            )
            await asyncio.sleep(REFRESH_SECONDS)
