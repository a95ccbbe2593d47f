"""The traffic tools report correctly on a bridge of the kernel."""

import asyncio
import signal
from collections.abc import Iterator

import pytest
from pyroute2 import NetNS  # type: ignore[import-untyped]  # ships no types

from reconciler.testbed.measure import Load, Traffic, traffic
from reconciler.testbed.network import Network
from reconciler.testbed.places import Places
from reconciler.testbed.programs import wait_until
from reconciler.testbed.traffic.downloader import GIVE_UP_SECONDS
from reconciler.testbed.traffic.udp_receiver import FRAMES
from tests.netns import bridged_network, needs_sandbox

pytestmark = needs_sandbox
SMALL = Load(downloaders=5, download_bytes=32_768, packets_per_second=5_000)
STREAM = Load(downloaders=1, download_bytes=1_024, packets_per_second=5_000)
TC_H_ROOT = 0xFFFFFFFF
FLOOD = Load(downloaders=1, download_bytes=1_024, packets_per_second=40_000)


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
    assert (seen.udp_arrived, seen.lost_at) == (seen.udp_sent, Places())


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
    assert gap_seconds > 0.25
    assert seen.udp_lost == pytest.approx(gap_seconds * 5_000, rel=0.2)
    assert sum(length for _, length in seen.missing) == seen.udp_lost
    assert seen.lost_at == Places(firewall=seen.udp_lost)
    assert (seen.http_failures, seen.tcp_resets) == (0, 0)


async def test_sessions_that_stall_are_lost_sessions(bridged: Network) -> None:
    async with traffic(bridged, SMALL) as running:
        await asyncio.to_thread(drop_on_the_far_side, bridged, False)
        await asyncio.sleep(6.0)
        await asyncio.to_thread(drop_on_the_far_side, bridged, True)
        seen = await running.finish()
    assert seen.tcp_resets == seen.tcp_stalled == 5
    assert seen.http_failures >= 5


def slow_down_the_near_side(network: Network, slow: bool) -> None:
    with NetNS(network.client.path, flags=0) as route:
        (index,) = route.link_lookup(ifname="eth0")
        if slow:
            route.tc("add", "tbf", index, 0x10000, rate="64kbit", burst=1600, latency="1ms")
        else:
            route.tc("del", index=index, handle=0x10000, parent=TC_H_ROOT)


async def test_what_is_lost_before_the_firewall_is_not_its(bridged: Network) -> None:
    async with traffic(bridged, STREAM) as running:
        await asyncio.to_thread(slow_down_the_near_side, bridged, True)
        await asyncio.sleep(0.3)
        await asyncio.to_thread(slow_down_the_near_side, bridged, False)
        await asyncio.sleep(0.5)
        seen = await running.finish()
    assert seen.udp_lost > 100
    assert seen.lost_at == Places(before_firewall=seen.udp_lost)


async def eventually_sent(running: Traffic, packets: int) -> None:
    await wait_until(
        lambda: running.progress.get("udp_sent", 0) >= packets, running.client.heard, 60
    )


async def test_what_the_receiver_has_no_room_for_is_not_the_firewall_s(bridged: Network) -> None:
    async with traffic(bridged, FLOOD) as running:
        running.receiver.process.send_signal(signal.SIGSTOP)
        await eventually_sent(running, running.progress.get("udp_sent", 0) + 2 * FRAMES)
        running.receiver.process.send_signal(signal.SIGCONT)
        seen = await running.finish()
    assert seen.ring_drops > 0
    assert seen.lost_at == Places(receiver=seen.udp_lost)
    assert seen.keeping.receiver_fullest == 1.0
    assert seen.keeping.receiver_late_ms > 100


async def test_a_client_that_got_no_turn_blames_nobody(bridged: Network) -> None:
    async with traffic(bridged, SMALL) as running:
        running.client.process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(GIVE_UP_SECONDS + 0.5)
        running.client.process.send_signal(signal.SIGCONT)
        await asyncio.sleep(0.5)
        seen = await running.finish()
    assert (seen.http_failures, seen.tcp_resets) == (0, 0)
    assert seen.keeping.http_late_ms > 1000 * GIVE_UP_SECONDS


async def test_a_server_that_got_no_turn_is_not_taken_for_a_loss(bridged: Network) -> None:
    async with traffic(bridged, SMALL) as running:
        running.servers[0].process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(GIVE_UP_SECONDS + 0.5)
        running.servers[0].process.send_signal(signal.SIGCONT)
        await asyncio.sleep(0.5)
        seen = await running.finish()
    assert (seen.http_failures, seen.tcp_resets) == (0, 0)
    assert seen.keeping.tcp_starved == SMALL.downloaders
