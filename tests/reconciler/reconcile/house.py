"""A reconciler with its whole environment, for tests of the loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.build import Builder
from reconciler.devices.click_up.client import ClickUpDevice
from reconciler.devices.client import DeviceClient
from reconciler.devices.open import open_click_up, open_device
from reconciler.devices.reports import DeviceStatus, TakeoverReport
from reconciler.library import Library
from reconciler.outcome import Outcome
from reconciler.reconcile import Dependencies, Planner
from reconciler.reconcile.loop import Loop
from reconciler.reporters.observers import Observer
from reconciler.source import GitSource, parse_reference
from reconciler.store import Ledger
from reconciler.yaml.limits import DEFAULT, Limits
from schemas.device import Device
from schemas.status import InstanceStatus
from schemas.steps import Step
from tests.reconciler.reconcile.pipeline import KEY, Repository

CACHE = Path(__file__).parents[3] / "build" / "tests" / "cache"


@dataclass
class Recorder(Observer):
    """Records what happened, for assertions on the order of events."""

    steps: list[str] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    takeovers: list[TakeoverReport] = field(default_factory=list)
    events: list[tuple[str, str]] = field(default_factory=list)

    def step_started(self, key: str, step: Step) -> None:
        self.steps.append(step.kind.value)

    def takeover(self, key: str, report: TakeoverReport) -> None:
        self.takeovers.append(report)

    def event(self, key: str, kind: str, reason: str, message: str) -> None:
        self.events.append((reason, message))

    def pass_finished(self, key: str, outcome: Outcome) -> None:
        self.outcomes.append(outcome)

    def crashed(self, key: str, error: BaseException) -> None:
        raise error


@dataclass
class House:
    """One reconciler's environment; `loop()` may be called again, as after a restart."""

    data: Path
    repository: Repository
    library: Library
    recorder: Recorder = field(default_factory=Recorder)
    open: Callable[[Device, str, Path], DeviceClient] = open_device
    allow_removals: bool = False
    limits: Limits = DEFAULT

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.data / "ledger.db")
        self.builder = Builder(CACHE, self.library)
        self.device = self.device_in(None)

    def device_in(self, directory: Path | None) -> ClickUpDevice:
        """Return the instance's device if its description names this directory."""
        device = {
            "apiVersion": "click-up/v1alpha1",
            "kind": "Device",
            "metadata": {"name": "box"},
            "spec": {"directory": str(directory)} if directory else {},
        }
        return open_click_up(Device.model_validate(device), "stream", self.data)

    @property
    def planner(self) -> Planner:
        return Planner(self.data, self.library, self.builder, self.open, self.allow_removals)

    def loop(self) -> Loop:
        dependencies = Dependencies(self.planner, self.ledger, self.recorder)
        url = str(self.repository.folder)
        clone = self.data / "source.git"
        source = GitSource(url, parse_reference("main"), clone, limits=self.limits)
        return Loop(source, dependencies, interval=30.0, observe_interval=0.2)

    async def once(self) -> Outcome:
        return (await self.loop().run_once())[KEY]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Loop]:
        loop, stop = self.loop(), asyncio.Event()
        task = asyncio.create_task(loop.run(stop))
        try:
            yield loop
        finally:
            stop.set()
            await task

    @property
    def status(self) -> InstanceStatus:
        status = self.ledger.instance(KEY).status
        assert status is not None
        return status

    async def supervisor(self) -> DeviceStatus:
        return await self.device.status()

    async def until(self, what: Callable[[], Awaitable[bool]], seconds: float = 20.0) -> None:
        async with asyncio.timeout(seconds):
            while not await what():  # noqa: ASYNC110 - another process changes
                await asyncio.sleep(0.02)

    async def applied(self, revision: str) -> None:
        async def is_applied() -> bool:
            status = self.ledger.instance(KEY).status
            return status is not None and status.applied_revision == revision

        await self.until(is_applied)
