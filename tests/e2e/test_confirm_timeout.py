"""Without a confirmation the device reverts by itself."""

from __future__ import annotations

import asyncio

from reconciler.build import Builder
from reconciler.demo.walkthrough import NEW, Scenario
from reconciler.devices.client import Release, TakeoverRequest
from reconciler.testbed.here import releases_of
from reconciler.testbed.measure import traffic
from reconciler.testbed.site import Site, install
from tests.e2e.support.loads import ENOUGH_REQUESTS, SMALL
from tests.e2e.support.losses import assert_nothing_lost
from tests.e2e.support.waiting import eventually
from tests.e2e.test_crash import SURVIVE, digest_of, reconciled

TIMEOUT_SECONDS = 1.5


async def test_supervisor_reverts_when_nobody_confirms(
    site: Site, scenario: Scenario, builder: Builder
) -> None:
    old = await install(site, site.desired(scenario.first), builder, "place")
    await old.take_over()
    async with traffic(site.network, SMALL) as flow:
        place = releases_of(old.device) / old.digest
        config = (place / "config.click").read_text()
        await old.device.stage(Release("next", place / "driver", config, "{}"))
        await old.device.takeover(TakeoverRequest("attempt-next", "next", TIMEOUT_SECONDS))
        began = asyncio.get_running_loop().time()

        async def decided() -> bool:
            return (await old.device.status()).state != "probation"

        await eventually(decided, TIMEOUT_SECONDS + 2)
        waited = asyncio.get_running_loop().time() - began
        await flow.requested(ENOUGH_REQUESTS)
        seen = await flow.finish()
    status = await old.device.status()
    assert status.active is not None
    assert status.active.release == old.digest
    assert abs(waited - TIMEOUT_SECONDS) < 0.5
    assert status.last_takeover is not None
    assert status.last_takeover.result == "reverted"
    assert "confirm" in status.last_takeover.reason
    assert_nothing_lost(seen)
    await old.device.remove()


async def test_reconciler_dies_before_it_confirms(
    site: Site, scenario: Scenario, builder: Builder
) -> None:
    def short(files: dict[str, str]) -> dict[str, str]:
        return {
            k: v.replace("confirm_timeout: 30s", "confirm_timeout: 2s") for k, v in files.items()
        }

    base = short({**scenario.first, **scenario.release(NEW)})
    changed = scenario.variants()[1]
    async with reconciled(site, base) as one, traffic(site.network, SMALL) as flow:
        old = digest_of(site, base, builder)
        await one.commit("changed", changed)
        passed = await one.run("after Takeover")
        assert passed[-1] == "after Takeover"
        assert (await one.device.status()).state == "probation"
        status = await one.settled()
        assert status.active is not None
        assert status.active.release == status.confirmed == old
        assert status.reverts == 1
        # A missing confirmation is not the release's fault: the next reconciler tries it again.
        await one.run(SURVIVE)
        status = await one.settled()
        assert status.confirmed == digest_of(site, {**base, **changed}, builder)
        assert_nothing_lost(await flow.finish())
