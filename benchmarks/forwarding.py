"""How many packets a second one core forwards: `python -m benchmarks.forwarding`.

Our driver beside Click and FastClick, as far as they are on PATH. In memory, with packets of 64
bytes: CheckIPHeader and an IPFilter of ten rules; CheckIPHeader and a lookup among 100,000 sessions
addressed at random, with CheckSession here and IPRewriter there. Between two interfaces: from one
veth pair to another.

In memory every program runs in its own process on the same processor, and all but one are stopped:
they take turns for a fraction of a second, round by round, and ratios are those within a round, so
that what else the machine does falls on all of them. A rate in memory is packets by processor time;
between interfaces it is given by time and by the forwarder's processor time.

Packets come from the same element class in all of them. Click's and FastClick's sources hand out
references to packets that lie ready, and IPRewriter copies what it changes; our sources copy each
packet, and nothing behind them does. So with sessions every program copies each packet once;
without, only ours does. The sources by themselves are measured too.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack

from benchmarks import graphs
from benchmarks.figures import Figures, run
from benchmarks.programs import OURS, Program, Running, add_arguments, pin, programs, running
from reconciler.demo.site import Site
from reconciler.demo.telling import Teller

SETTLE_SECONDS = 0.05
WARM_SECONDS, WARM_POLL_SECONDS = 60.0, 0.2
LEAST_SESSIONS = 0.98
"""Of the flows asked for: ports are random, some flows have the same ones."""
Graph = Callable[[str], str]


def arguments() -> argparse.ArgumentParser:
    """What to measure, and how often."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("--rounds", type=int, default=11, help="of each program, in memory")
    parser.add_argument("--seconds", type=float, default=0.3, help="a turn in memory takes")
    parser.add_argument("--flows", type=int, default=100_000, help="sessions")
    parser.add_argument("--wire-rounds", type=int, default=5, help="between interfaces, of 1 s")
    return parser


async def figures(site: Site, wanted: argparse.Namespace, tell: Teller) -> Figures:
    """Packets a second, by name."""
    ready = await programs(site, graphs.CLASSES, wanted, tell)
    sessions = f"{wanted.flows:,} sessions"
    found: Figures = {}
    found |= await _turns(site, ready, "stateless", lambda _: graphs.stateless(), wanted, tell)
    found |= await _turns(
        site, ready, sessions, lambda name: graphs.sessions(name, wanted.flows), wanted, tell
    )
    found |= await _turns(
        site, ready, "source, one packet", lambda _: graphs.stateless_source(), wanted, tell
    )
    found |= await _turns(
        site,
        ready,
        "source, flows",
        lambda name: graphs.flows_source(name, wanted.flows),
        wanted,
        tell,
    )
    return found | await _wire(site, ready, wanted, tell)


async def _turns(
    site: Site,
    ready: list[Program],
    what: str,
    graph: Graph,
    wanted: argparse.Namespace,
    tell: Teller,
) -> Figures:
    """Let the programs run `graph` in turns."""
    tell.say("►", f"in memory: {what}")
    found: Figures = {f"{program.name}, {what}": [] for program in ready}
    async with AsyncExitStack() as stack:
        started: list[tuple[Program, Running]] = []
        for program in ready:
            text = graph(program.name)
            one = await stack.enter_async_context(running(program, text, site.folder))
            pin(one.process)
            if "sessions" in what:
                await _warm(program, one, wanted.flows)
            one.halt()
            started.append((program, one))
        for _ in range(wanted.rounds):
            for program, one in started:
                one.go_on()
                await asyncio.sleep(SETTLE_SECONDS)
                rate = await one.packets_a_cpu_second(graphs.COUNT, wanted.seconds)
                one.halt()
                found[f"{program.name}, {what}"].append(rate)
    return found


async def _warm(program: Program, one: Running, flows: int) -> None:
    """Until every flow has its session."""
    handler = graphs.sessions_handler(program.name)
    async with asyncio.timeout(WARM_SECONDS):
        while await one.number(handler) < flows * LEAST_SESSIONS:  # noqa: ASYNC110 - a process
            await asyncio.sleep(WARM_POLL_SECONDS)


async def _wire(
    site: Site, ready: list[Program], wanted: argparse.Namespace, tell: Teller
) -> Figures:
    """Flood one interface of the firewall and count what arrives behind the other one."""
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
                    await asyncio.sleep(SETTLE_SECONDS)
                    rates = await _arrivals(one, arriving)
                    sending.halt()
                for what, rate in zip((wall, cpu), rates, strict=True):
                    found[f"{program.name}, {what}"].append(rate)
    return found


async def _arrivals(one: Running, arriving: Running) -> tuple[float, float]:
    """Packets a second of time, and of the forwarder's processor time."""
    loop = asyncio.get_running_loop()
    before, began, cpu = await arriving.number(graphs.COUNT), loop.time(), one.cpu_seconds()
    await asyncio.sleep(1)
    after, ended, cpu_after = await arriving.number(graphs.COUNT), loop.time(), one.cpu_seconds()
    return (after - before) / (ended - began), (after - before) / (cpu_after - cpu)


if __name__ == "__main__":
    sys.exit(run("forwarding", figures, arguments(), "packets/s", OURS))
