"""Packets a second that one core takes through network functions: `python -m benchmarks.functions`.

In memory, with 100,000 flows addressed at random, beside what Click and FastClick have for the same
job, as far as they are on PATH. Each program runs in a process of its own on the same processor;
all but one are stopped, and they take turns for a fraction of a second, round by round. A rate is
packets by processor time, and ratios are those within a round, so that what else the machine does
falls on all of them. `source` is what the packets themselves cost.

NAT: source translation by IPRewriter, which keeps a mapping a flow, and by FlowIPNAT behind
FlowIPManagerHMP, where FastClick was built with both. FlowIPNAT knows TCP alone and has 64,512
ports, so it runs with 60,000 TCP flows; ours and IPRewriter take UDP. `there and back`: each packet
is turned round behind the translation and goes back in.

Load balancer: a hundred backends. IPRewriter with a mapper keeps a mapping a flow and corrects
checksums, as ours does; FlowIPLoadBalancer keeps a choice a flow, IPLoadBalancer none, and neither
looks at checksums.

Search: FastClick's WordMatcher behind CTXManager, where it was built with them.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack

from benchmarks.figures import ROOT, Figures, run
from benchmarks.programs import (
    CLICK,
    FASTCLICK,
    OURS,
    Program,
    Running,
    add_arguments,
    pin,
    programs,
    running,
)
from reconciler.demo.site import Site
from reconciler.demo.telling import Teller
from reconciler.errors import DeviceUnreachable

SETTLE_SECONDS = 0.05
WARM_SECONDS = 90.0
LEAST_FLOWS = 0.98
"""Of those asked for: ports are random, some flows have the same ones."""
COUNT = "c.count"
MOST_OF_FLOWIPNAT = 60_000
CLIENTS = 50


@dataclass(frozen=True)
class Entry:
    """One way of doing a job: which program, its graph, and where it tells its flows."""

    who: str
    program: str
    graph: str
    flows: str = ""


@dataclass(frozen=True)
class Contest:
    """A job, the entries for it, and the classes that ours needs."""

    what: str
    classes: tuple[str, ...]
    entries: tuple[Entry, ...]


Function = Callable[[int], Iterator[Contest]]
"""A network function's contests with so many flows."""


def source(program: str, flows: int, kind: str = "UDP", length: int = 64) -> str:
    """Packets of so many flows from 10.0.0.1 to 192.0.2.80, picked at random."""
    ends = "02:00:00:00:00:01, 10.0.0.1, 02:00:00:00:00:02, 192.0.2.80"
    made = f"Fast{kind}Flows(0, -1, {length}, {ends}, {flows}, {FOREVER})"
    pulled = made if program == OURS else f"{made} -> Unqueue(BURST 64)"
    return f"{pulled} -> MarkMACHeader -> Strip(14)" if kind == "TCP" else f"{pulled} -> Strip(14)"


def clients(program: str, flows: int) -> str:
    """The same flows to one port, from fifty addresses: source ports alone are not enough."""
    pulled = "" if program == OURS else "-> Unqueue(BURST 64)"
    ends = "02:00:00:00:00:01, 10.0.0.{}, 02:00:00:00:00:02, 192.0.2.80"
    made = f"FastUDPFlows(0, -1, 64, {ends}, {flows // CLIENTS}, {FOREVER}) {pulled} -> in;"
    return "in :: Strip(14);" + "".join(made.format(one) for one in range(CLIENTS)) + "in"


