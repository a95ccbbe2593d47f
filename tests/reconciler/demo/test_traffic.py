"""The traffic tools tell the truth about a bridge of the kernel."""

import asyncio
from collections.abc import Iterator

import pytest
from pyroute2 import NetNS  # type: ignore[import-untyped]  # ships no types

from reconciler.demo.measure import Load, traffic
from reconciler.demo.network import Network
from tests.netns import bridged_network, needs_sandbox

pytestmark = needs_sandbox
SMALL = Load(downloaders=5, download_bytes=32_768, packets_per_second=5_000)


@pytest.fixture(scope="module")
def bridged() -> Iterator[Network]:
    with bridged_network() as network:
        yield network


async def test_nothing_is_lost_where_nothing_happens(bridged: Network) -> None:
    async with traffic(bridged, SMALL) as running:
        await asyncio.sleep(1.0)
        seen = await running.finish()
    assert seen.udp_sent > 4_000
    assert (seen.udp_lost, seen.udp_duplicated, seen.udp_reordered, seen.missing) == (0, 0, 0, ())
    assert seen.http_requests >= 5
    assert seen.tcp_sessions >= 5
    assert (seen.http_failures, seen.tcp_resets, seen.ring_drops) == (0, 0, 0)
    assert sum(amount for _, amount in seen.udp_samples) == seen.udp_received


def drop_on_the_far_side(network: Network, forwarding: bool) -> None:
    with NetNS(network.firewall.path, flags=0) as route:
        (index,) = route.link_lookup(ifname="eth1")
        if forwarding:
            route.link("set", index=index, master=route.link_lookup(ifname="br0")[0])
        else:
            route.link("set", index=index, master=0)


async def test_an_outage_is_seen_as_gap_and_loss_but_tcp_recovers(bridged: Network) -> None:
    async with traffic(bridged, SMALL) as running:
        await asyncio.to_thread(drop_on_the_far_side, bridged, False)
        await asyncio.sleep(0.3)
        await asyncio.to_thread(drop_on_the_far_side, bridged, True)
        await asyncio.sleep(1.5)
        seen = await running.finish()
    gap_seconds = max(end - start for start, end in seen.gaps)
    assert 0.25 < gap_seconds < 1.5
    assert seen.udp_lost == pytest.approx(gap_seconds * 5_000, rel=0.2)
    assert sum(length for _, length in seen.missing) == seen.udp_lost
    assert (seen.http_failures, seen.tcp_resets) == (0, 0)


async def test_sessions_that_stall_are_lost_sessions(bridged: Network) -> None:
    async with traffic(bridged, SMALL) as running:
        await asyncio.to_thread(drop_on_the_far_side, bridged, False)
        await asyncio.sleep(6.0)
        await asyncio.to_thread(drop_on_the_far_side, bridged, True)
        seen = await running.finish()
    assert seen.tcp_resets == seen.tcp_stalled == 5
    assert seen.http_failures >= 5
