"""Changes that nobody committed are shown as a difference and healed."""

from __future__ import annotations

import asyncio

from reconciler.build import Builder
from reconciler.demo.walkthrough import Scenario
from reconciler.devices.client import Release, TakeoverRequest
from reconciler.store import Event
from reconciler.testbed.here import releases_of
from reconciler.testbed.measure import traffic
from reconciler.testbed.merges import Running, following
from reconciler.testbed.site import Site
from tests.e2e.support.loads import ENOUGH_REQUESTS, SMALL
from tests.e2e.support.losses import assert_nothing_lost
from tests.e2e.support.processes import kill
from tests.e2e.support.waiting import eventually
from tests.e2e.test_crash import forwards_again

HEAL_SECONDS = 15.0


def drifts(running: Running) -> list[Event]:
    return [e for e in running.ledger.events.newest(running.key) if e.reason == "Drifted"]


async def healed(running: Running, endings: int) -> None:
    """Wait until another pass has healed drift."""

    async def more() -> bool:
        return len(running.witness.ended) > endings

    await eventually(more, HEAL_SECONDS)


async def test_a_graph_changed_by_hand_is_shown_and_healed(
    site: Site, scenario: Scenario, builder: Builder
) -> None:
    async with following(site, scenario.first, builder, "run") as running:
        status = await running.device.status()
        assert status.active is not None
        place = releases_of(running.device) / status.active.release
        text = (place / "config.click").read_text()
        changed = text.replace("80", "81", 1)
        assert changed != text
        async with traffic(site.network, SMALL) as flow:
            endings = len(running.witness.ended)
            await running.device.stage(Release("by-hand", place / "driver", changed, "{}"))
            await running.device.takeover(TakeoverRequest("by-hand", "by-hand", 30.0))
            await running.device.confirm("by-hand")
            await healed(running, endings)
            await flow.requested(ENOUGH_REQUESTS)
            seen = await flow.finish()
        after = await running.device.status()
        assert after.active is not None
        assert after.active.release == status.active.release
        (drift,) = drifts(running)
        assert "81" in drift.message
        assert_nothing_lost(seen)


async def test_a_live_parameter_changed_by_hand_is_healed_without_a_takeover(
    site: Site, scenario: Scenario, builder: Builder
) -> None:
    files = {**scenario.first, **scenario.variants()[0]}
    async with following(site, files, builder, "run") as running:
        takeovers = (await running.device.status()).takeovers
        endings = len(running.witness.ended)
        await running.device.write([("calm.rate", "77")])
        await healed(running, endings)
        assert (await running.device.read("calm.rate")).strip().startswith("100")
        assert (await running.device.status()).takeovers == takeovers
        assert drifts(running)


async def test_a_killed_supervisor_is_started_again(
    site: Site, scenario: Scenario, builder: Builder
) -> None:
    async with following(site, scenario.first, builder, "run") as running:
        async with traffic(site.network, SMALL) as flow:
            endings = len(running.witness.ended)
            status = await running.device.status()
            await asyncio.to_thread(kill, status.pid)
            await healed(running, endings)
            await forwards_again(flow)
        after = await running.device.status()
        assert after.pid != status.pid
        assert after.active is not None
        assert status.active is not None
        assert after.active.release == status.active.release
        (drift,) = drifts(running)
        assert drift.message


async def test_counters_are_never_drift(site: Site, scenario: Scenario, builder: Builder) -> None:
    async with following(site, scenario.first, builder, "run") as running:
        async with traffic(site.network, SMALL):
            await asyncio.sleep(6.0)  # the device is observed every five seconds
        assert not drifts(running)
        assert len(running.witness.takeovers) == 1
