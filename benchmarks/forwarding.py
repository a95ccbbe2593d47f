"""Packets a second that one core forwards: `python -m benchmarks.forwarding`.

Our driver is compared with Click and FastClick, if they are on PATH. In memory, with packets of 64
bytes: CheckIPHeader and an IPFilter of ten rules; CheckIPHeader and a lookup among 100,000 sessions
addressed at random, with our CheckSession and their IPRewriter. Between two interfaces: from one
veth pair to another.

In memory the programs take turns on one processor (`turns.py`). A rate in memory is packets by
processor time; between interfaces it is given by time and by the forwarder's processor time.

Packets come from the same element class in all of them. Click's and FastClick's sources emit
references to prepared packets, and IPRewriter copies those that it changes; our sources copy each
packet, and no other element does. So with sessions every program copies each packet once; without
sessions, only ours does. The sources are also measured by themselves.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable, Iterator

from benchmarks import graphs, turns
from benchmarks.contests import COUNT, Contest, Entry
from benchmarks.figures import Figures, run
from benchmarks.programs import CLICK, FASTCLICK, OURS, Program, Running, running
from reconciler.demo.telling import Teller
from reconciler.testbed.site import Site

EVERYBODY = (OURS, CLICK, FASTCLICK)


def arguments() -> argparse.ArgumentParser:
    """What to measure, and how often."""
    parser = turns.arguments(__doc__)
    parser.add_argument("--wire-rounds", type=int, default=5, help="between interfaces, of 1 s")
    return parser


async def figures(site: Site, wanted: argparse.Namespace, tell: Teller) -> Figures:
    """Packets a second, by name."""
    found, ready = await turns.turns(site, contests(wanted.flows), graphs.CLASSES, wanted, tell)
    return found | await _wire(site, ready, wanted, tell)


def contests(flows: int) -> Iterator[Contest]:
    """Return the contests that are measured in memory."""
    graph: dict[str, Callable[[str], str]] = {
        "stateless": lambda _: graphs.stateless(),
        "source, one packet": lambda _: graphs.stateless_source(),
        "source, flows": lambda program: graphs.flows_source(program, flows),
    }
    for what, text in graph.items():
        yield Contest(what, (), tuple(Entry(one, one, text(one)) for one in EVERYBODY))
    with_sessions = (
        Entry(one, one, graphs.sessions(one, flows), graphs.sessions_handler(one))
        for one in EVERYBODY
    )
    yield Contest(f"{flows:,} sessions", (), tuple(with_sessions))


async def _wire(
    site: Site, ready: list[Program], wanted: argparse.Namespace, tell: Teller
) -> Figures:
    """Flood one interface of the firewall and count the packets that leave by the other one."""
    tell.say("►", "between two interfaces")
    (ours,) = (program for program in ready if program.name == OURS)
    network = site.network
    sender, receiver = Program("sender", ours.path), Program("receiver", ours.path)
    wall, cpu = "veth to veth", "veth to veth, processor time"
    found: Figures = {f"{program.name}, {what}": [] for what in (wall, cpu) for program in ready}
    async with (
        running(
            receiver, graphs.receive("eth0"), site.folder, network.server.command()
        ) as arriving,
        running(sender, graphs.send("eth0"), site.folder, network.client.command()) as sending,
    ):
        for _ in range(wanted.wire_rounds):
            for program in ready:
                text = graphs.forward(program.name, "eth0", "eth1")
                inside = network.firewall.command()
                async with running(program, text, site.folder, inside) as one:
                    sending.go_on()
                    await asyncio.sleep(turns.SETTLE_SECONDS)
                    rates = await _arrivals(one, arriving)
                    sending.halt()
                for what, rate in zip((wall, cpu), rates, strict=True):
                    found[f"{program.name}, {what}"].append(rate)
    return found


async def _arrivals(one: Running, arriving: Running) -> tuple[float, float]:
    """Return packets a second by time, and by the forwarder's processor time."""
    loop = asyncio.get_running_loop()
    before, began, cpu = await arriving.number(COUNT), loop.time(), one.cpu_seconds()
    await asyncio.sleep(1)
    after, ended, cpu_after = await arriving.number(COUNT), loop.time(), one.cpu_seconds()
    return (after - before) / (ended - began), (after - before) / (cpu_after - cpu)


if __name__ == "__main__":
    sys.exit(run("forwarding", figures, arguments(), "packets/s", OURS))
