"""The whole walk-through, in order: click-up first, then the ways it is compared with."""

from __future__ import annotations

from pathlib import Path

from reconciler.demo.report import Measured, Priorities, Report, Strategy, StrategyName
from reconciler.demo.strategies import (
    BASE_CACHE,
    Releases,
    Upgrade,
    cold,
    cold_library,
    measure,
    stateless,
)
from reconciler.demo.table import allowance, revert_row
from reconciler.demo.telling import Teller
from reconciler.demo.upgrades import merge_bad_release, upgrades
from reconciler.demo.walkthrough import NEW, TAKEOVERS, Scenario, build_first
from reconciler.resolve import resolve
from reconciler.testbed.measure import Load
from reconciler.testbed.merges import following
from reconciler.testbed.site import Site

DRIVER = "driver"
CLICK_UP, BAD_RELEASE = "click-up", "bad release"
STATELESS, COLD, WHOLE = "stateless", "cold", "cold, whole library"
CLICK_UP_CACHE = "cache-click-up"


def parts(full: bool) -> tuple[str, ...]:
    """Return the parts of a run, in order."""
    return (DRIVER, CLICK_UP, BAD_RELEASE, STATELESS, WHOLE if full else COLD)


async def tour(
    site: Site, desired_state: Path, load: Load, tell: Teller, full: bool = False
) -> tuple[Report, tuple[Measured, ...]]:
    """Run everything; `full` builds the whole library for the cold row. Raises
    WalkthroughFailed.
    """
    scenario = Scenario.at(site, desired_state)
    with tell.part(DRIVER, "building a minimal driver for edge-firewall 1.0.0, and the supervisor"):
        first = await build_first(site, scenario, tell.step)
    tell.say("✔", f"built; {len(first.classes_compiled)} element classes compiled")
    ours, measured = await _click_up(site, scenario, load, tell)
    others, seen = await _others(site, scenario, load, tell, full)
    strategies = (*ours.strategies, *others)
    return ours.model_copy(update={"strategies": strategies}), (*measured, *seen)


async def _click_up(
    site: Site, scenario: Scenario, load: Load, tell: Teller
) -> tuple[Report, tuple[Measured, ...]]:
    site.copy_cache(BASE_CACHE, CLICK_UP_CACHE)
    async with following(site, scenario.first, site.builder(CLICK_UP_CACHE), CLICK_UP) as running:
        changes = f"click-up: merging edge-firewall 2.0.0, then {TAKEOVERS - 1} more changes"
        with tell.part(CLICK_UP, changes, steady=False):
            strategy, converge, measured = await upgrades(site, running, scenario, load, tell)
        tell.row(strategy)
        worker = await running.worker_priority()
        priorities = Priorities(worker=worker, measuring=strategy.measuring.priority)
        for line in allowance(priorities):
            tell.say("◎", line)
        broken = "click-up: merging edge-firewall 2.1.0, which is broken on purpose"
        with tell.part(BAD_RELEASE, broken):
            revert, reverted = await merge_bad_release(site, running, scenario, load, tell)
        tell.say("✔", revert_row(revert))
    report = Report(
        strategies=(strategy,), revert=revert, converge_seconds=converge, priorities=priorities
    )
    return report, (measured, reverted)


async def _others(
    site: Site, scenario: Scenario, load: Load, tell: Teller, full: bool
) -> tuple[list[Strategy], list[Measured]]:
    releases = Releases(scenario.first, {**scenario.first, **scenario.release(NEW)})
    own = len(resolve(site.desired(releases.new), site.library).graph.classes)
    aside = f"{own} element classes from nothing (--full: all {len(site.library.elements)})"
    ways: tuple[tuple[StrategyName, str, Upgrade, str], ...] = (
        ("stateless", STATELESS, stateless, "built first, then a new process"),
        (
            "cold",
            WHOLE,
            cold_library,
            f"stopped, all {len(site.library.elements)} classes built, started",
        )
        if full
        else ("cold", COLD, cold, f"stopped, built, {aside}, started"),
    )
    strategies, runs = [], []
    for name, part, upgrade, how in ways:
        with tell.part(part, f"{name}: edge-firewall 1.0.0 -> 2.0.0 under traffic: {how}"):
            strategy, measured = await measure(name, upgrade, site, releases, load, tell)
        tell.row(strategy)
        strategies.append(strategy)
        runs.append(measured)
    return strategies, runs