def nat(flows: int) -> Iterator[Contest]:
    """Nat, TranslateOut and TranslateIn."""
    state = f"nat :: Nat(EXTERNAL 203.0.113.1, CAPACITY {2 * flows});"
    rewriter = "rw :: IPRewriter(pattern 203.0.113.1 1024-65535# - - 0 1, drop);"
    few = min(flows, MOST_OF_FLOWIPNAT)

    def ours(rest: str) -> Entry:
        text = f"{state} {source(OURS, flows)} -> CheckIPHeader -> out :: TranslateOut(nat) {rest}"
        return Entry(OURS, OURS, f"{text} -> {COUNTED}", "nat.sessions")

    def theirs(program: str, rest: str, idle: str) -> Entry:
        start = f"{rewriter} {source(program, flows)} -> CheckIPHeader -> [0]rw; rw[0] {rest}"
        return Entry(program, program, f"{start} -> {COUNTED} {idle}", "rw.size")

    flow_nat = (
        f"{source(FASTCLICK, few, 'TCP')} -> CheckIPHeader -> FlowIPManagerHMP"
        f" -> FlowIPNAT(203.0.113.1) -> {COUNTED}"
    )
    classes = ("Nat", "TranslateOut", "TranslateIn", "CheckIPHeader", "IPMirror")
    yield Contest(
        f"NAT, {flows:,} flows",
        classes,
        (
            ours(""),
            *(theirs(one, "", "rw[1] -> Discard; Idle -> [1]rw;") for one in (CLICK, FASTCLICK)),
            Entry(f"{FASTCLICK} FlowIPNAT", FASTCLICK, flow_nat),
        ),
    )
    yield Contest(
        f"NAT there and back, {flows:,} flows",
        classes,
        (
            ours("-> IPMirror -> back :: TranslateIn(nat)"),
            *(theirs(one, "-> IPMirror -> [1]rw; rw[1]", "") for one in (CLICK, FASTCLICK)),
        ),
    )
    yield Contest(
        f"source, {flows:,} flows",
        ("CheckIPHeader",),
        tuple(
            Entry(one, one, f"{source(one, flows)} -> CheckIPHeader -> {COUNTED}")
            for one in (OURS, CLICK, FASTCLICK)
        ),
    )


def balance(flows: int) -> Iterator[Contest]:
    """BalanceTable and Balance, with a hundred backends."""
    pool = [f"203.0.113.{number}" for number in range(1, 101)]
    dns = "-> StoreData(22, \\<0035>) -> CheckIPHeader"
    table = f'BalanceTable(SERVICES "udp 192.0.2.80:53", BACKENDS "{"; ".join(pool)}"'
    targets = f"{', '.join(f'DST {one}' for one in pool)}, VIP 192.0.2.80, LB_MODE hash"
    patterns = ", ".join(f"- - {one} - 0 1" for one in pool)

    def theirs(program: str) -> Entry:
        start = f"m :: RoundRobinIPMapper({patterns}); {clients(program, flows)} {dns}"
        graph = f"{start} -> rw :: IPRewriter(m) -> {COUNTED} rw[1] -> Discard;"
        return Entry(program, program, graph, "rw.size")

    ours = f"t :: {table}, CAPACITY {2 * flows}); {clients(OURS, flows)} {dns} -> Balance(t)"
    start = f"{clients(FASTCLICK, flows)} {dns}"
    flow_table = f"FlowIPManagerHMP(CAPACITY {4 * flows})"
    managed = f"{start} -> {flow_table} -> FlowIPLoadBalancer({targets}) -> {COUNTED}"
    hashed = f"{start} -> IPLoadBalancer({targets}) -> {COUNTED}"
    yield Contest(
        f"load balancer, {flows:,} flows",
        ("Balance", "BalanceTable", "CheckIPHeader", "StoreData"),
        (
            Entry(OURS, OURS, f"{ours} -> {COUNTED}", "t.count"),
            *(theirs(one) for one in (CLICK, FASTCLICK)),
            Entry(f"{FASTCLICK} FlowIPLoadBalancer", FASTCLICK, managed),
            Entry(f"{FASTCLICK} IPLoadBalancer", FASTCLICK, hashed),
        ),
    )
    yield Contest(
        f"source of fifty clients, {flows:,} flows",
        ("CheckIPHeader", "StoreData"),
        tuple(
            Entry(one, one, f"{clients(one, flows)} {dns} -> {COUNTED}")
            for one in (OURS, CLICK, FASTCLICK)
        ),
    )


