"""The whole walk-through: three ways to upgrade, one bad release, one report."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reconciler.build import Artifact
from reconciler.demo.desired import ELEMENT, Files, one_firewall, path_of, read_files, with_rule
from reconciler.demo.measure import Load, TrafficResult, traffic
from reconciler.demo.merges import Merged, Running, following
from reconciler.demo.report import (
    Converge,
    Measured,
    Report,
    Revert,
    Strategy,
    StrategyName,
    milliseconds,
)
from reconciler.demo.site import Site
from reconciler.demo.strategies import BASE_CACHE, Releases, Upgrade, cold, measure, stateless
from reconciler.demo.telling import Teller
from reconciler.outcome import OutcomeKind
from reconciler.resolve import resolve
from schemas.meta import parse_duration

RELEASES = Path(__file__).parent / "releases"
NEW, BROKEN = "edge-firewall-2.0.0.yaml", "edge-firewall-2.1.0-broken.yaml"
VERIFY = {"settle": "300ms", "soak": "1s", "interval": "100ms"}
SOAK_SECONDS = parse_duration(VERIFY["soak"])
TAKEOVERS = 10
# Commits closer together than this are taken for a burst and answered by one takeover.
BETWEEN_MERGES_SECONDS = 0.6
CLICK_UP_CACHE = "cache-click-up"


class WalkthroughFailed(Exception):
    """The walk-through could not be finished; the text says where and why."""


@dataclass(frozen=True)
class Scenario:
    """The files of the operator's repository as they change.

    `first` has no probes: nothing flows yet when the first release comes up. `probing` is the
    rollout as the example has it, to be merged with the upgrades.
    """

    first: Files
    probing: Files
    element: str

    @classmethod
    def at(cls, site: Site, desired_state: Path, verify: Mapping[str, object] = VERIFY) -> Scenario:
        """The example repository, on the site's firewall."""
        example, device = read_files(desired_state), site.folder / "device"
        here = (site.network.firewall, device)
        files = one_firewall(example, *here, verify)
        first = one_firewall(example, *here, {**verify, "probes": []})
        rollout = path_of(files, "Rollout", ELEMENT)
        return cls(first, {rollout: files[rollout]}, path_of(files, "NetworkElement", ELEMENT))

    def release(self, name: str) -> Files:
        """The network element of a release of the demo."""
        return {self.element: (RELEASES / name).read_text()}

    def variants(self, count: int = TAKEOVERS) -> list[Files]:
        """2.0.0, and then small changes to it that need no build but a takeover each."""
        newest = self.release(NEW)[self.element]
        more = [with_rule(newest, f"tcp dst port {8080 + n}", f"2.0.{n}") for n in range(1, count)]
        return [{self.element: text} for text in (newest, *more)]


async def walk_through(
    site: Site, desired_state: Path, load: Load, tell: Teller
) -> tuple[Report, tuple[Measured, ...]]:
    """Everything, in order. Raises WalkthroughFailed."""
    scenario = Scenario.at(site, desired_state)
    tell.say("►", "building the supervisor and a minimal driver for edge-firewall 1.0.0")
    first = await build_first(site, scenario)
    tell.say("✔", f"built; {len(first.classes_compiled)} element classes compiled")
    releases = Releases(scenario.first, {**scenario.first, **scenario.release(NEW)})
    runs, strategies = [], []
    ways: tuple[tuple[StrategyName, Upgrade], ...] = (("cold", cold), ("stateless", stateless))
    for name, upgrade in ways:
        tell.say("►", f"{name}: edge-firewall 1.0.0 -> 2.0.0 under traffic")
        strategy, measured = await measure(name, upgrade, site, releases, load, tell)
        tell.say("✔", _told(strategy))
        strategies.append(strategy)
        runs.append(measured)
    site.copy_cache(BASE_CACHE, CLICK_UP_CACHE)
    async with following(site, scenario.first, site.builder(CLICK_UP_CACHE), "click-up") as running:
        strategy, converge, measured = await upgrades(site, running, scenario, load, tell)
        revert, reverted = await bad_release(site, running, scenario, load, tell)
    report = Report(strategies=(*strategies, strategy), revert=revert, converge_seconds=converge)
    return report, (*runs, measured, reverted)


