"""A supervisor in a directory of its own, without a reconciler."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reconciler.errors import DeviceUnreachable
from reconciler.testbed.here import connected_here

LONGEST_SECONDS = 120.0


@dataclass(frozen=True)
class Supervised:
    """A supervisor's program and directory; `netns` is the file of its network namespace, None for
    ours.
    """

    program: Path
    directory: Path
    netns: str | None = None

    @property
    def checkpoints(self) -> Path:
        """Folder of its checkpoints."""
        return self.directory / "checkpoints"

    @asynccontextmanager
    async def running(self, restoring: bool = True) -> AsyncIterator[None]:
        """Run it until the end of the block, where it is killed, as by a power cut. Unless it is
        `restoring`, earlier checkpoints are removed first.
        """
        if not restoring:
            shutil.rmtree(self.checkpoints, ignore_errors=True)
        self.checkpoints.mkdir(parents=True, exist_ok=True)
        place = ["--netns", self.netns] if self.netns else []
        process = await asyncio.create_subprocess_exec(
            self.program, "--directory", self.directory, "--checkpoints", self.checkpoints, *place
        )
        try:
            await self._listens()
            yield
        finally:
            process.kill()
            await process.wait()

    async def _listens(self) -> None:
        async with asyncio.timeout(LONGEST_SECONDS):
            while True:
                with contextlib.suppress(DeviceUnreachable):
                    await self.read("version")
                    return
                await asyncio.sleep(0.01)

    async def read(self, handler: str, name: str = "supervisor.sock") -> str:
        """Read a handler of the supervisor, or of the worker on control.sock."""
        async with connected_here(self.directory / name) as socket:
            return await socket.read(handler)

    async def write(self, handler: str, value: str = "") -> str:
        """Write a handler of the supervisor; return its answer."""
        async with connected_here(self.directory / "supervisor.sock") as socket:
            return await socket.write(handler, value, LONGEST_SECONDS)

    async def status(self) -> dict[str, Any]:
        """Return its status."""
        found: dict[str, Any] = json.loads(await self.read("status"))
        return found

    async def asked(self, handler: str, value: str = "") -> dict[str, Any]:
        """Write a handler of the supervisor; return its JSON answer."""
        text = await self.write(handler, value)
        answer: dict[str, Any] = json.loads(text[text.index("{") :])
        return answer

    async def take_over(
        self, release: str, driver: Path, text: str, **more: object
    ) -> dict[str, Any]:
        """Let a release take over; `more` goes into the request. Return the report."""
        config = self.directory / f"{release}.click"
        config.write_text(text)
        lines = {
            "attempt": f"{time.monotonic_ns()}",
            "release": release,
            "driver": driver,
            "config": config,
            "start_timeout_ms": 60_000,
            **more,
        }
        request = "".join(f"{key}={value}\n" for key, value in lines.items())
        return await self.asked("takeover", request)
