"""Upgrades by click-up: an operator merges, the reconcile loop does the rest."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from reconciler.build import Builder
from reconciler.devices.click_up.client import ClickUpDevice
from reconciler.devices.open import open_click_up
from reconciler.devices.reports import TakeoverReport
from reconciler.outcome import Outcome, OutcomeKind
from reconciler.reconcile import Dependencies, Planner
from reconciler.reconcile.loop import OBSERVE_SECONDS, Loop
from reconciler.reporters.observers import Observer
from reconciler.source import GitSource, parse_reference
from reconciler.store import Ledger
from reconciler.testbed.desired import Commits
from reconciler.testbed.site import Sessions, Site, sessions_of
from reconciler.testbed.traffic.turns import Priority, priority_of
from schemas.plan import Plan
from schemas.steps import Step, StepKind

# For so long a loop may be silent: on a busy machine a build takes long, and says so.
SILENCE_SECONDS = 180.0
ENDED = (OutcomeKind.APPLIED, OutcomeKind.REVERTED, OutcomeKind.STALLED, OutcomeKind.BROKEN)


@dataclass
class Witness(Observer):
    """Remembers what the loop did, with times in seconds since the epoch.

    `told` is called with what it is doing; `rejected` counts passes over a revision that failed
    before.
    """

    takeovers: list[tuple[float, TakeoverReport]] = field(default_factory=list)
    ended: list[tuple[float, Outcome]] = field(default_factory=list)
    plans: list[Plan] = field(default_factory=list)
    build_seconds: list[float] = field(default_factory=list)
    rejected: int = 0
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    told: Callable[[str], None] = lambda what: None
    _build_began: float = 0.0

    def planned(self, key: str, plan: Plan) -> None:
        """As Observer."""
        self.plans.append(plan)

    def step_started(self, key: str, step: Step) -> None:
        """As Observer."""
        self.told(step.kind.lower())
        self.heard.set()
        if step.kind is StepKind.BUILD:
            self._build_began = time.time()

    def step_finished(self, key: str, step: Step) -> None:
        """As Observer."""
        if step.kind is StepKind.BUILD:
            self.build_seconds.append(time.time() - self._build_began)

    def build_progress(self, key: str, finished: int, total: int, what: str) -> None:
        """As Observer."""
        self.told(f"built {finished} of {total}, {what}")
        self.heard.set()

    def takeover(self, key: str, report: TakeoverReport) -> None:
        """As Observer."""
        self.takeovers.append((time.time(), report))
        self.heard.set()

    def pass_finished(self, key: str, outcome: Outcome) -> None:
        """As Observer."""
        if outcome.kind in ENDED:
            self.ended.append((time.time(), outcome))
            self.heard.set()
        elif outcome.kind is OutcomeKind.REJECTED:
            self.rejected += 1
            self.heard.set()

    async def rejection(self, number: int, seconds: float) -> None:
        """Wait until a revision was refused for the `number`th time. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while self.rejected < number:
                self.heard.clear()
                await self.heard.wait()

    async def taken_over(self, number: int, seconds: float) -> None:
        """Wait until `number` takeovers were seen. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while len(self.takeovers) < number:
                self.heard.clear()
                await self.heard.wait()

    async def ending(self, number: int, seconds: float) -> tuple[float, Outcome]:
        """Wait for the end of the `number`th pass, counted from 0, and return it. Raises
        TimeoutError after so long a silence.
        """
        clock = asyncio.get_running_loop().time
        async with asyncio.timeout(seconds) as patience:
            while len(self.ended) <= number:
                self.heard.clear()
                await self.heard.wait()
                patience.reschedule(clock() + seconds)
        return self.ended[number]


@dataclass(frozen=True)
class Merged:
    """One commit and its outcome; times in seconds since the epoch."""

    revision: str
    began: float
    ended: float
    outcome: Outcome

    @property
    def seconds(self) -> float:
        """Seconds from the commit to its end."""
        return self.ended - self.began


@dataclass(frozen=True)
class Running:
    """A loop that follows the operator's commits."""

    commits: Commits
    witness: Witness
    device: ClickUpDevice
    ledger: Ledger
    key: str

    async def sessions(self) -> Sessions:
        """Return the sessions in the table now."""
        return await sessions_of(self.device)

    async def ring_drops(self) -> int:
        """Return how many packets of any kind the rings of the firewall had no room for so far."""
        interfaces = (await self.device.status()).interfaces.values()
        return sum(counts["rx_dropped"] for counts in interfaces)

    async def worker_priority(self) -> Priority:
        """Return the kernel's priority of the worker that forwards. Raises ProcessLookupError."""
        active = (await self.device.status()).active
        return priority_of(active.pid) if active is not None else "normal"

    async def merge(
        self, message: str, files: Mapping[str, str], seconds: float = SILENCE_SECONDS
    ) -> Merged:
        """Commit and wait until the loop is done with it. Raises TimeoutError."""
        number = len(self.witness.ended)
        began = time.time()
        revision = await asyncio.to_thread(self.commits.commit, message, files)
        ended, outcome = await self.witness.ending(number, seconds)
        return Merged(revision, began, ended, outcome)

    async def look_again(self) -> None:
        """Ask the loop for a pass over what it rejected, and wait for it. Raises TimeoutError."""
        number = self.witness.rejected + 1
        await asyncio.to_thread(self.ledger.requests.add, self.key, False)
        await self.witness.rejection(number, SILENCE_SECONDS)


@asynccontextmanager
async def following(
    site: Site,
    files: Mapping[str, str],
    builder: Builder,
    name: str,
    observe_interval: float = OBSERVE_SECONDS,
) -> AsyncIterator[Running]:
    """Create a repository of `files` and run the loop that follows it; the first release runs."""
    commits = Commits(site.folder / name / "desired", files)
    folder = site.folder / name / "data"
    witness = Witness()
    dependencies = Dependencies(
        Planner(folder, site.library, builder), Ledger(folder / "ledger.db"), witness
    )
    source = GitSource(str(commits.folder), parse_reference("main"), folder / "clone.git")
    stop = asyncio.Event()
    loop = asyncio.create_task(
        Loop(source, dependencies, observe_interval=observe_interval).run(stop)
    )
    desired = site.desired(files)
    device = open_click_up(desired.device, desired.element.name, folder)
    try:
        await witness.ending(0, SILENCE_SECONDS)
        yield Running(commits, witness, device, dependencies.ledger, desired.key)
    finally:
        stop.set()
        await loop
        await device.remove()
        dependencies.ledger.close()
