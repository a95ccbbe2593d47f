"""Commits and library versions that change what a state looks like, under traffic."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from reconciler.build import Builder
from reconciler.demo.desired import Commits, Files
from reconciler.demo.measure import traffic
from reconciler.demo.merges import Witness
from reconciler.demo.site import Site, sessions_of
from reconciler.demo.walkthrough import Scenario
from reconciler.devices.local import LocalDevice
from reconciler.devices.status import TakeoverReport
from reconciler.library import Library, load_library
from reconciler.loop import Loop
from reconciler.means import Means
from reconciler.outcome import Outcome, OutcomeKind
from reconciler.source import GitSource, parse_reference
from reconciler.store import Ledger
from schemas.plan import Fate, Plan
from tests.e2e.conftest import CACHE, SMALL, assert_nothing_lost
from tests.libraries import kept_sessions_1

TABLE = "sessions/sessions"


@dataclass(frozen=True)
class Place:
    """One repository, one state folder and one device; reconcilers of any version come and go."""

    site: Site
    commits: Commits
    device: LocalDevice
    state: Path
    witness: Witness

    async def reconcile(self, library: Library) -> Outcome:
        """One run of a reconciler that has this library."""
        builder = Builder(CACHE, library)
        ledger = Ledger(self.state / "ledger.db")
        means = Means(self.state, ledger, library, builder, self.witness)
        source = GitSource(
            str(self.commits.folder), parse_reference("main"), self.state / "clone.git"
        )
        try:
            (outcome,) = (await Loop(source, means).run_once()).values()
        finally:
            ledger.close()
        return outcome

    @property
    def plan(self) -> Plan:
        return self.witness.plans[-1]

    @property
    def report(self) -> TakeoverReport:
        return self.witness.takeovers[-1][1]

    async def counted(self) -> int:
        return int(await self.device.read_handler("forwarded.count"))

    async def version(self) -> int:
        return (await self.device.status()).tables[TABLE].version


@asynccontextmanager
async def place(site: Site, files: Files) -> AsyncIterator[Place]:
    state = site.folder / "state"
    desired = site.desired(files)
    device = LocalDevice(desired.device, desired.element.name, state)
    try:
        yield Place(site, Commits(site.folder / "desired", files), device, state, Witness())
    finally:
        await device.remove()


@pytest.fixture(scope="session")
def library_1() -> Library:
    return load_library(kept_sessions_1())


async def test_sessions_survive_an_upgrade_and_a_downgrade_of_their_layout(
    site: Site, scenario: Scenario, library: Library, library_1: Library
) -> None:
    async with place(site, scenario.first) as here:
        assert (await here.reconcile(library_1)).kind is OutcomeKind.APPLIED
        assert await here.version() == 1
        async with traffic(site.network, SMALL) as flow:
            before, counted = await sessions_of(here.device), await here.counted()
            assert len(before) > SMALL.downloaders
            for known, version in ((library, 2), (library_1, 1)):
                assert (await here.reconcile(known)).kind is OutcomeKind.APPLIED
                assert await here.version() == version
                [state] = here.plan.states
                assert state.fate is Fate.MIGRATED, state
                assert here.report.states[TABLE].fate == "migrated"
                assert here.report.states[TABLE].lost == 0
                assert here.report.dropped_packets == 0
                assert await sessions_of(here.device) >= before
                later = await here.counted()
                assert later > counted
                counted = later
            seen = await flow.finish()
        assert_nothing_lost(seen)
        assert "carried by the driver of release" in here.plan.states[0].why
