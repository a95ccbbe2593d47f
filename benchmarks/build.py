"""Time to build a driver, and the driver's size: `python -m benchmarks.build`.

The minimal driver of the example's firewall is built from an empty cache, then with one more
element class, then once again; with `--click`, so is Click's minimal driver of the same classes;
and so is a driver with the whole element library. They take turns; each uses all processors.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import time
from collections.abc import Awaitable, Callable, Collection
from pathlib import Path

from benchmarks.figures import ROOT, Figures, run
from benchmarks.metered import used_by_children
from benchmarks.minimal_click import MinimalClick, NotAClick
from reconciler.demo.telling import Teller
from reconciler.demo.walkthrough import Scenario
from reconciler.resolve import resolve
from reconciler.testbed.site import Site

OURS, CLICK, WHOLE = "click-up", "Click", "click-up's whole library"
NOTHING, MORE, AGAIN = "from nothing", "one class more", "once again"
ANY = "any class more"
ONE_CLASS = "IPClassifier"
SECONDS = {
    what: "s" for step in (NOTHING, MORE, AGAIN, ANY) for what in (step, f"{step}, processor")
}
UNITS = {**SECONDS, "size": "MB"}
Build = Callable[[], Awaitable[Path]]


def arguments() -> argparse.ArgumentParser:
    """What to measure, and how often."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=3, help="builds of each kind")
    parser.add_argument(
        "--click", type=Path, metavar="FOLDER", help="Click's sources, configured, tools made"
    )
    parser.add_argument("--whole", action=argparse.BooleanOptionalAction, default=True,
                        help="a driver with the whole element library too")  # fmt: skip
    parser.add_argument("--every-class", action="store_true",
                        help="also every other class of the library, as the one more")  # fmt: skip
    return parser


async def figures(site: Site, wanted: argparse.Namespace, tell: Teller) -> Figures:
    """Return seconds and megabytes, by name."""
    found: Figures = {}
    click = await _click(site, wanted.click, tell) if wanted.click else None
    for number in range(wanted.times):
        tell.say("►", f"round {number + 1} of {wanted.times}")
        await _ours(site, found)
        if click is not None:
            await _clicks(click, found)
        if wanted.whole:
            await _whole(site, found)
        if wanted.every_class and number == 0:
            await _every_class(site, found)
        for path in site.folder.glob("cache-*"):
            shutil.rmtree(path)
    return found


async def _click(site: Site, tree: Path, tell: Teller) -> MinimalClick:
    tell.say("►", f"copying {tree}")
    try:
        return await asyncio.to_thread(MinimalClick.copied, tree, site.folder / "click")
    except NotAClick as error:
        sys.exit(f"build: --click: {error}")


async def _ours(site: Site, found: Figures) -> None:
    minimal = _example_classes(site)
    more = {*minimal, ONE_CLASS}
    await _note(found, OURS, NOTHING, _building(site, "cache-minimal", minimal))
    await _note(found, OURS, MORE, _building(site, "cache-minimal", more))
    await _note(found, OURS, AGAIN, _building(site, "cache-minimal", more))


async def _every_class(site: Site, found: Figures) -> None:
    minimal = _example_classes(site)
    for name in sorted(site.library.elements.keys() - minimal):
        await _note(found, OURS, ANY, _building(site, "cache-minimal", {*minimal, name}))


async def _clicks(click: MinimalClick, found: Figures) -> None:
    async def build() -> Path:
        return await asyncio.to_thread(click.build)

    click.forget()
    click.choose()
    await _note(found, CLICK, NOTHING, build)
    click.choose(ONE_CLASS)
    await _note(found, CLICK, MORE, build)
    await _note(found, CLICK, AGAIN, build)


async def _whole(site: Site, found: Figures) -> None:
    whole = site.library.elements.keys()
    await _note(found, WHOLE, NOTHING, _building(site, "cache-whole", whole))


def _example_classes(site: Site) -> Collection[str]:
    """Return the element classes of the firewall in the example repository."""
    desired = site.desired(Scenario.at(site, ROOT / "desired_state").first)
    return resolve(desired, site.library).graph.classes


def _building(site: Site, cache: str, classes: Collection[str]) -> Build:
    async def build() -> Path:
        return (await site.builder(cache).build(classes)).driver

    return build


async def _note(found: Figures, who: str, step: str, build: Build) -> None:
    began, used = time.monotonic(), used_by_children()
    driver = await build()
    measured = {step: time.monotonic() - began, f"{step}, processor": used_by_children() - used}
    if step == NOTHING:
        measured["size"] = driver.stat().st_size / 1e6
    for what, value in measured.items():
        found.setdefault(f"{who}, {what}", []).append(value)


if __name__ == "__main__":
    sys.exit(run("build", figures, arguments(), UNITS, OURS))
