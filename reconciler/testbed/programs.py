"""Runs traffic programs, reads what they report, and ends them."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from reconciler.testbed.network import Namespace

# A stalled session is given up after three seconds, and may have begun at the end.
END_SECONDS = 30.0
LINE_LIMIT = 1 << 24


@dataclass
class Program:
    """A running traffic program, with its newest message of each kind."""

    process: asyncio.subprocess.Process
    heard: asyncio.Event
    said: dict[str, dict[str, Any]] = field(default_factory=dict)

    async def listen(self) -> None:
        """Read its messages until it ends."""
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            message = json.loads(line)
            self.said[message.pop("kind")] = message
            self.heard.set()

    async def message(self, kind: str, seconds: float) -> dict[str, Any]:
        """Return the newest message of a kind, as soon as there is one. Raises TimeoutError."""
        await wait_until(lambda: kind in self.said, self.heard, seconds)
        return self.said[kind]

    async def end(self) -> dict[str, Any]:
        """Ask it to finish and return its result. Raises TimeoutError, KeyError when it crashed."""
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(END_SECONDS):
            await self.process.wait()
        return await self.message("result", 1.0)


async def wait_until(condition: Callable[[], bool], heard: asyncio.Event, seconds: float) -> None:
    """Wait until `condition` holds, checking after every message. Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not condition():
            heard.clear()
            await heard.wait()


async def start(
    namespace: Namespace, heard: asyncio.Event, module: str, *arguments: object
) -> tuple[Program, asyncio.Task[None]]:
    """Start a traffic program in a namespace, and the task that listens to it."""
    line = namespace.program(f"reconciler.testbed.traffic.{module}", *map(str, arguments))
    process = await asyncio.create_subprocess_exec(
        *line, stdout=asyncio.subprocess.PIPE, limit=LINE_LIMIT
    )
    program = Program(process, heard)
    return program, asyncio.create_task(program.listen())


async def kill(program: Program, listener: asyncio.Task[None]) -> None:
    """Kill the program and end its listener, whatever it does."""
    with suppress(ProcessLookupError):
        program.process.kill()
    await program.process.wait()
    await listener
