"""The MTU of a running firewall's interfaces changes: what fits passes, as through a bridge.

OpenWrt issue 24421: buffers must follow an MTU that is raised while packets flow.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from reconciler.testbed.measure import traffic
from reconciler.testbed.merges import Running
from reconciler.testbed.network import SERVER_ADDRESS
from reconciler.testbed.site import Site
from schemas.status import ConditionStatus, ConditionType
from tests.e2e.support.host import Host
from tests.e2e.support.loads import SMALL
from tests.e2e.support.losses import assert_nothing_lost
from tests.e2e.support.pipelines import example, number, pipeline, running
from tests.e2e.support.waiting import eventually
from tests.elements.wires import raw_socket, set_mtu
from tests.packets import UDP, Segment, ether, ipv4

JUMBO, USUAL, BEYOND = 9000, 1500, 9500


def set_everywhere(site: Site, mtu: int) -> None:
    """Set the MTU of the firewall's interfaces, then that of the hosts, as an operator does."""
    network = site.network
    for interface in ("eth0", "eth1"):
        set_mtu(network.firewall, interface, mtu)
    for host in (network.client, network.server):
        set_mtu(host, "eth0", mtu)


@asynccontextmanager
async def firewall(site: Site) -> AsyncIterator[Running]:
    async with running(site, pipeline(site, example("edge-firewall"))) as followed:
        yield followed


async def ping(site: Site, size: int, times: int) -> None:
    """Send echo requests that no host or router may split; each is answered."""
    host = Host(site.network.client)
    for _ in range(times):
        answer = await asyncio.to_thread(host.ping, SERVER_ADDRESS, bytes(size))
        assert len(answer.payload) == size


async def rings_have(followed: Running, frame_bytes: int) -> None:
    async def fit() -> bool:
        rings = (await followed.device.status()).rings.values()
        return all(ring.bytes == frame_bytes * ring.frames for ring in rings)

    await eventually(fit, 10)


async def test_a_raised_mtu_is_followed_from_the_first_packet(site: Site) -> None:
    async with firewall(site) as followed:
        async with traffic(site.network, SMALL) as flow:
            set_everywhere(site, JUMBO)
            await ping(site, 8000, 30)
            await rings_have(followed, 16384)
            await ping(site, 8000, 30)
            set_everywhere(site, USUAL)
            await rings_have(followed, 2048)
            await ping(site, 1000, 30)
            seen = await flow.finish()
        assert_nothing_lost(seen)
        assert await number(followed, "from_lan.drops") == 0
        assert await number(followed, "from_wan.drops") == 0
        assert len(followed.witness.takeovers) == 1, "without a new release"


async def test_a_worker_that_is_started_again_has_the_raised_mtu(site: Site) -> None:
    async with firewall(site) as followed:
        set_everywhere(site, JUMBO)
        await ping(site, 8000, 2)
        await rings_have(followed, 16384)
        before = (await followed.device.status()).active
        assert before is not None
        os.kill(before.pid, signal.SIGKILL)

        async def another() -> bool:
            status = await followed.device.status()
            return status.restarts == 1 and status.forwarding

        await eventually(another, 10)
        await ping(site, 8000, 10)


async def test_an_mtu_that_packets_cannot_follow_is_told(site: Site) -> None:
    long = ether(ipv4("10.77.0.1", SERVER_ADDRESS, Segment(UDP, bytes(9300), None)))
    async with firewall(site) as followed:
        set_everywhere(site, BEYOND)
        await ping(site, 8000, 2)
        with raw_socket(site.network.client) as near:
            near.send(long)

        async def told() -> bool:
            status = followed.ledger.instance(followed.key).status
            said = status and status.condition(ConditionType.LOSSLESS)
            return said is not None and said.status is ConditionStatus.FALSE

        await eventually(told, 15)  # the device is observed every five seconds
        status = followed.ledger.instance(followed.key).status
        assert status is not None
        said = status.condition(ConditionType.LOSSLESS)
        assert said is not None
        assert said.reason == "TooLong"
        assert said.message.startswith("eth0 dropped 1 frames")
