"""Whatever dies in the middle of an upgrade, traffic and sessions do not."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from reconciler.build import Builder
from reconciler.demo.walkthrough import NEW, Scenario
from reconciler.devices.click_up.client import ClickUpDevice
from reconciler.devices.client import Release, TakeoverRequest
from reconciler.devices.open import open_click_up
from reconciler.devices.reports import DeviceStatus
from reconciler.errors import TakeoverRefused
from reconciler.graph.click_language import render
from reconciler.observe.targets import target_of
from reconciler.resolve import resolve
from reconciler.testbed.desired import Commits, Files
from reconciler.testbed.measure import Traffic, traffic
from reconciler.testbed.merges import following
from reconciler.testbed.site import Site, install, sessions_of
from tests.e2e.support.caches import CACHE, ROOT
from tests.e2e.support.held import Held, held
from tests.e2e.support.loads import ENOUGH_REQUESTS, SMALL
from tests.e2e.support.losses import assert_nothing_lost
from tests.e2e.support.processes import kill
from tests.e2e.support.waiting import eventually

SURVIVE = "never"
SECONDS = 30.0
BUILD_SECONDS = 90.0  # a build waits while other programs use the processors


@dataclass(frozen=True)
class Reconciler:
    """Starts reconcilers that die, on one repository and one data folder."""

    site: Site
    commits: Commits
    device: ClickUpDevice
    cache: Path = CACHE

    async def run(self, boundary: str) -> list[str]:
        """Run a reconciler; return the boundaries that it passed until it died or ended."""
        data = self.site.folder / "data"
        data.mkdir(exist_ok=True)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.e2e.support.dying"),
            *map(str, (data, self.commits.folder, self.cache, boundary)),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(SECONDS if self.cache == CACHE else BUILD_SECONDS):
                out, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
        lines = out.decode().splitlines()
        assert process.returncode == (0 if boundary == SURVIVE else -9), lines
        return lines

    async def commit(self, message: str, files: Files) -> None:
        await asyncio.to_thread(self.commits.commit, message, files)

    async def settled(self) -> DeviceStatus:
        """Return the status once nothing is unconfirmed."""

        async def forwarding() -> bool:
            return (await self.device.status()).state == "forwarding"

        await eventually(forwarding, SECONDS)
        return await self.device.status()

    async def dies(self, boundary: str, old: str, new: str, open_ones: Held) -> None:
        """Let a reconciler die in the upgrade from release `old` to `new`; check that the next one
        settles it, with a single takeover.
        """
        before = await self.settled()
        assert await sessions_of(self.device) >= open_ones.sessions
        passed = await self.run(boundary)
        assert passed[-1] == boundary
        between = await self.device.status()
        assert between.active is not None
        assert between.active.release in (old, new), boundary
        await self.run(SURVIVE)
        after = await self.settled()
        assert after.active is not None
        assert after.active.release == after.confirmed == new, boundary
        assert after.takeovers - before.takeovers == 1, f"{boundary}: no takeover happens twice"
        assert after.reverts == before.reverts, boundary
        assert await sessions_of(self.device) >= open_ones.sessions
        await open_ones.answer()


@asynccontextmanager
async def reconciled(site: Site, files: Files, cache: Path = CACHE) -> AsyncIterator[Reconciler]:
    """Have an undisturbed reconciler start the first release."""
    desired = site.desired(files)
    device = open_click_up(desired.device, desired.element.name, site.folder)
    one = Reconciler(site, Commits(site.folder / "desired", files), device, cache)
    try:
        await one.run(SURVIVE)
        yield one
    finally:
        await device.remove()


def digest_of(site: Site, files: Files, builder: Builder) -> str:
    return target_of(site.desired(files), site.library, builder).release


@pytest.mark.timeout(300)
async def test_killed_at_every_step_boundary(
    site: Site, scenario: Scenario, builder: Builder
) -> None:
    base = {**scenario.first, **scenario.release(NEW)}
    variants = scenario.variants()[1:3]
    digests = [digest_of(site, {**base, **variant}, builder) for variant in variants]
    async with (
        reconciled(site, base) as one,
        traffic(site.network, SMALL) as flow,
        held(site.network) as open_ones,
    ):
        await one.commit("undisturbed", variants[0])
        boundaries = [line for line in await one.run(SURVIVE) if not line.startswith("outcome")]
        assert {"before Takeover", "took over", "after Takeover"} < set(boundaries)
        for number, boundary in enumerate(boundaries):
            old, new = number % 2, (number + 1) % 2
            await one.commit(f"dies {boundary}", variants[new])
            await one.dies(boundary, digests[old], digests[new], open_ones)
        assert_nothing_lost(await flow.finish())


async def test_killed_around_a_build(
    site: Site, scenario: Scenario, builder: Builder, cache_of_first: Path
) -> None:
    upgraded = {**scenario.first, **scenario.release(NEW)}
    old, new = (digest_of(site, files, builder) for files in (scenario.first, upgraded))
    cache = site.folder / "cache"
    shutil.copytree(cache_of_first, cache)
    async with (
        reconciled(site, scenario.first, cache) as one,
        traffic(site.network, SMALL) as flow,
        held(site.network) as open_ones,
    ):
        for boundary in ("before Build", "after Build"):
            await one.commit(f"dies {boundary}", scenario.release(NEW))
            await one.dies(boundary, old, new, open_ones)
            await one.commit("back", scenario.first)
            await one.run(SURVIVE)
            shutil.rmtree(cache)
            shutil.copytree(cache_of_first, cache)
        assert_nothing_lost(await flow.finish())


async def test_worker_killed_under_traffic(
    site: Site, scenario: Scenario, builder: Builder
) -> None:
    async with following(site, scenario.first, builder, "run") as running:
        async with traffic(site.network, SMALL) as flow, held(site.network) as open_ones:
            status = await running.device.status()
            assert status.active is not None
            await asyncio.to_thread(kill, status.active.pid)
            await forwards_again(flow)
            after = await running.device.status()
            assert await running.sessions() >= open_ones.sessions
            await open_ones.answer()
            await flow.requested(ENOUGH_REQUESTS)
            seen = await flow.finish()
        assert after.restarts == status.restarts + 1
        assert (seen.tcp_resets, seen.http_failures) == (0, 0)


async def forwards_again(flow: Traffic) -> None:
    """Wait until a second's worth of packets has arrived."""
    enough = flow.progress["udp_received"] + SMALL.packets_per_second

    async def arrived() -> bool:
        return flow.progress["udp_received"] >= enough

    await eventually(arrived, 10)


