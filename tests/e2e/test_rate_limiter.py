"""Upgrades of a rate limiter under load: tokens are neither refilled nor lost, packets stay.

A stream of 4000 packets a second meets a bucket of 2000 packets that gets 1000 a second. A bucket
filled by an upgrade would let through 2000 packets at once, an emptied one none for a while.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from reconciler.demo.measure import Load, TrafficResult, traffic
from reconciler.demo.site import Site
from tests.e2e.pipelines import (
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
RATE, BURST = 1000, 2000


def counted(spec: Any) -> None:
    """What is policed is counted once more on its way."""
    spec["atoms"]["policed"] = {"use": "Count"}
    flow = spec["flow"]
    flow[0] = flow[0].replace("police[conforming]", "police[conforming] -> policed")


def logged(spec: Any) -> None:
    """And what exceeds has an atom of its own."""
    counted(spec)
    spec["atoms"]["excess"] = {"use": "Count"}
    spec["atoms"]["drop"] = {"use": "Discard"}
    spec["flow"].append("police[exceeding] -> excess -> drop")


async def test_policing_goes_on_as_if_nothing_had_happened(site: Site) -> None:
    parameters = {"up": f"{RATE}pps", "burst": str(BURST), "down": "100000pps", "sender": "flow"}
    second, third = changed(LIMITER, "1.1.0", counted), changed(LIMITER, "1.2.0", logged)
    files = pipeline(site, LIMITER, parameters)
    async with running(site, files, second, third) as followed:
        async with traffic(site.network, LOAD) as flow:
            await asyncio.sleep(BURST / (LOAD.packets_per_second - RATE) + 1.0)
            begin = time.time()
            await upgrade(followed, second)
            await upgrade(followed, third)
            end = time.time()
            seen = await flow.finish()
        exceeding = await number(followed, "police.exceeding")
        assert await number(followed, "upstream.evicted") == 0
        assert_no_session_lost(seen)
        assert seen.udp_lost == exceeding, "no packet is lost but those that exceed"
        passed, seconds = arrived(seen, begin, end)
        assert RATE * seconds - 200 <= passed <= RATE * seconds + 200
        assert seen.udp_received < BURST + RATE * (flow_seconds(seen) + 0.1)


async def test_packets_that_wait_go_on_waiting_in_the_next_worker(site: Site) -> None:
    """The stream comes a little faster than it may leave: ever more of it waits."""
    parameters = {"up": "3800pps", "burst": "24", "down": "100000pps", "sender": "flow"}

    def shaped(spec: Any) -> None:
        spec["atoms"]["police"] = {
            "use": "Shape", "with": {"buckets": "upstream", "key": "$sender", "queue": 16000},
        }  # fmt: skip
        spec["states"]["upstream"]["with"]["waiting"] = 16000
        flow = spec["flow"]
        flow[0] = flow[0].replace("police[conforming]", "police[out]")

    first = changed(LIMITER, "2.0.0", shaped)

    def then_counted(spec: Any) -> None:
        spec["atoms"]["policed"] = {"use": "Count"}
        flow = spec["flow"]
        flow[0] = flow[0].replace("police[out]", "police[out] -> policed")

    second = changed(first, "2.1.0", then_counted)
    async with running(site, pipeline(site, first, parameters), second) as followed:
        async with traffic(site.network, LOAD) as flow:
            await upgrade(followed, second)
            await upgrade(followed, changed(first, "2.2.0", lambda spec: None))
            seen = await flow.finish()
        assert await number(followed, "police.delayed") > 1000
        assert await number(followed, "police.drops") == 0
        assert_no_session_lost(seen)
        assert seen.missing == (), "what waits still has all arrived or is the end of the stream"


def arrived(seen: TrafficResult, begin: float, end: float) -> tuple[int, float]:
    """Packets of the stream between two moments, and how long that is by the samples' edges."""
    samples = [(at, amount) for at, amount in seen.udp_samples if begin <= at < end]
    return sum(amount for _, amount in samples), 0.05 * len(samples)


def flow_seconds(seen: TrafficResult) -> float:
    times = [at for at, amount in seen.udp_samples if amount]
    return times[-1] - times[0] + 0.05
