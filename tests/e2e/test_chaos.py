"""Everything is killed at random moments of upgrades and checkpoints, under traffic.

Whatever dies, the element comes back by itself, with every session that was in a checkpoint when
it died, and with none that never was.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest

from reconciler.build import Builder
from reconciler.demo.desired import Files, edited
from reconciler.demo.measure import traffic
from reconciler.demo.merges import Running, following
from reconciler.demo.site import Site, sessions_of
from reconciler.demo.walkthrough import Scenario
from reconciler.devices.control_socket import ControlSocketError
from reconciler.errors import DeviceUnreachable, Transient
from reconciler.state.checkpoint_file import read_checkpoint
from tests.e2e.conftest import SMALL, THOROUGH, eventually
from tests.e2e.held import Held, held
from tests.e2e.openings import Openings, watched
from tests.e2e.place import with_checkpoints

MOMENTS = 200 if THOROUGH else 12
SEED = 20181
INTERVAL = "1s"
LONGEST_WAIT = 1.2
"""Seconds after a commit: by then its upgrade is confirmed."""
VICTIMS = ("worker", "supervisor", "both", "power cut")
PATIENCE = 40.0
AWAY = (DeviceUnreachable, ControlSocketError, Transient, OSError)


@pytest.mark.timeout(60 + 8 * MOMENTS)
async def test_killed_at_random_moments(site: Site, scenario: Scenario, builder: Builder) -> None:
    random = Random(SEED)
    files = with_checkpoints(scenario.first, interval=INTERVAL)
    async with (
        following(site, files, builder, "run", observe_interval=0.2) as running,
        watched(site.network) as openings,
        traffic(site.network, SMALL) as flow,
        held(site.network) as open_ones,
    ):
        one = Victim(running, open_ones, openings)
        for moment in range(MOMENTS):
            victim = VICTIMS[moment % len(VICTIMS)]
            await open_ones.add()
            await one.saved()
            running.commits.commit(f"moment {moment}", change(scenario, moment))
            await asyncio.sleep(random.uniform(0, LONGEST_WAIT))
            await one.dies(victim)
            await one.comes_back(f"moment {moment}: {victim}")
        await flow.finish()


def change(scenario: Scenario, moment: int) -> Files:
    """Another rule each time, and every third time another size of the table, which is carried."""
    path = scenario.element

    def edit(document: Any) -> None:
        document["spec"]["version"] = f"1.1.{moment}"
        document["spec"]["parameters"]["allowed"].append(f"tcp dst port {8000 + moment}")
        document["spec"]["parameters"]["session_capacity"] = 4096 << (moment // 3 % 3)

    return {path: edited(scenario.first[path], edit)}


@dataclass(frozen=True)
class Victim:
    """The firewall, and the sessions through it that stay open."""

    running: Running
    open_ones: Held
    openings: Openings

    async def saved(self) -> None:
        """Every session of now is in a checkpoint on the disk."""

        async def written() -> bool:
            try:
                await self.running.device.checkpoint("before a moment")
            except AWAY:
                return False
            return True

        await eventually(written, PATIENCE)

    async def dies(self, victim: str) -> None:
        """SIGKILL, as of now."""
        everything = await asyncio.to_thread(_processes, self.running.device.directory)
        try:
            status = await self.running.device.status()
            chosen = {
                "worker": [status.active.pid] if status.active else [],
                "supervisor": [status.pid],
                "both": [*([status.active.pid] if status.active else []), status.pid],
            }.get(victim, everything)
        except AWAY:
            chosen = everything
        for pid in chosen:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    async def comes_back(self, what: str) -> None:
        """It forwards again, with the sessions that it had."""
        sessions = frozenset[tuple[str, ...]]()

        async def forwards() -> bool:
            nonlocal sessions
            try:
                status = await self.running.device.status()
                sessions = await sessions_of(self.running.device)
            except AWAY:
                return False
            settled = status.state == "forwarding" and status.active is not None
            return settled and status.active.release == status.confirmed

        await eventually(forwards, PATIENCE)
        assert self.open_ones.sessions <= sessions, what
        assert self.openings.seen >= {one for one in sessions if one[0] == "tcp"}, what
        await self.open_ones.answer()
        for path in self.running.device.checkpoints.newest():
            with contextlib.suppress(FileNotFoundError):  # retired meanwhile
                read_checkpoint(path)


def _processes(directory: Path) -> list[int]:
    """Supervisor, workers, carrier and checkpoint writer of a device: what runs from its folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if str(directory) in os.readlink(entry / "exe"):
                    found.append(int(entry.name))
    return found
