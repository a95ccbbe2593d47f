"""Pause and loss of a takeover by number of sessions and packets a second.

Sender and receiver are our driver too, on both sides of a firewall between two interfaces. Sessions
that are there come from a checkpoint; the packets belong to some more, picked at random. Takeovers
follow each other, each to the other one of two releases: of one layout, or of two.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.figures import Figures
from benchmarks.programs import CACHE, Program, Running, running
from benchmarks.session_file import TABLE, write_sessions
from benchmarks.supervised import Supervised
from reconciler.build import Builder
from reconciler.demo.site import Site
from reconciler.demo.telling import Teller
from reconciler.devices.control_socket import connected
from reconciler.library import Library, load_library
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
SENDER = """
flows :: FastUDPFlows({rate}, -1, 64, 02:00:00:00:00:01, 10.9.0.1, 02:00:00:00:00:02, 10.9.0.2,
  {flows}, 2000000000, ACTIVE false);
flows -> Queue(4096) -> out :: ToDevice(eth0);
"""
RECEIVER = "FromDevice(eth0) -> in :: Counter -> Discard;"
FLOWS = 10_000
BETWEEN_SECONDS = 0.3
QUIET_SECONDS = 0.5
USUAL_SESSIONS, USUAL_RATE = 100_000, 100_000


@dataclass(frozen=True)
class Drivers:
    """Of today's library, of the one before layout 2 of sessions, and a supervisor."""

    supervisor: Path
    new: Path
    old: Path
    libraries: tuple[Library, Library]


@dataclass(frozen=True)
class Case:
    """What is measured together."""

    layouts: str
    """`same layout` or `other layout`."""
    sessions: int
    rate: int

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.layouts}, {self.sessions:,} sessions, {self.rate:,}/s"


async def by_load(site: Site, wanted: argparse.Namespace, tell: Teller) -> Figures:
    """Pauses in milliseconds and packets lost, a number a takeover."""
    tell.say("►", "building two drivers and a supervisor")
    drivers = await _build(site)
    found: Figures = {}
    for case in _cases(wanted):
        tell.say("►", case.name)
        found |= await _measure(site, drivers, case, wanted.times)
    return found


def _cases(wanted: argparse.Namespace) -> list[Case]:
    loads = [(sessions, USUAL_RATE) for sessions in wanted.sessions]
    loads += [
        (USUAL_SESSIONS, rate) for rate in wanted.rates if (USUAL_SESSIONS, rate) not in loads
    ]
    kinds = ("same layout", "other layout")
    return [Case(kind, sessions, rate) for kind in kinds for sessions, rate in loads]


async def _build(site: Site) -> Drivers:
    today, before = load_library(), load_library(kept_sessions_1())
    builder = Builder(CACHE, today)
    new, old = await builder.build(CLASSES), await Builder(CACHE, before).build(CLASSES)
    return Drivers(await builder.supervisor(), new.driver, old.driver, (today, before))


async def _measure(site: Site, drivers: Drivers, case: Case, times: int) -> Figures:
    place = site.folder / case.name.replace(" ", "-").replace(",", "").replace("/", "-")
    await asyncio.to_thread(place.mkdir)
    supervised = Supervised(drivers.supervisor, place, site.network.firewall.path)
    changes = case.layouts == "other layout"
    text = FIREWALL.format(capacity=max(65_536, case.sessions * 2))
    turns = [drivers.old if changes else drivers.new, drivers.new]
    reports = list[dict[str, Any]]()
    async with supervised.running(), _traffic(site, drivers, case, place) as flow:
        await _first(supervised, drivers, case, turns[0], text)
        await flow.begin()
        for number in range(times):
            await asyncio.sleep(BETWEEN_SECONDS)
            driver = turns[(number + 1) % 2]
            release = f"r{number}"
            reports.append(await supervised.take_over(release, driver, text, carrier=drivers.new))
            await supervised.write("confirm", release)
        lost = await flow.end()
    for report in reports:
        state = report["states"][TABLE]
        assert state["fate"] == ("migrated" if changes else "kept"), report
        assert state["kept"] + state["migrated"] >= case.sessions, report
    name = case.name
    return {
        f"pause, {name}, ms": [report["pause_ns"] / 1e6 for report in reports],
        f"lost, {name}, packets": [float(lost)],
    }


async def _first(
    supervised: Supervised, drivers: Drivers, case: Case, driver: Path, text: str
) -> None:
    """The release that forwards before any takeover, with its sessions."""
    more = {}
    if case.sessions:
        library = drivers.libraries[driver == drivers.old]
        (table,) = library.elements["SessionTable"].states
        path = supervised.directory / "sessions.ckpt"
        write_sessions(path, table, case.sessions, case.sessions * 2)
        more["restore"] = path
    await supervised.take_over("first", driver, text, **more)
    await supervised.write("confirm", "first")


@dataclass(frozen=True)
class Flow:
    """Packets from the client to the server."""

    sender: Running
    receiver: Running

    async def begin(self) -> None:
        """Until the first ones arrive."""
        await _write(self.sender, "flows.active", "true")
        while await self.receiver.number("in.count") < FLOWS:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.05)

    async def end(self) -> int:
        """How many did not arrive."""
        await _write(self.sender, "flows.active", "false")
        await asyncio.sleep(QUIET_SECONDS)
        return await self.sender.number("out.count") - await self.receiver.number("in.count")


@asynccontextmanager
async def _traffic(site: Site, drivers: Drivers, case: Case, folder: Path) -> AsyncIterator[Flow]:
    client, server = site.network.client.command(), site.network.server.command()
    sender, receiver = (Program(name, str(drivers.new)) for name in ("sender", "receiver"))
    text = SENDER.format(rate=case.rate, flows=FLOWS)
    async with (
        running(receiver, RECEIVER, folder, server) as receiving,
        running(sender, text, folder, client) as sending,
    ):
        yield Flow(sending, receiving)


async def _write(program: Running, handler: str, value: str) -> None:
    async with connected(program.socket) as control:
        await control.write(handler, value)
