"""One firewall that reconcilers of any version manage in turn, one run each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reconciler.build import Builder
from reconciler.devices.click_up.client import ClickUpDevice
from reconciler.devices.open import open_click_up
from reconciler.devices.reports import TakeoverReport
from reconciler.library import Library
from reconciler.outcome import Outcome
from reconciler.reconcile import Dependencies, Planner
from reconciler.reconcile.loop import Loop
from reconciler.source import GitSource, parse_reference
from reconciler.store import Ledger, Snapshots
from reconciler.testbed.desired import Commits, Files, edit_object, path_of
from reconciler.testbed.merges import Witness
from reconciler.testbed.site import Site
from schemas.plan import Plan
from schemas.status import Condition, ConditionType
from tests.e2e.support.caches import CACHE

TABLE = "sessions/sessions"
OBSERVE_SECONDS = 0.2


@dataclass(frozen=True)
class Place:
    """One repository, one data folder and one device; reconcilers of any version come and go."""

    site: Site
    commits: Commits
    device: ClickUpDevice
    data: Path
    witness: Witness

    async def reconcile(self, library: Library) -> Outcome:
        """Return one run of a reconciler that has this library."""
        with self._loop(library) as loop:
            return (await loop.run_once())[self.key]

    @asynccontextmanager
    async def followed(self, library: Library) -> AsyncIterator[None]:
        """Let a reconciler with this library follow the commits until the end of the block."""
        stop = asyncio.Event()
        with self._loop(library) as loop:
            running = asyncio.create_task(loop.run(stop))
            try:
                yield
            finally:
                stop.set()
                await running

    @contextmanager
    def _loop(self, library: Library) -> Iterator[Loop]:
        builder = Builder(CACHE, library)
        ledger = Ledger(self.data / "ledger.db")
        dependencies = Dependencies(Planner(self.data, library, builder), ledger, self.witness)
        source = GitSource(
            str(self.commits.folder), parse_reference("main"), self.data / "clone.git"
        )
        try:
            yield Loop(source, dependencies, observe_interval=OBSERVE_SECONDS)
        finally:
            ledger.close()

    @property
    def plan(self) -> Plan:
        return self.witness.plans[-1]

    @property
    def report(self) -> TakeoverReport:
        return self.witness.takeovers[-1][1]

    async def counted(self) -> int:
        return int(await self.device.read("forwarded.count"))

    @property
    def key(self) -> str:
        return self.device.name

    @property
    def snapshots(self) -> Snapshots:
        return Snapshots(self.data / "snapshots")

    def condition(self) -> Condition:
        """Return the condition that tells whether the device saves its tables."""
        ledger = Ledger(self.data / "ledger.db")
        status = ledger.instance(self.key).status
        ledger.close()
        found = status.condition(ConditionType.CHECKPOINTED) if status is not None else None
        assert found is not None
        return found

    def events(self) -> list[str]:
        """Return the reasons of events, oldest first."""
        ledger = Ledger(self.data / "ledger.db")
        try:
            return [event.reason for event in ledger.events.newest(self.key)]
        finally:
            ledger.close()

    async def version(self) -> int:
        return (await self.device.status()).tables[TABLE].version


@asynccontextmanager
async def place(site: Site, files: Files) -> AsyncIterator[Place]:
    data = site.folder / "data"
    desired = site.desired(files)
    device = open_click_up(desired.device, desired.element.name, data)
    try:
        yield Place(site, Commits(site.folder / "desired", files), device, data, Witness())
    finally:
        await device.remove()


def with_checkpoints(files: Files, **settings: Any) -> Files:
    """Return the device, with another folder and interval for its checkpoints."""
    device = path_of(files, "Device")

    def change(document: Any) -> None:
        document["spec"]["checkpoints"] = settings

    return {**files, device: edit_object(files[device], change)}
