"""Contests for rate limits, flow records, bridging and neighbours.

Rate limits: a bucket for each flow, and one for all, the latter compared with RatedSplitter and
Shaper. Flow records: FastClick's flow manager finds a flow's record but counts nothing. Bridge:
from one station to another. Neighbours: ARPQuerier and ResolveNeighbour with one next hop that has
answered.
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.contests import COUNTED, Contest, Entry, source
from benchmarks.programs import CLICK, FASTCLICK, OURS

BOTH_CLICKS = (CLICK, FASTCLICK)
# A rate that is never exceeded.
LIMIT = "RATE 100Gpps, BURST 1000000000"
OUR_ETHER, THEIR_ETHER = "02:00:00:00:00:09", "02:00:00:00:00:80"


def police(flows: int) -> Iterator[Contest]:
    """Police with one bucket, and with one per flow."""
    start = f"{source(OURS, flows)} -> CheckIPHeader"
    limits = f"limits :: TokenBuckets({LIMIT}, CAPACITY {2 * flows});"
    classes = ("CheckIPHeader", "Police", "TokenBuckets")
    one, each = (
        f"{limits} {start} -> Police(limits, KEY {key}) -> {COUNTED}" for key in ("all", "flow")
    )
    yield Contest(
        f"rate limit, {flows:,} buckets", classes, (Entry(OURS, OURS, each, "limits.count"),)
    )
    yield Contest(
        "rate limit, one bucket",
        classes,
        (
            Entry(OURS, OURS, one),
            *(
                Entry(
                    program,
                    program,
                    f"{source(program, flows)} -> CheckIPHeader"
                    f" -> s :: RatedSplitter(1000000000) -> {COUNTED} s[1] -> Discard;",
                )
                for program in BOTH_CLICKS
            ),
        ),
    )


def shape(flows: int) -> Iterator[Contest]:
    """Shape with one bucket, compared with Shaper, which is pulled, and with one per flow."""
    limits = f"limits :: TokenBuckets({LIMIT}, CAPACITY {2 * flows});"
    start = f"{limits} {source(OURS, flows)} -> CheckIPHeader"
    classes = ("CheckIPHeader", "Shape", "TokenBuckets")
    one, each = (f"{start} -> Shape(limits, KEY {key}) -> {COUNTED}" for key in ("all", "flow"))
    yield Contest(
        f"shaping, {flows:,} buckets", classes, (Entry(OURS, OURS, each, "limits.count"),)
    )
    shaper = "Shaper(1000000000) -> Unqueue(BURST 64)"
    theirs = (
        Entry(
            program,
            program,
            f"{source(program, flows).replace('Unqueue(BURST 64)', shaper)}"
            f" -> CheckIPHeader -> {COUNTED}",
        )
        for program in BOTH_CLICKS
    )
    yield Contest("shaping, one bucket", classes, (Entry(OURS, OURS, one), *theirs))


def flows(flows: int) -> Iterator[Contest]:
    """MeterFlows."""
    ours = (
        f"flows :: FlowTable(CAPACITY {2 * flows}); {source(OURS, flows)} -> CheckIPHeader"
        f" -> MeterFlows(flows) -> {COUNTED}"
    )
    theirs = f"{source(FASTCLICK, flows)} -> CheckIPHeader -> FlowIPManagerHMP -> {COUNTED}"
    yield Contest(
        f"flow records, {flows:,} flows",
        ("CheckIPHeader", "FlowTable", "MeterFlows"),
        (
            Entry(OURS, OURS, ours, "flows.count"),
            Entry(f"{FASTCLICK} FlowIPManagerHMP", FASTCLICK, theirs),
        ),
    )


def bridge(flows: int) -> Iterator[Contest]:
    """EtherSwitch, which FastClick and Click have only if they were built with it."""

    def graph(program: str) -> str:
        frames = source(program, flows).removesuffix(" -> Strip(14)")
        return f"{frames} -> b :: EtherSwitch; Idle -> [1]b; b[0] -> Discard; b[1] -> {COUNTED}"

    yield Contest(
        "bridge, one station",
        ("EtherSwitch", "Idle"),
        tuple(Entry(one, one, graph(one)) for one in (OURS, *BOTH_CLICKS)),
    )


def neighbours(flows: int) -> Iterator[Contest]:
    """ARPQuerier in all programs, and ResolveNeighbour."""
    answers = f"ARPResponder(192.0.2.0/24 {THEIR_ETHER})"
    around = f"r[1] -> {answers} -> [1]r;"

    def graph(program: str, resolver: str) -> str:
        start = f"{source(program, flows)} -> CheckIPHeader -> r :: {resolver}"
        return f"{start} -> {COUNTED} {around}"

    querier = f"ARPQuerier(192.0.2.1/24, {OUR_ETHER})"
    resolve = f"ResolveNeighbour(hosts, 192.0.2.1/24, ETHER {OUR_ETHER})"
    yield Contest(
        "next hop that has answered",
        ("ARPQuerier", "ARPResponder", "CheckIPHeader", "NeighbourTable", "ResolveNeighbour"),
        (
            *(Entry(one, one, graph(one, querier)) for one in (OURS, *BOTH_CLICKS)),
            Entry(
                f"{OURS} ResolveNeighbour",
                OURS,
                f"hosts :: NeighbourTable; {graph(OURS, resolve)}",
            ),
        ),
    )
