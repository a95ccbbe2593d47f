"""Upgrades of the rate limiter as it is shipped: tokens are kept as they are, and so are packets.

On either side there are two subscribers. The stream between two of them is twice as fast as it may
be; downloads between the others stay below their rate, so that their buckets are next to full. A
bucket filled by an upgrade would let a second's worth through at once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from pyroute2 import NetNS  # type: ignore[import-untyped]  # ships no types

from reconciler.testbed.desired import INTERFACES
from reconciler.testbed.measure import Load, TrafficResult, traffic
from reconciler.testbed.merges import Running
from reconciler.testbed.network import SERVER_ADDRESS
from reconciler.testbed.site import Site
from tests.e2e.support.pipelines import (
    assert_no_session_lost,
    changed,
    example,
    number,
    pipeline,
    running,
    upgrade,
)

LOAD = Load(downloaders=8, download_bytes=32_768, packets_per_second=4_000)
LIMITER = example("rate-limiter")
OTHER_CLIENT, OTHER_SERVER = "10.77.0.3", "10.77.0.4"
RATE = BURST = 2000
PACKET_BITS = 8 * (20 + 8 + 64)
QUEUE = 200


@dataclass(frozen=True)
class Way:
    """One direction through the limiter, and the atoms that limit the stream there."""

    atom: str
    passing: str
    excess: str
    buckets: str
    subscriber: str
    """Subscriber that downloads, or is downloaded from."""
    bits_per_token: int
    parameters: Mapping[str, str]
    interfaces: Mapping[str, str]


UP = Way(
    "police", "conforming", "exceeding", "upstream", OTHER_CLIENT, 1,
    {"up": f"{RATE}pps", "burst": f"{BURST}", "down": "100000pps"},
    INTERFACES,
)  # fmt: skip
DOWN = Way(
    "shape", "out", "drops", "downstream", OTHER_SERVER, PACKET_BITS,
    {"down": f"{RATE * PACKET_BITS}bps", "burst": f"{BURST / RATE}s", "up": "100Mbps"},
    {"lan": INTERFACES["wan"], "wan": INTERFACES["lan"]},
)  # fmt: skip
BOTH = pytest.mark.parametrize("way", [UP, DOWN], ids=["police", "shape"])


@pytest.fixture
def subscribed(site: Site) -> Site:
    """A site with a second address on either side, between which the stream runs."""
    ends = ((site.network.client, OTHER_CLIENT), (site.network.server, OTHER_SERVER))
    for namespace, address in ends:
        with NetNS(namespace.path, flags=0) as route:
            (index,) = route.link_lookup(ifname="eth0")
            route.addr("add", index=index, address=address, prefixlen=24)
            if address == OTHER_CLIENT:
                route.route("add", dst=f"{OTHER_SERVER}/32", prefsrc=OTHER_CLIENT, oif=index)
    return site


def counted(way: Way, *names: str) -> Any:
    """Return an edit: passing packets are also counted by each of these atoms."""

    def edit(spec: Any) -> None:
        for name in names:
            spec["atoms"][name] = {"use": "Count"}
        port = f"{way.atom}[{way.passing}]"
        spec["flow"] = [one.replace(port, " -> ".join([port, *names])) for one in spec["flow"]]

    return edit


async def tokens(followed: Running, way: Way) -> float:
    """Return the tokens of the downloading subscriber; a full bucket is not in the table."""
    table = (await followed.device.read(f"{way.buckets}.table")).splitlines()
    found = {key: float(amount) for key, amount in map(str.split, table)}
    return found.get(f"{way.subscriber}/32", BURST * way.bits_per_token) / way.bits_per_token


async def upgrade_watching(followed: Running, element: str, way: Way) -> None:
    """Upgrade and check that the bucket is as full afterwards as it was before."""
    takeovers = len(followed.witness.takeovers)
    upgrading = asyncio.create_task(upgrade(followed, element))
    await followed.witness.taken_over(takeovers + 1, 60)
    assert await tokens(followed, way) > 0.9 * BURST
    await upgrading


@BOTH
async def test_rates_hold_as_if_nothing_had_happened(subscribed: Site, way: Way) -> None:
    second = changed(LIMITER, "1.1.0", counted(way, "one"))
    third = changed(LIMITER, "1.2.0", counted(way, "one", "two"))
    files = pipeline(subscribed, LIMITER, way.parameters, way.interfaces)
    async with running(subscribed, files, second, third) as followed:
        others = (OTHER_SERVER, [OTHER_SERVER])
        async with traffic(subscribed.network, LOAD, *others, stream=SERVER_ADDRESS) as flow:
            await asyncio.sleep(BURST / (LOAD.packets_per_second - RATE) + 1.0)
            begin = time.time()
            await upgrade_watching(followed, second, way)
            await upgrade_watching(followed, third, way)
            end = time.time()
            seen = await flow.finish()
        excess = await number(followed, f"{way.atom}.{way.excess}")
        assert await number(followed, f"{way.buckets}.evicted") == 0
        assert_no_session_lost(seen)
        assert seen.udp_lost == excess, "no packet is lost but those that exceed"
        passed, seconds = arrived(seen, begin, end)
        assert abs(passed - RATE * seconds) < BURST / 4
        assert seen.udp_received < BURST + QUEUE + RATE * (flow_seconds(seen) + 0.1)


def arrived(seen: TrafficResult, begin: float, end: float) -> tuple[int, float]:
    """Return packets of the stream between two moments, and the time between their samples."""
    samples = [(at, amount) for at, amount in seen.udp_samples if begin <= at < end]
    # A moment without a packet has no sample.
    return sum(amount for _, amount in samples), samples[-1][0] - samples[0][0] + 0.05


def flow_seconds(seen: TrafficResult) -> float:
    times = [at for at, amount in seen.udp_samples if amount]
    return times[-1] - times[0] + 0.05
