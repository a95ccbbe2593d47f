"""Contests for rewriting addresses: NAT and the load balancer.

NAT: source translation by IPRewriter, which keeps a mapping per flow, and by FlowIPNAT behind
FlowIPManagerHMP, if FastClick was built with both. FlowIPNAT handles only TCP and has 64,512 ports,
so it has a contest of its own: 60,000 TCP flows; it is the only one that does not see the answers.
`there and back`: each packet is mirrored behind the translation and goes back in.

Load balancer: a hundred backends. IPRewriter with a mapper keeps a mapping per flow and corrects
checksums, as ours does; FlowIPLoadBalancer keeps a choice per flow, IPLoadBalancer none, and
neither corrects checksums.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from benchmarks.contests import COUNTED, FOREVER, Contest, Entry, source
from benchmarks.conversations import SYN_ACK, openings
from benchmarks.programs import CLICK, FASTCLICK, OURS

MOST_OF_FLOWIPNAT = 60_000
SEGMENTS = 30
CLIENTS = 50


def nat(flows: int) -> Iterator[Contest]:
    """Nat, TranslateOut and TranslateIn."""
    state = f"nat :: Nat(EXTERNAL 203.0.113.1, CAPACITY {2 * flows});"
    rewriter = "rw :: IPRewriter(pattern 203.0.113.1 1024-65535# - - 0 1, drop);"

    def ours(rest: str) -> Entry:
        text = f"{state} {source(OURS, flows)} -> CheckIPHeader -> out :: TranslateOut(nat) {rest}"
        return Entry(OURS, OURS, f"{text} -> {COUNTED}", "nat.sessions")

    def theirs(program: str, rest: str, idle: str) -> Entry:
        start = f"{rewriter} {source(program, flows)} -> CheckIPHeader -> [0]rw; rw[0] {rest}"
        return Entry(program, program, f"{start} -> {COUNTED} {idle}", "rw.size")

    classes = ("Nat", "TranslateOut", "TranslateIn", "CheckIPHeader", "IPMirror")
    yield Contest(
        f"NAT, {flows:,} flows",
        classes,
        (
            ours(""),
            *(theirs(one, "", "rw[1] -> Discard; Idle -> [1]rw;") for one in (CLICK, FASTCLICK)),
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


def nat_of_tcp(flows: int) -> Iterator[Contest]:
    """TCP flows whose SYNs are answered at once, so that the translation sees the answers."""
    few = min(flows, MOST_OF_FLOWIPNAT)
    syn = f"syn :: Classifier(33/02, -) -> {SYN_ACK}"

    def entry(who: str, program: str, out: str, back: str) -> Entry:
        start = "in :: FromDump({capture}, ACTIVE false) -> Strip(14) -> CheckIPHeader"
        return Entry(who, program, f"{COUNTED} {start} {out} -> {syn} {back} -> c; syn[1] -> c;")

    nat = f"nat :: Nat(EXTERNAL 203.0.113.1, CAPACITY {2 * few});"
    rewriter = "rw :: IPRewriter(pattern 203.0.113.1 1024-65535# - - 0 1, drop);"
    ours = entry(OURS, OURS, "-> TranslateOut(nat)", "-> TranslateIn(nat)")
    clicks = (entry(one, one, "-> [0]rw; rw[0]", "-> [1]rw; rw[1]") for one in (CLICK, FASTCLICK))
    flow_nat = "-> FlowIPManagerHMP -> FlowIPNAT(203.0.113.1)"
    yield Contest(
        f"NAT, {few:,} TCP flows",
        (
            "CheckIPHeader",
            "Classifier",
            "FromDump",
            "IPMirror",
            "Nat",
            "StoreData",
            "TranslateIn",
            "TranslateOut",
        ),
        (
            replace(ours, graph=nat + ours.graph),
            *(replace(one, graph=rewriter + one.graph) for one in clicks),
            entry(f"{FASTCLICK} FlowIPNAT", FASTCLICK, flow_nat, ""),
        ),
        openings(few, SEGMENTS),
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


def clients(program: str, flows: int) -> str:
    """As many flows to one port, from fifty addresses, since one has too few source ports."""
    pulled = "" if program == OURS else "-> Unqueue(BURST 64)"
    ends = "02:00:00:00:00:01, 10.0.0.{}, 02:00:00:00:00:02, 192.0.2.80"
    made = f"FastUDPFlows(0, -1, 64, {ends}, {flows // CLIENTS}, {FOREVER}) {pulled} -> in;"
    return "in :: Strip(14);" + "".join(made.format(one) for one in range(CLIENTS)) + "in"
