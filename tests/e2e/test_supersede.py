"""The newest revision wins, soon and with few takeovers."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise

import pytest

from reconciler.build import Builder
from reconciler.demo.walkthrough import NEW, Scenario
from reconciler.errors import DeviceUnreachable
from reconciler.outcome import QUIET_SECONDS, OutcomeKind
from reconciler.testbed.desired import with_rule
from reconciler.testbed.measure import traffic
from reconciler.testbed.merges import Running, following
from reconciler.testbed.site import Site
from tests.e2e.support.caches import ROOT
from tests.e2e.support.loads import ENOUGH_REQUESTS, SMALL
from tests.e2e.support.losses import assert_nothing_lost
from tests.e2e.support.waiting import eventually

COMMITS, WITHIN_SECONDS = 20, 10.0
# How soon exactly is measured by `python -m benchmarks.converge`.
SOAK_SECONDS, BACKOFF_SECONDS = 20, 60.0


async def applied(running: Running, revision: str, seconds: float) -> None:
    """Wait until the revision is confirmed."""
    async with asyncio.timeout(seconds):
        while not any(
            outcome.kind is OutcomeKind.APPLIED and revision in outcome.message
            for _, outcome in running.witness.ended
        ):
            running.witness.heard.clear()
            await running.witness.heard.wait()


async def test_twenty_commits_cost_at_most_three_takeovers(
    site: Site, scenario: Scenario, builder: Builder
) -> None:
    files = {**scenario.first, **scenario.release(NEW)}
    async with following(site, files, builder, "run") as running:
        async with traffic(site.network, SMALL) as flow:
            before = len(running.witness.takeovers)
            revision, times = "", []
            for number in range(COMMITS):
                rule, version = f"tcp dst port {9000 + number}", f"2.1.{number}"
                text = with_rule(files[scenario.element], rule, version)
                revision = await asyncio.to_thread(
                    running.commits.commit, f"commit {number}", {scenario.element: text}
                )
                times.append(time.monotonic())
                await asyncio.sleep(WITHIN_SECONDS / COMMITS * 0.9)
            await applied(running, revision, 20.0)
            await flow.requested(ENOUGH_REQUESTS)
            seen = await flow.finish()
        # A machine that was too slow to commit within the burst has made several bursts.
        late = sum(after - earlier >= QUIET_SECONDS for earlier, after in pairwise(times))
        assert 1 <= len(running.witness.takeovers) - before <= 3 + 2 * late
        config = await running.device.read("flatconfig")
        assert f"port {9000 + COMMITS - 1}" in config
        assert_nothing_lost(seen)


async def test_a_commit_ends_a_long_soak(site: Site, scenario: Scenario, builder: Builder) -> None:
    first = Scenario.at(site, ROOT / "desired_state", {"settle": "100ms", "soak": "300ms"}).first
    patient = Scenario.at(
        site, ROOT / "desired_state", {"settle": "0s", "soak": f"{SOAK_SECONDS}s"}
    ).first
    files = {**first, **scenario.release(NEW)}
    async with following(site, files, builder, "run") as running:
        await asyncio.sleep(1.6)
        soaking = {**patient, **scenario.variants()[1]}
        await asyncio.to_thread(running.commits.commit, "soaks for long", soaking)

        async def soaks() -> bool:
            return (await running.device.status()).state == "probation"

        await eventually(soaks, 5)
        await asyncio.sleep(2.0)
        seen = len(running.witness.takeovers)
        committed = time.time()
        newest = await asyncio.to_thread(
            running.commits.commit, "newer", {**first, **scenario.variants()[2]}
        )

        async def went_back() -> bool:
            return len(running.witness.takeovers) > seen

        await eventually(went_back, 5)
        assert running.witness.takeovers[seen][0] - committed < SOAK_SECONDS / 2
        await applied(running, newest, 10.0)
        assert not running.ledger.rejections(running.key), "superseded is not rejected"


async def test_a_commit_ends_a_long_backoff(
    site: Site, scenario: Scenario, builder: Builder, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {**scenario.first, **scenario.release(NEW)}
    async with following(site, files, builder, "run") as running:
        await asyncio.sleep(1.6)

        async def unreachable(*_: object) -> None:
            raise DeviceUnreachable("out of reach for this test")

        with monkeypatch.context() as broken:
            broken.setattr("reconciler.reconcile.loop.backoff", lambda _failures: BACKOFF_SECONDS)
            broken.setattr("reconciler.devices.click_up.client.ClickUpDevice.stage", unreachable)
            await asyncio.to_thread(running.commits.commit, "out of reach", scenario.variants()[1])

            async def failed() -> bool:
                return bool(running.ledger.attempts(running.key)[0].message)

            await eventually(failed, 5)
        await asyncio.sleep(1.6)
        began = time.time()
        merge = await running.merge("reachable", scenario.variants()[2])
        assert merge.outcome.kind is OutcomeKind.APPLIED
        assert running.witness.takeovers[-1][0] - began < BACKOFF_SECONDS / 2
