"""What it costs to build a driver from nothing, and how large it is: `python -m benchmarks.build`.

The minimal driver of the example's firewall beside one with the whole element library, each with an
empty cache, in turns; and the minimal one again after one more element class came in.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections.abc import Collection

from benchmarks.figures import ROOT, Figures, run
from reconciler.demo.site import Site
from reconciler.demo.telling import Teller
from reconciler.demo.walkthrough import Scenario
from reconciler.resolve import resolve

MINIMAL, WHOLE, ONE_MORE = "minimal driver", "whole library", "one class more"
ONE_CLASS = "IPClassifier"
UNITS = {"time": "s", "size": "MB"}


def arguments() -> argparse.ArgumentParser:
    """What to measure, and how often."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=3, help="builds of each kind")
    return parser


async def figures(site: Site, wanted: argparse.Namespace, tell: Teller) -> Figures:
    """Seconds and megabytes, by name."""
    whole = site.library.elements.keys()
    minimal = _example_classes(site)
    found: Figures = {}
    for number in range(wanted.times):
        tell.say("►", f"round {number + 1} of {wanted.times}")
        for who, classes in ((MINIMAL, minimal), (WHOLE, whole)):
            await _build(site, f"cache-{number}-{who}", who, classes, found)
        more = {*minimal, ONE_CLASS}
        await _build(site, f"cache-{number}-{MINIMAL}", ONE_MORE, more, found)
        for path in site.folder.glob("cache-*"):
            shutil.rmtree(path)
    return found


def _example_classes(site: Site) -> Collection[str]:
    """Of the firewall in the example repository."""
    desired = site.desired(Scenario.at(site, ROOT / "desired_state").first)
    return resolve(desired, site.library).graph.classes


async def _build(
    site: Site, cache: str, who: str, classes: Collection[str], found: Figures
) -> None:
    began = time.monotonic()
    artifact = await site.builder(cache).build(classes)
    found.setdefault(f"{who}, time", []).append(time.monotonic() - began)
    found.setdefault(f"{who}, size", []).append(artifact.driver.stat().st_size / 1e6)


if __name__ == "__main__":
    sys.exit(run("build", figures, arguments(), UNITS, MINIMAL))
