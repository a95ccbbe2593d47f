"""Pause and loss of a takeover by number of sessions and packets a second.

Our driver is also sender and receiver, on the two sides of a firewall. Each packet belongs to an
existing session picked at random, so that any of them may change at any time; with "0 sessions" all
belong to a single one. Takeovers alternate between two releases, of the same layout or of two. At
the end there is one more takeover, without traffic, before and after which checkpoints are compared
record by record and field by field.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.crossing import crossing
from benchmarks.figures import Figures
from benchmarks.programs import CACHE
from benchmarks.supervised import Supervised
from reconciler.build import Builder
from reconciler.checkpoints.checkpoint import Table
from reconciler.checkpoints.difference import difference
from reconciler.checkpoints.file import read_checkpoint
from reconciler.demo.telling import Teller
from reconciler.library import load_library
from reconciler.testbed.site import Site
from tests.libraries import kept_sessions_1

CLASSES = [
    *("CheckIPHeader", "CheckSession", "Counter", "Discard", "FastUDPFlows", "FromDevice"),
    *("OpenSession", "Queue", "SessionTable", "Strip", "ToDevice", "Unstrip"),
]
FIREWALL = """
sessions :: SessionTable(CAPACITY {capacity}, UDP 10h, UDP_STREAM 10h);
from_lan :: FromDevice(eth0); to_wan :: ToDevice(eth1);
from_lan -> Strip(14) -> CheckIPHeader -> check :: CheckSession(sessions)
  -> out :: Unstrip(14) -> Queue(4096) -> to_wan;
check[1] -> OpenSession(sessions) -> out; check[2] -> Discard; check[3] -> Discard;
"""
TABLE = "sessions/sessions"
BETWEEN_SECONDS = 0.3
LAYOUTS = ("same layout", "other layout")
USUAL_SESSIONS, USUAL_RATE = 100_000, 100_000


@dataclass(frozen=True)
class Drivers:
    """A supervisor, a driver of today's library, and one from before layout 2 of sessions."""

    supervisor: Path
    new: Path
    old: Path


