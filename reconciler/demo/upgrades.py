"""Measures click-up's own rows: merges under traffic, then a release that does not work."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from functools import partial

from reconciler.demo.report import Converge, Measured, Revert, Strategy
from reconciler.demo.table import milliseconds
from reconciler.demo.telling import Teller
from reconciler.demo.walkthrough import (
    BROKEN,
    SOAK_SECONDS,
    TAKEOVERS,
    Scenario,
    WalkthroughFailed,
)
from reconciler.outcome import QUIET_SECONDS, OutcomeKind
from reconciler.testbed.desired import Files
from reconciler.testbed.measure import Load, TrafficResult, traffic
from reconciler.testbed.merges import Merged, Running
from reconciler.testbed.site import Site

# Commits closer together count as a burst and lead to a single takeover.
APART_SECONDS = QUIET_SECONDS + 0.2
# Undisturbed traffic before the first commit.
BEFORE_SECONDS = 0.6


async def upgrades(
    site: Site,
    running: Running,
    scenario: Scenario,
    load: Load,
    tell: Teller,
    count: int = TAKEOVERS,
) -> tuple[Strategy, Converge, Measured]:
    """Upgrade from 1.0.0 to 2.0.0 by a merge, followed by more merges. Raises WalkthroughFailed."""
    rings, before = await running.ring_drops(), len(running.witness.takeovers)
    async with traffic(site.network, load) as flow, tell.watch_traffic("click-up", flow):
        await asyncio.sleep(BEFORE_SECONDS)
        sessions = await running.sessions()
        releases = scenario.variants(count)
        first = await _merge(running, scenario, releases, 0, tell)
        kept = sessions & await running.sessions()
        merged = [first]
        for number in range(1, count):
            await _wait_out_burst(merged[-1])
            merged.append(await _merge(running, scenario, releases, number, tell))
        await _wait_out_burst(merged[-1])
        seen = await flow.finish()
    running.witness.told = partial(_step, tell, count, count)
    lost_to_rings = await running.ring_drops() - rings
    strategy = _row(seen, running, before, (len(sessions), len(kept)), lost_to_rings)
    return strategy, _converge(merged), _measured("click-up", "2.0", seen, running, before, merged)


async def _merge(
    running: Running, scenario: Scenario, releases: Sequence[Files], number: int, tell: Teller
) -> Merged:
    """Commit one of the `releases` and wait until it is confirmed."""
    running.witness.told = partial(_step, tell, number, len(releases))
    change = {**scenario.probing, **releases[number]}
    merge = await running.merge(f"edge-firewall 2.0.{number}", change)
    if merge.outcome.kind is not OutcomeKind.APPLIED:
        raise WalkthroughFailed(f"merge {number}: {merge.outcome.message}")
    pause = running.witness.takeovers[-1][1].pause_ns / 1e6
    tell.say(
        "✔",
        f"2.0.{number} confirmed {merge.seconds - SOAK_SECONDS:.2f} s after its commit "
        f"(soak aside); pause {milliseconds(pause)}",
    )
    return merge


async def _wait_out_burst(merge: Merged) -> None:
    """Wait until another commit no longer counts as part of the same burst."""
    await asyncio.sleep(max(0.0, merge.began + APART_SECONDS - time.time()))


def _row(
    seen: TrafficResult,
    running: Running,
    before: int,
    sessions: tuple[int, int],
    lost_to_rings: int,
) -> Strategy:
    """Return a row of the table; `sessions` were there before the first upgrade."""
    witness = running.witness
    takeovers = witness.takeovers[before:]
    return Strategy(
        name="click-up",
        pauses_ms=tuple(round(report.pause_ns / 1e6, 4) for _, report in takeovers),
        udp_sent=seen.udp_sent,
        udp_lost=seen.udp_lost,
        http_requests=seen.http_requests,
        http_failures=seen.http_failures,
        tcp_sessions=seen.tcp_sessions,
        tcp_resets=seen.tcp_resets,
        sessions_before=sessions[0],
        sessions_after=sessions[1],
        build_seconds=round(witness.build_seconds[-1], 3),
        classes_compiled=sum(len(plan.classes_to_build) for plan in witness.plans[1:]),
        ring_dropped=lost_to_rings,
        udp_lost_at=seen.lost_at,
        measuring=seen.keeping,
    )


def _step(tell: Teller, number: int, count: int, what: str) -> None:
    tell.step(number, count, f"merge 2.0.{number}: {what}")


def _converge(merged: list[Merged]) -> Converge:
    seconds = [merge.seconds - SOAK_SECONDS for merge in merged]
    return Converge(no_build=round(max(seconds[1:]), 3), with_build=round(seconds[0], 3))


def _measured(
    name: str,
    version: str,
    seen: TrafficResult,
    running: Running,
    before: int,
    merged: list[Merged],
) -> Measured:
    """Return the raw figures; the takeovers from number `before` on led to `version`, without its
    last part.
    """
    takeovers = running.witness.takeovers[before:]
    marks = [
        (at, "reverted" if report.result == "reverted" else f"{version}.{number}")
        for number, (at, report) in enumerate(takeovers)
    ]
    return Measured(
        name=name,
        traffic=seen,
        marks=tuple(marks),
        takeovers=tuple(takeovers),
        converge_seconds=tuple(merge.seconds for merge in merged),
        soak_seconds=SOAK_SECONDS,
    )


async def merge_bad_release(
    site: Site, running: Running, scenario: Scenario, load: Load, tell: Teller
) -> tuple[Revert, Measured]:
    """Merge a release that forwards but fails its probes, and wait for the revert. Raises
    WalkthroughFailed.
    """
    before, rings = len(running.witness.takeovers), await running.ring_drops()
    running.witness.told = partial(tell.step, 0, 0)
    async with traffic(site.network, load) as flow, tell.watch_traffic("bad release", flow):
        await asyncio.sleep(BEFORE_SECONDS)
        merge = await running.merge("edge-firewall 2.1.0", scenario.release(BROKEN))
        if merge.outcome.kind is not OutcomeKind.REVERTED:
            raise WalkthroughFailed(f"the bad release was not reverted: {merge.outcome}")
        tell.say("✔", f"reverted: {merge.outcome.message.splitlines()[0]}")
        await running.look_again()
        seen = await flow.finish()
    takeovers = running.witness.takeovers[before:]
    rejected = await asyncio.to_thread(running.ledger.rejections, running.key)
    revert = Revert(
        pause_ms=round(takeovers[-1][1].pause_ns / 1e6, 4),
        udp_lost=seen.udp_lost,
        tcp_resets=seen.tcp_resets,
        revision_rejected=len(takeovers) == 2
        and any(merge.revision in rejection.revision for rejection in rejected),
        http_failures=seen.http_failures,
        ring_dropped=await running.ring_drops() - rings,
        udp_lost_at=seen.lost_at,
        measuring=seen.keeping,
    )
    return revert, _measured("bad release", "2.1", seen, running, before, [merge])