BAD_DRIVERS = {
    "crashes": "#!/bin/sh\nkill -SEGV $$\n",
    "hangs": "#!/bin/sh\nexec sleep 60\n",
    "is no program": "this is not a program\n",
    "ends": "#!/bin/sh\nexit 0\n",
}


@pytest.mark.parametrize("behaviour", BAD_DRIVERS)
async def test_a_bad_new_driver_never_stops_the_old_one(
    site: Site, scenario: Scenario, builder: Builder, behaviour: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("reconciler.devices.click_up.supervisor.START_TIMEOUT_MS", 1500)
    old = await install(site, site.desired(scenario.first), builder, "place")
    await old.take_over()
    driver = tmp_path / "bad-driver"
    driver.write_text(BAD_DRIVERS[behaviour])
    driver.chmod(0o755)
    async with traffic(site.network, SMALL) as flow:
        await old.device.stage(Release("bad", driver, "", "{}"))
        with pytest.raises(TakeoverRefused):
            await old.device.takeover(TakeoverRequest("attempt-bad", "bad", 10.0))
        await flow.requested(ENOUGH_REQUESTS)
        seen = await flow.finish()
    await still_the_old_one(old.device, old.digest)
    assert_nothing_lost(seen)


async def test_a_configuration_that_fails_never_stops_the_old_one(
    site: Site, scenario: Scenario, builder: Builder
) -> None:
    old = await install(site, site.desired(scenario.first), builder, "place")
    await old.take_over()
    graph = resolve(site.desired(scenario.first), site.library).graph
    config = render(graph) + "\nnobody -> knows :: Nothing;\n"
    async with traffic(site.network, SMALL) as flow:
        await old.device.stage(Release("bad", old.artifact.driver, config, "{}"))
        with pytest.raises(TakeoverRefused, match=r"nobody|Nothing"):
            await old.device.takeover(TakeoverRequest("attempt-bad", "bad", 10.0))
        await flow.requested(ENOUGH_REQUESTS)
        seen = await flow.finish()
    await still_the_old_one(old.device, old.digest)
    assert_nothing_lost(seen)


async def still_the_old_one(device: ClickUpDevice, digest: str) -> None:
    status = await device.status()
    assert status.active is not None
    assert (status.state, status.active.release) == ("forwarding", digest)
    await device.remove()