@dataclass(frozen=True)
class Case:
    """A combination of layouts and load that is measured."""

    layouts: str
    """One of LAYOUTS."""
    sessions: int
    rate: int

    @property
    def name(self) -> str:
        """The name of its figures."""
        return f"{self.layouts}, {self.sessions:,} sessions, {self.rate:,}/s"

    @property
    def flows(self) -> int:
        """More than `sessions`: a few have equal ports, and the last ones take long to occur."""
        return max(1, self.sessions * 102 // 100)

    @property
    def firewall(self) -> str:
        """The firewall's configuration."""
        return FIREWALL.format(capacity=max(65_536, self.sessions * 2))


async def by_load(site: Site, wanted: argparse.Namespace, tell: Teller) -> Figures:
    """Return pauses in milliseconds, one per takeover, packets lost, and records that differ."""
    tell.say("►", "building two drivers and a supervisor")
    drivers = await _build(site)
    found: Figures = {}
    for case in _cases(wanted):
        tell.say("►", case.name)
        found |= await _measure(site, drivers, case, wanted.times)
    return found | _by_sessions(found, wanted)


def _by_sessions(found: Figures, wanted: argparse.Namespace) -> Figures:
    """Return the ratio of each pause with sessions to the median pause without."""
    compared: Figures = {}
    for layouts in LAYOUTS if 0 in wanted.sessions else ():
        without = statistics.median(found[f"pause, {Case(layouts, 0, wanted.rate).name}, ms"])
        for sessions in sorted({*wanted.sessions} - {0}):
            pauses = found[f"pause, {Case(layouts, sessions, wanted.rate).name}, ms"]
            name = f"pause, {layouts}, {sessions:,} sessions / 0 sessions, x"
            compared[name] = [pause / without for pause in pauses]
    return compared


def _cases(wanted: argparse.Namespace) -> list[Case]:
    loads = [(sessions, wanted.rate) for sessions in wanted.sessions]
    loads += [
        (USUAL_SESSIONS, rate) for rate in wanted.rates if (USUAL_SESSIONS, rate) not in loads
    ]
    return [Case(layouts, sessions, rate) for layouts in LAYOUTS for sessions, rate in loads]


async def _build(site: Site) -> Drivers:
    today, before = load_library(), load_library(kept_sessions_1())
    builder = Builder(CACHE, today)
    new, old = await builder.build(CLASSES), await Builder(CACHE, before).build(CLASSES)
    return Drivers(await builder.supervisor(), new.driver, old.driver)


@dataclass(frozen=True)
class Firewall:
    """A firewall whose takeovers alternate between two drivers."""

    supervised: Supervised
    drivers: Drivers
    case: Case

    @property
    def changes(self) -> bool:
        """Whether every takeover changes the layout."""
        return self.case.layouts == "other layout"

    async def take_over(self, number: int) -> dict[str, Any]:
        """Carry out takeover `number` (0: the first release) and confirm it; return its report."""
        turns = (self.drivers.old if self.changes else self.drivers.new, self.drivers.new)
        release, driver = f"r{number}", turns[number % 2]
        report = await self.supervised.take_over(
            release, driver, self.case.firewall, carrier=self.drivers.new
        )
        await self.supervised.write("confirm", release)
        return report

    async def sessions(self) -> int:
        """Return the number of sessions."""
        return int(await self.supervised.read("sessions.count", "control.sock"))

    async def dropped(self) -> int:
        """Count frames that found a receive ring full and packets that it could not send."""
        interfaces = (await self.supervised.status())["interfaces"].values()
        return sum(one["rx_dropped"] + one["tx_dropped"] for one in interfaces)

    async def saved(self) -> Table:
        """Return its sessions, as saved in a checkpoint."""
        await self.supervised.asked("checkpoint", "compared")
        files = self.supervised.checkpoints.glob("*.ckpt")
        newest = await asyncio.to_thread(lambda: read_checkpoint(max(files)))
        (table,) = newest.tables
        return table.deduplicated()


async def _measure(site: Site, drivers: Drivers, case: Case, times: int) -> Figures:
    place = site.folder / case.name.replace(" ", "-").replace(",", "").replace("/", "-")
    await asyncio.to_thread(place.mkdir)
    supervised = Supervised(drivers.supervisor, place, site.network.firewall.path)
    firewall = Firewall(supervised, drivers, case)
    reports = list[dict[str, Any]]()
    async with supervised.running(), crossing(site, drivers.new, case.flows, place) as flow:
        await firewall.take_over(0)
        lost_before = await flow.fill(firewall.sessions, max(1, case.sessions))
        dropped_before = await firewall.dropped()
        await flow.begin(case.rate)
        for number in range(1, times + 1):
            await asyncio.sleep(BETWEEN_SECONDS)
            reports.append(await firewall.take_over(number))
        lost = await flow.end() - lost_before
        dropped = await firewall.dropped() - dropped_before
        before = await firewall.saved()
        await firewall.take_over(times + 1)
        differing = _differing(before, await firewall.saved())
    for report in reports:
        _check(report, case, firewall.changes)
    return {
        f"pause, {case.name}, ms": [report["pause_ns"] / 1e6 for report in reports],
        f"lost, {case.name}, packets": [float(lost)],
        f"of them dropped by the firewall, {case.name}, packets": [float(dropped)],
        f"differing, {case.name}, records": [float(differing)],
    }


def _check(report: dict[str, Any], case: Case, changes: bool) -> None:
    """Check that no session was lost, according to the report."""
    state = report["states"][TABLE]
    assert state["fate"] == ("migrated" if changes else "kept"), report
    assert state["kept"] + state["migrated"] >= case.sessions, report
    assert (state["lost"], state["expired"]) == (0, 0), report


def _differing(before: Table, after: Table) -> int:
    """Count records that are in only one table or differ in a field that both layouts have."""
    found = difference(before, after)
    return len(found.removed) + len(found.added) + len(found.differs)