async def build_first(site: Site, scenario: Scenario) -> Artifact:
    """What is there before any upgrade: the supervisor and the first release's driver."""
    builder = site.builder(BASE_CACHE)
    await builder.supervisor()
    first = resolve(site.desired(scenario.first), site.library)
    return await builder.build(first.graph.classes)


async def upgrades(
    site: Site,
    running: Running,
    scenario: Scenario,
    load: Load,
    tell: Teller,
    count: int = TAKEOVERS,
) -> tuple[Strategy, Converge, Measured]:
    """1.0.0 -> 2.0.0 by a merge, and more merges after it. Raises WalkthroughFailed."""
    tell.say("►", f"click-up: merging edge-firewall 2.0.0, then {count - 1} more changes")
    witness, merged = running.witness, list[Merged]()
    before = len(witness.takeovers)
    async with traffic(site.network, load) as flow, tell.watching("click-up", flow):
        await asyncio.sleep(2 * BETWEEN_MERGES_SECONDS)
        sessions_before = sessions_after = await running.sessions()
        for number, files in enumerate(scenario.variants(count)):
            merge = await running.merge(
                f"edge-firewall 2.0.{number}", {**scenario.probing, **files}
            )
            if merge.outcome.kind is not OutcomeKind.APPLIED:
                raise WalkthroughFailed(f"merge {number}: {merge.outcome.message}")
            merged.append(merge)
            pause = witness.takeovers[-1][1].pause_ns / 1e6
            tell.say(
                "✔",
                f"2.0.{number} confirmed {merge.seconds - SOAK_SECONDS:.2f} s after its commit "
                f"(soak aside); pause {milliseconds(pause)}",
            )
            if number == 0:
                sessions_after = await running.sessions()
            await asyncio.sleep(BETWEEN_MERGES_SECONDS)
        seen = await flow.finish()
    takeovers = witness.takeovers[before:]
    pauses = tuple(round(report.pause_ns / 1e6, 4) for _, report in takeovers)
    strategy = Strategy(
        name="click-up",
        pauses_ms=pauses,
        udp_sent=seen.udp_sent,
        udp_lost=seen.udp_lost,
        http_requests=seen.http_requests,
        http_failures=seen.http_failures,
        tcp_sessions=seen.tcp_sessions,
        tcp_resets=seen.tcp_resets,
        sessions_before=len(sessions_before),
        sessions_after=len(sessions_before & sessions_after),
        build_seconds=round(witness.build_seconds[-1], 3),
        classes_compiled=sum(len(plan.classes_to_build) for plan in witness.plans[1:]),
    )
    return strategy, _converge(merged), _measured("click-up", "2.0", seen, running, before, merged)


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
    """`version` is what the takeovers from number `before` on led to, without its last part."""
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


async def bad_release(
    site: Site, running: Running, scenario: Scenario, load: Load, tell: Teller
) -> tuple[Revert, Measured]:
    """A release that forwards but fails its probes, and the way back. Raises WalkthroughFailed."""
    tell.say("►", "click-up: merging edge-firewall 2.1.0, which is broken on purpose")
    before = len(running.witness.takeovers)
    async with traffic(site.network, load) as flow, tell.watching("bad release", flow):
        await asyncio.sleep(BETWEEN_MERGES_SECONDS)
        merge = await running.merge("edge-firewall 2.1.0", scenario.release(BROKEN))
        if merge.outcome.kind is not OutcomeKind.REVERTED:
            raise WalkthroughFailed(f"the bad release was not reverted: {merge.outcome}")
        tell.say("✔", f"reverted: {merge.outcome.message.splitlines()[0]}")
        # Time in which it would be tried again, if it were.
        await asyncio.sleep(2.0)
        seen = await flow.finish()
    takeovers = running.witness.takeovers[before:]
    rejected = await asyncio.to_thread(running.ledger.rejections, running.key)
    revert = Revert(
        pause_ms=round(takeovers[-1][1].pause_ns / 1e6, 4),
        udp_lost=seen.udp_lost,
        tcp_resets=seen.tcp_resets,
        revision_rejected=len(takeovers) == 2
        and any(merge.revision in rejection.revision for rejection in rejected),
    )
    return revert, _measured("bad release", "2.1", seen, running, before, [merge])


def _told(strategy: Strategy) -> str:
    return (
        f"{strategy.name}: out of service {milliseconds(strategy.pauses_ms[0])}, "
        f"{strategy.udp_lost:,} packets and {strategy.tcp_resets} TCP sessions lost"
    )
