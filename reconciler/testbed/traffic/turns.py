"""The turns that a program gets on the processor: before ordinary work if allowed, and how late."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Literal

Priority = Literal["realtime", "high", "normal"]
# Below the workers' priority: measuring programs must not take turns from what they measure.
REALTIME_PRIORITY = 3
NICE = -10
TICK_SECONDS = 0.02
# Turns later than this are reported one by one, up to so many.
NOTICED_SECONDS, SPELLS = 0.02, 1000


def go_first() -> Priority:
    """Ask the kernel for turns before ordinary programs, and return what it granted."""
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(REALTIME_PRIORITY))
        return "realtime"
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, NICE)
        return "high"
    return "normal"


def priority_of(pid: int) -> Priority:
    """Return the kernel's priority of a process. Raises ProcessLookupError."""
    if os.sched_getscheduler(pid) in (os.SCHED_FIFO, os.SCHED_RR):
        return "realtime"
    return "high" if os.getpriority(os.PRIO_PROCESS, pid) < 0 else "normal"


class Lateness:
    """How late turns began; spells are (start, end) since the epoch."""

    def __init__(self) -> None:
        self.longest = 0.0
        self.spells: list[tuple[float, float]] = []

    def add(self, seconds: float) -> None:
        """Add a turn that begins now and was due so long ago."""
        self.longest = max(self.longest, seconds)
        if seconds > NOTICED_SECONDS and len(self.spells) < SPELLS:
            now = time.time()
            self.spells.append((round(now - seconds, 3), round(now, 3)))

    def as_json(self) -> dict[str, Any]:
        """Return what a program reports of itself."""
        return {"late_ms": round(self.longest * 1000, 3), "late": self.spells}


class Patience:
    """Time-outs of one event loop; time in which the loop itself got no turn does not count."""

    def __init__(self, lateness: Lateness) -> None:
        """Start watching the running loop."""
        self._lateness = lateness
        self._waiting: set[asyncio.Timeout] = set()
        self._loop = asyncio.get_running_loop()
        self._wait()

    @asynccontextmanager
    async def of(self, seconds: float) -> AsyncIterator[None]:
        """Do as asyncio.timeout. Raises TimeoutError."""
        async with asyncio.timeout(seconds) as timeout:
            self._waiting.add(timeout)
            try:
                yield
            finally:
                self._waiting.discard(timeout)

    def _wait(self) -> None:
        self._due = self._loop.time() + TICK_SECONDS
        self._loop.call_at(self._due, self._tick)

    def _tick(self) -> None:
        # Called before any time-out that expired meanwhile, as they were due later than this.
        late = self._loop.time() - self._due
        self._lateness.add(late)
        if late > NOTICED_SECONDS:
            for timeout in self._waiting:
                timeout.reschedule((timeout.when() or self._due) + late)
        self._wait()
