"""Time from a commit to the confirmed release: `python -m benchmarks.converge`.

In one run, under the demo's traffic: commits that need no build, commits whose new element classes
are compiled first, and a commit that ends a long soak; for comparison, a build of the whole element
library, which the traditional way needs before it can start. Soak time is not counted.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import time

from benchmarks.figures import ROOT, Figures, run
from reconciler.demo.strategies import BASE_CACHE
from reconciler.demo.telling import Teller
from reconciler.demo.walkthrough import NEW, SOAK_SECONDS, VERIFY, Scenario, build_first
from reconciler.testbed.measure import Load, traffic
from reconciler.testbed.merges import Running, following
from reconciler.testbed.site import Site

QUIET_SECONDS = 1.6  # commits closer together are a burst and lead to a single takeover
LONGEST_SECONDS = 30.0
NO_BUILD, WITH_BUILD = "commit to confirmed, no build", "commit to confirmed, with build"
SUPERSEDED, LIBRARY = "commit to takeover, ending a soak", "building the whole library"


def arguments() -> argparse.ArgumentParser:
    """What to measure, and how often."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5, help="commits of each kind")
    parser.add_argument("--library", type=int, default=1, help="builds of the whole library")
    return parser


async def figures(site: Site, wanted: argparse.Namespace, tell: Teller) -> Figures:
    """Return seconds, by name."""
    scenario = Scenario.at(site, ROOT / "desired_state")
    tell.say("►", "building edge-firewall 1.0.0")
    await build_first(site, scenario)
    found: Figures = {NO_BUILD: [], WITH_BUILD: [], SUPERSEDED: [], LIBRARY: []}
    for number in range(wanted.times):
        tell.say("►", f"round {number + 1} of {wanted.times}")
        site.copy_cache(BASE_CACHE, "cache")
        name = f"round-{number}"
        async with (
            following(site, scenario.first, site.builder("cache"), name) as running,
            traffic(site.network, Load()),
        ):
            await _round(running, scenario, site, found)
        shutil.rmtree(site.folder / name)
    for _ in range(wanted.library):
        tell.say("►", "building the whole library")
        found[LIBRARY].append(await _whole_library(site))
    return found


async def _round(running: Running, scenario: Scenario, site: Site, found: Figures) -> None:
    upgrade = {**scenario.probing, **scenario.release(NEW)}
    for name, files in ((WITH_BUILD, upgrade), (NO_BUILD, scenario.variants()[1])):
        await asyncio.sleep(QUIET_SECONDS)
        merge = await running.merge(name, files)
        found[name].append(merge.seconds - SOAK_SECONDS)
    found[SUPERSEDED].append(await _superseded(running, scenario, site))


async def _superseded(running: Running, scenario: Scenario, site: Site) -> float:
    patient = Scenario.at(site, ROOT / "desired_state", {**VERIFY, "soak": "20s"}).probing
    await asyncio.sleep(QUIET_SECONDS)
    before = len(running.witness.takeovers)
    soaking = {**patient, **scenario.variants()[2]}
    await asyncio.to_thread(running.commits.commit, "soaks for long", soaking)
    await running.witness.taken_over(before + 1, LONGEST_SECONDS)
    await asyncio.sleep(QUIET_SECONDS)
    began = time.time()
    newest = {**scenario.probing, **scenario.variants()[3]}
    await asyncio.to_thread(running.commits.commit, "newest", newest)
    # One takeover back to the last confirmed release, one to the newest.
    await running.witness.taken_over(before + 3, LONGEST_SECONDS)
    return running.witness.takeovers[before + 2][0] - began


async def _whole_library(site: Site) -> float:
    began = time.monotonic()
    await site.builder("cache-library").build(site.library.elements.keys())
    shutil.rmtree(site.folder / "cache-library")
    return time.monotonic() - began


if __name__ == "__main__":
    sys.exit(run("converge", figures, arguments(), "s"))
