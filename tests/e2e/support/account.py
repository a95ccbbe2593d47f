"""Records what was done to a firewall, and collects the evidence when something went wrong."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from reconciler.devices.click_up.client import ClickUpDevice
from reconciler.errors import Stalled, Transient
from reconciler.testbed.here import connected_here, directory_of
from reconciler.testbed.measure import Traffic
from reconciler.testbed.network import Namespace, Network
from tests.e2e.support.host_sockets import counters_text, process_text, sockets_text
from tests.e2e.support.wiretap import Wiretap

EVENTS_SAID, LINES_SAID = 25, 10
LINES_KEPT = 500
MOST_SESSIONS = "65536"
SECTION_SECONDS = 10.0
WENT_WRONG = (AssertionError, LookupError, OSError, ValueError, Stalled, Transient)
"""Exceptions of tests and devices; a timeout is an OSError."""
Section = Callable[[], Coroutine[None, None, str]]


@dataclass
class Account:
    """A growing record of what was done; everything is written to `folder` when a failure is
    explained.
    """

    title: str
    folder: Path
    network: Network
    device: ClickUpDevice
    traffic: Traffic
    taps: Sequence[Wiretap]
    events: deque[str] = field(default_factory=lambda: deque(maxlen=LINES_KEPT))

    def note(self, text: str) -> None:
        """Note what was just done."""
        self.events.append(f"{datetime.now(UTC):%H:%M:%S.%f} {text}")

    @asynccontextmanager
    async def explained(self, what: str) -> AsyncIterator[None]:
        """Add what is known, and where the evidence is kept, to an error in the block."""
        try:
            yield
        except WENT_WRONG as error:
            self.note(f"{what} failed: {error!r}")
            error.add_note(f"{self.title}, {what}\n{await self._kept()}")
            raise

    async def _kept(self) -> str:
        self.folder.mkdir(parents=True, exist_ok=True)
        files = [tap.keep(self.folder) for tap in self.taps]
        for name, section in self._sections().items():
            file = self.folder / f"{name}.txt"
            file.write_text(await _said(section) + "\n")
            files.append(file)
        events = [*self.events][-EVENTS_SAID:]
        log = _last(directory_of(self.device) / "log.jsonl", LINES_SAID)
        return "\n".join([*events, "supervisor's log:", *log, "kept:", *map(str, files)])

    def _sections(self) -> dict[str, Section]:
        """Return the sources of evidence, those that change fastest first."""
        return {
            "sessions": self._sessions,
            "handlers": self._handlers,
            "client": lambda: _host(self.network.client, [self.traffic.client.process.pid]),
            "server": lambda: _host(
                self.network.server, [server.process.pid for server in self.traffic.servers]
            ),
            "status": self._status,
            "traffic": self._progress,
            "machine": _machine,
            "log": self._log,
            "events": self._events,
        }

    async def _sessions(self) -> str:
        async with connected_here(directory_of(self.device) / "control.sock") as socket:
            return await socket.read("sessions.table", MOST_SESSIONS)

    async def _handlers(self) -> str:
        found = await self.device.read_everything()
        return "\n".join(f"{name}: {value.strip()}" for name, value in found.items())

    async def _status(self) -> str:
        return (await self.device.status()).model_dump_json(indent=2)

    async def _progress(self) -> str:
        return "\n".join(f"{name} {count}" for name, count in self.traffic.progress.items())

    async def _log(self) -> str:
        return "\n".join(_last(directory_of(self.device) / "log.jsonl", LINES_KEPT))

    async def _events(self) -> str:
        return "\n".join(self.events)


async def _said(section: Section) -> str:
    """Return the text of a section, or why there is none, so that one failure does not hide the
    others.
    """
    try:
        async with asyncio.timeout(SECTION_SECONDS):
            return await section()
    except WENT_WRONG as error:
        return f"nothing was said: {error!r}"


async def _host(host: Namespace, programs: Sequence[int]) -> str:
    parts = [*map(process_text, programs), sockets_text(host), counters_text(host)]
    return "\n\n".join(parts)


async def _machine() -> str:
    names = ["loadavg", "pressure/cpu", "pressure/io", "pressure/memory", "meminfo"]
    files = [Path("/proc") / name for name in names]
    return "\n".join(f"{file}: {file.read_text()}" for file in files if file.exists())


def _last(file: Path, lines: int) -> list[str]:
    return file.read_text().splitlines()[-lines:] if file.exists() else []
