"""Upgrades in the two ways without click-up, each as well as it can be done, from the
same parts.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from reconciler.demo.report import Built, Measured, Strategy, StrategyName
from reconciler.demo.telling import Teller
from reconciler.testbed.measure import Load, TrafficResult, traffic
from reconciler.testbed.site import Installed, Sessions, Site, install

# Undisturbed traffic before the upgrade. After it a client whose session is lost takes three
# seconds to give up, so that the fate of all sessions is known by then.
BEFORE_SECONDS = 1.0
AFTER_SECONDS = 4.5
BASE_CACHE = "cache-1.0.0"


@dataclass(frozen=True)
class Swap:
    """An upgrade that was done; `marks` are (seconds since the epoch, event)."""

    sessions_before: int
    sessions_after: int
    build_seconds: float
    classes_compiled: int
    marks: tuple[tuple[float, str], ...]
    built: Built


Upgrade = Callable[[Site, Installed, Mapping[str, str], Teller], Awaitable[Swap]]


async def cold(site: Site, old: Installed, files: Mapping[str, str], tell: Teller) -> Swap:
    """Stop, build the whole driver of the firewall from scratch, start: the traditional way."""
    return await _cold(site, old, files, tell, whole_library=False)


async def cold_library(site: Site, old: Installed, files: Mapping[str, str], tell: Teller) -> Swap:
    """Do as `cold`, but build the whole element library and the supervisor."""
    return await _cold(site, old, files, tell, whole_library=True)


async def _cold(
    site: Site, old: Installed, files: Mapping[str, str], tell: Teller, whole_library: bool
) -> Swap:
    await asyncio.to_thread(shutil.rmtree, site.folder / "cache-cold", ignore_errors=True)
    desired, builder = site.desired(files), site.builder("cache-cold")
    supervisors = builder if whole_library else site.builder(BASE_CACHE)
    before = await old.sessions()
    stopped = time.time()
    await old.device.remove()
    tell.say("►", "stopped; building, and starting then")
    new = await install(site, desired, builder, "cold-new", whole_library, supervisors, tell.step)
    await new.take_over()
    started = time.time()
    marks = ((stopped, "stopped, building"), (started, "started"))
    built: Built = "library" if whole_library else "firewall"
    return _swap(before, await new.sessions(), new, new.built_at - stopped, marks, built)


async def stateless(site: Site, old: Installed, files: Mapping[str, str], tell: Teller) -> Swap:
    """Build and prepare while the old release forwards, then swap the processes."""
    began = time.time()
    site.copy_cache(BASE_CACHE, "cache-stateless")
    builder = site.builder("cache-stateless")
    new = await install(site, site.desired(files), builder, "stateless-new", progress=tell.step)
    tell.say("►", "built beside the running one; swapping the processes")
    before = await old.sessions()
    stopped = time.time()
    await old.device.remove()
    await new.take_over()
    after = await new.sessions()
    return _swap(before, after, new, new.built_at - began, ((stopped, "swapped"),), "missing")


def _swap(
    before: Sessions,
    after: Sessions,
    new: Installed,
    build_seconds: float,
    marks: tuple[tuple[float, str], ...],
    built: Built,
) -> Swap:
    compiled = len(new.artifact.classes_compiled)
    return Swap(len(before), len(before & after), build_seconds, compiled, marks, built)


@dataclass(frozen=True)
class Releases:
    """Complete desired states, by what they show."""

    old: Mapping[str, str]
    new: Mapping[str, str]


async def measure(
    name: StrategyName, upgrade: Upgrade, site: Site, releases: Releases, load: Load, tell: Teller
) -> tuple[Strategy, Measured]:
    """Run one upgrade under traffic and measure it."""
    old = await install(site, site.desired(releases.old), site.builder(BASE_CACHE), f"{name}-old")
    await old.take_over()
    async with traffic(site.network, load) as running, tell.watch_traffic(name, running):
        await asyncio.sleep(BEFORE_SECONDS)
        swapped = await upgrade(site, old, releases.new, tell)
        await running.past(swapped.marks[-1][0], AFTER_SECONDS)
        seen = await running.finish()
    await site.device(site.desired(releases.new), f"{name}-new").remove()
    strategy = _strategy(name, swapped, seen)
    return strategy, Measured(name=name, traffic=seen, marks=swapped.marks)


def _strategy(name: StrategyName, swapped: Swap, seen: TrafficResult) -> Strategy:
    first, last = swapped.marks[0][0], swapped.marks[-1][0]
    return Strategy(
        name=name,
        pauses_ms=(round(seen.gap_ms(first - 0.1, last + AFTER_SECONDS), 3),),
        udp_sent=seen.udp_sent,
        udp_lost=seen.udp_lost,
        http_requests=seen.http_requests,
        http_failures=seen.http_failures,
        tcp_sessions=seen.tcp_sessions,
        tcp_resets=seen.tcp_resets,
        sessions_before=swapped.sessions_before,
        sessions_after=swapped.sessions_after,
        build_seconds=round(swapped.build_seconds, 3),
        classes_compiled=swapped.classes_compiled,
        built=swapped.built,
        udp_lost_at=seen.lost_at,
        measuring=seen.keeping,
    )
