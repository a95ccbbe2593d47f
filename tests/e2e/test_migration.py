"""Commits and library versions that change the layout of a state, under traffic."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from reconciler.checkpoints.file import read_checkpoint
from reconciler.demo.walkthrough import Scenario
from reconciler.devices.click_up.client import ClickUpDevice
from reconciler.library import Library
from reconciler.outcome import OutcomeKind
from reconciler.testbed.desired import edit_object
from reconciler.testbed.measure import traffic
from reconciler.testbed.site import Site, sessions_of
from schemas.plan import Fate
from tests.e2e.support.loads import ENOUGH_REQUESTS, SMALL
from tests.e2e.support.losses import assert_nothing_lost
from tests.e2e.support.place import TABLE, place
from tests.e2e.support.waiting import eventually


async def test_sessions_survive_an_upgrade_and_a_downgrade_of_their_layout(
    site: Site, scenario: Scenario, library: Library, library_1: Library
) -> None:
    async with place(site, scenario.first) as here:
        assert (await here.reconcile(library_1)).kind is OutcomeKind.APPLIED
        assert await here.version() == 1
        async with traffic(site.network, SMALL) as flow:
            before, counted = await sessions_of(here.device), await here.counted()
            packets = await packets_of(here.device)
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
                now = await packets_of(here.device)
                assert all(now[key] >= packets[key] for key in now.keys() & packets.keys())
                packets = now
            await flow.requested(ENOUGH_REQUESTS)
            seen = await flow.finish()
        assert_nothing_lost(seen)
        assert "carried by the driver of release" in here.plan.states[0].why


async def packets_of(device: ClickUpDevice) -> dict[bytes, int]:
    """Return the packet count of each session, by its key."""
    file = await device.fetch_checkpoint((await device.checkpoint("for a look")).file)
    (table,) = (await asyncio.to_thread(read_checkpoint, file)).tables
    keys = [bytes(key) for key in table.keys]
    assert len(keys) > SMALL.downloaders
    return dict(zip(keys, table.records["first_packets"].tolist(), strict=True))


def with_capacity(text: str, capacity: int) -> str:
    def change(document: Any) -> None:
        document["spec"]["parameters"]["session_capacity"] = capacity

    return edit_object(text, change)


async def test_another_capacity_is_a_commit_under_traffic(
    site: Site, scenario: Scenario, library: Library
) -> None:
    text = scenario.first[scenario.element]
    async with place(site, scenario.first) as here:
        await here.reconcile(library)
        async with traffic(site.network, SMALL) as flow:
            before = await sessions_of(here.device)
            for capacity in (131_072, 4096):
                change = {scenario.element: with_capacity(text, capacity)}
                here.commits.commit(f"capacity {capacity}", change)
                assert (await here.reconcile(library)).kind is OutcomeKind.APPLIED
                [state] = here.plan.states
                assert state.fate is Fate.MIGRATED and state.losses == ()
                assert state.why.endswith(f"-> {capacity}")
                table = (await here.device.status()).tables[TABLE]
                assert table.capacity == capacity
                assert here.report.states[TABLE].lost == 0
                assert await sessions_of(here.device) >= before
            assert_nothing_lost(await flow.finish())


async def test_shrinking_below_the_live_sessions_says_how_many_go(
    site: Site, scenario: Scenario, library: Library
) -> None:
    text = scenario.first[scenario.element]
    async with place(site, scenario.first) as here:
        await here.reconcile(library)
        async with traffic(site.network, SMALL):
            await live_sessions(here.device, 17)
            here.commits.commit("16", {scenario.element: with_capacity(text, 16)})
            assert (await here.reconcile(library)).kind is OutcomeKind.APPLIED
        [state] = here.plan.states
        (loss,) = state.losses
        assert state.fate is Fate.MIGRATED
        assert (
            "records would be dropped, those not assured and nearest to their deadline first"
            in loss
        )
        assert here.report.states[TABLE].lost > 0
        assert (await here.device.status()).tables[TABLE].records <= 16


async def live_sessions(device: ClickUpDevice, least: int) -> None:
    async def enough() -> bool:
        return len(await sessions_of(device)) >= least

    await eventually(enough, 20)


async def test_a_layout_that_cannot_be_reached_is_refused_with_field_and_reason(
    site: Site, scenario: Scenario, library: Library
) -> None:
    async with place(site, scenario.first) as here:
        await here.reconcile(library)
        async with traffic(site.network, SMALL) as flow:
            outcome = await here.reconcile(stranger_of(library))
            await flow.requested(ENOUGH_REQUESTS)
            seen = await flow.finish()
        assert (outcome.kind, outcome.reason) == (OutcomeKind.STALLED, "StateWouldBeLost")
        assert outcome.message.startswith(
            "sessions: its layout 2 cannot become layout 9: field protocol is u8, in layout 9 u16"
        )
        assert "keep: {sessions: discard}" in outcome.message
        assert_nothing_lost(seen)


def stranger_of(library: Library) -> Library:
    """Return a library that does not know the layouts that devices run."""
    sessions = library.elements["SessionTable"]
    (table,) = sessions.states
    fields = tuple(
        one.model_copy(update={"type": "u16"}) if one.name == "protocol" else one
        for one in table.current.fields
    )
    layout = table.current.model_copy(update={"version": 9, "fields": fields, "converts": ()})
    other = sessions.model_copy(
        update={"states": (table.model_copy(update={"layouts": (layout,)}),), "migrations": None}
    )
    return replace(library, elements={**library.elements, "SessionTable": other})
