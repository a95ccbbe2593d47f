"""A firewall between two hosts, real packets, the real loop; light traffic and short soaks."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from reconciler.build import Builder, find_compiler, service_context
from reconciler.build.units import driver_units, supervisor_units
from reconciler.demo.walkthrough import NEW, Scenario
from reconciler.library import Library, load_library
from reconciler.resolve import resolve
from reconciler.testbed.desired import Files
from reconciler.testbed.network import network
from reconciler.testbed.sandbox import inside
from reconciler.testbed.site import Site
from tests.e2e.support.caches import CACHE, FIRST_CACHE, ROOT
from tests.e2e.support.loads import FAST
from tests.libraries import kept_sessions_1, todays_library


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    skip = pytest.mark.skip(
        reason="needs network namespaces: python -m reconciler.testbed.sandbox -- pytest tests/e2e"
    )
    for item in items:
        if here in item.path.parents and not inside():
            item.add_marker(skip)


@pytest.fixture(scope="session")
def library() -> Library:
    return todays_library()


@pytest.fixture(scope="session")
def library_1() -> Library:
    """The library from before layout 2 of SessionTable."""
    return load_library(kept_sessions_1())


@pytest.fixture
def site(tmp_path: Path, library: Library) -> Iterator[Site]:
    with network() as joined:
        yield Site(joined, tmp_path, library)


@pytest.fixture
def scenario(site: Site) -> Scenario:
    return Scenario.at(site, ROOT / "desired_state", FAST)


@pytest.fixture
def builder(site: Site, scenario: Scenario) -> Builder:
    """A builder whose cache has all that tests run, so that only the very first run compiles."""
    made = Builder(CACHE, site.library)
    asyncio.run(_build(made, site, scenario.first, {**scenario.first, **scenario.release(NEW)}))
    return made


@pytest.fixture
def cache_of_first(site: Site, scenario: Scenario, builder: Builder) -> Path:
    """A cache that holds only the first release; to be copied, not used."""
    compiler = find_compiler()
    classes = resolve(site.desired(scenario.first), site.library).graph.classes
    context = service_context(classes, site.library)
    units = driver_units(context, site.library, compiler)
    for unit in (*units, *supervisor_units(site.library, compiler)):
        _share(Path("objects") / unit.key[:2] / f"{unit.key}.o")
    asyncio.run(_build(Builder(FIRST_CACHE, site.library), site, scenario.first))
    return FIRST_CACHE


def _share(file: Path) -> None:
    """Share an object between caches: it would be the same in any of them."""
    shared = FIRST_CACHE / file
    shared.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        os.link(CACHE / file, shared)


async def _build(builder: Builder, site: Site, *states: Files) -> None:
    await builder.supervisor()
    for files in states:
        await builder.build(resolve(site.desired(files), site.library).graph.classes)
