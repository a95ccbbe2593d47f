"""The demo's upgrade in three ways, several times each, under the demo's traffic.

By click-up: its own figure, and the longest gap in the packet stream. Stateless: a new process
with a build made in advance. Cold: stop, build everything, start.
"""

from __future__ import annotations

import argparse
import asyncio

from benchmarks.figures import ROOT, Figures
from reconciler.demo.report import StrategyName
from reconciler.demo.strategies import (
    BASE_CACHE,
    Releases,
    Upgrade,
    cold_library,
    measure,
    stateless,
)
from reconciler.demo.telling import Teller
from reconciler.demo.walkthrough import NEW, Scenario, build_first
from reconciler.testbed.desired import Files
from reconciler.testbed.measure import Load, traffic
from reconciler.testbed.merges import following
from reconciler.testbed.site import Site

SETTLED_SECONDS = 1.6
# Includes delays of the sender's own scheduling: some milliseconds on a busy machine.
OURS, GAPS = "click-up, ms", "click-up, gap in the stream, ms"


async def three_ways(site: Site, wanted: argparse.Namespace, tell: Teller) -> Figures:
    """Return pauses in milliseconds, by name."""
    scenario = Scenario.at(site, ROOT / "desired_state")
    await build_first(site, scenario)
    new = {**scenario.first, **scenario.release(NEW)}
    found: Figures = {OURS: [], GAPS: []}
    ways: tuple[tuple[StrategyName, Upgrade, int], ...] = (
        ("stateless", stateless, wanted.stateless),
        ("cold", cold_library, wanted.cold),
    )
    await _takeovers(site, new, scenario, wanted.takeovers, found)
    for name, upgrade, times in ways:
        found[f"{name}, ms"] = []
        for _ in range(times):
            releases = Releases(scenario.first, new)
            strategy, _ = await measure(name, upgrade, site, releases, Load(), tell)
            found[f"{name}, ms"].extend(strategy.pauses_ms)
    return found


async def _takeovers(
    site: Site, files: Files, scenario: Scenario, times: int, found: Figures
) -> None:
    variants = scenario.variants()
    async with following(site, files, site.builder(BASE_CACHE), "run") as running:
        before = len(running.witness.takeovers)
        async with traffic(site.network, Load()) as flow:
            for number in range(times):
                await asyncio.sleep(SETTLED_SECONDS)
                await running.merge(f"change {number}", variants[1 + number % 2])
            seen = await flow.finish()
        for at, report in running.witness.takeovers[before:]:
            found[OURS].append(report.pause_ns / 1e6)
            found[GAPS].append(seen.gap_ms(at - 0.5, at + 0.1))