def match(flows: int) -> Iterator[Contest]:
    """MatchPatterns in datagrams of English text; WordMatcher searches once a word."""
    size = 1000
    text = (ROOT / "README.md").read_bytes()[: size - 28].hex()
    packets = f"{{}} -> StoreData(28, \\<{text}>) -> CheckIPHeader"
    chance = random.Random(1)
    words = ["".join(chance.choices("bcdfghjklmnpqrstvwxz", k=12)) for _ in range(10_000)]
    classes = ("CheckIPHeader", "CheckSession", "IPMirror", "MatchPatterns", "OpenSession")
    for number in (1, 10, 10_000):
        rules = "".join(f'{at} \\"{word}\\"\\n' for at, word in enumerate(words[:number], start=1))
        ours = (
            f"t :: SessionTable(CAPACITY {2 * flows}); s :: StreamTable;"
            f"{packets.format(source(OURS, flows, length=size))} -> check :: CheckSession(t)"
            f' -> MatchPatterns(t, s, RULES "{rules}") -> {COUNTED}'
            "check[1] -> OpenSession(t) -> IPMirror -> check;"
            "check[2] -> Discard; check[3] -> Discard;"
        )
        matcher = f"WordMatcher({', '.join(f'WORD {word}' for word in words[:number])}, MODE ALERT)"
        theirs = (
            f"{packets.format(source(FASTCLICK, flows, length=size))}"
            f" -> CTXManager(CONTEXT NONE) ~> IPIn -> UDPIn -> {matcher} -> IPOut -> {COUNTED}"
        )
        entries = (Entry(OURS, OURS, ours, "t.count"), Entry(FASTCLICK, FASTCLICK, theirs))
        what = f"search for {number:,} words in {size - 28} bytes, {flows:,} flows"
        yield Contest(what, (*classes, "StoreData", "StreamTable"), entries[: 1 + (number < 100)])
        alone = packets.format(source(OURS, flows, length=size))
    yield Contest(
        f"source of {size} bytes, {flows:,} flows",
        (),
        (Entry(OURS, OURS, f"{alone} -> {COUNTED}"),),
    )


FUNCTIONS: dict[str, Function] = {"nat": nat, "balance": balance, "match": match}
OF_ALL = ("Counter", "Discard", "FastUDPFlows", "Strip")


def arguments() -> argparse.ArgumentParser:
    """What to measure, and how often."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("--rounds", type=int, default=11, help="of each program")
    parser.add_argument("--seconds", type=float, default=0.3, help="a turn takes")
    parser.add_argument("--flows", type=int, default=100_000)
    parser.add_argument(
        "functions", nargs="*", metavar="FUNCTION", help=f"of {', '.join(FUNCTIONS)}; all"
    )
    return parser


async def figures(site: Site, wanted: argparse.Namespace, tell: Teller) -> Figures:
    """Packets a second of processor time, by name."""
    names = wanted.functions or list(FUNCTIONS)
    contests = [contest for name in names for contest in FUNCTIONS[name](wanted.flows)]
    classes = {*OF_ALL, *(one for contest in contests for one in contest.classes)}
    ready = {one.name: one for one in await programs(site, sorted(classes), wanted, tell)}
    found: Figures = {}
    for contest in contests:
        tell.say("►", contest.what)
        found |= await _turns(site, ready, contest, wanted, tell)
    return found


async def _turns(
    site: Site,
    ready: dict[str, Program],
    contest: Contest,
    wanted: argparse.Namespace,
    tell: Teller,
) -> Figures:
    """Let the entries run in turns."""
    found: Figures = {}
    async with AsyncExitStack() as stack:
        started: list[tuple[str, Running]] = []
        for number, entry in enumerate(contest.entries):
            if entry.program not in ready:
                continue
            folder = site.folder / str(number)
            folder.mkdir(exist_ok=True)
            try:
                one = await stack.enter_async_context(
                    running(ready[entry.program], entry.graph, folder)
                )
                pin(one.process)
                await _warm(one, entry, wanted.flows)
            except DeviceUnreachable as error:
                tell.say("✗", f"{entry.who} is left out: {error}")
                continue
            one.halt()
            found[f"{entry.who}, {contest.what}"] = []
            started.append((f"{entry.who}, {contest.what}", one))
        for _ in range(wanted.rounds):
            for name, one in started:
                one.go_on()
                await asyncio.sleep(SETTLE_SECONDS)
                found[name].append(await one.packets_a_cpu_second(COUNT, wanted.seconds))
                one.halt()
    return found


async def _warm(one: Running, entry: Entry, flows: int) -> None:
    """Until it has met every flow: it tells so, or twenty packets a flow have passed."""
    handler, least = (entry.flows, flows * LEAST_FLOWS) if entry.flows else (COUNT, 20 * flows)
    async with asyncio.timeout(WARM_SECONDS):
        while await one.number(handler) < least:  # noqa: ASYNC110 - a process
            await asyncio.sleep(0.2)


if __name__ == "__main__":
    sys.exit(run("functions", figures, arguments(), "packets/s", OURS))
