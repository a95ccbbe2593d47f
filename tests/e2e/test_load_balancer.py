"""Upgrades of a load balancer whose list of backends changes: no flow changes its backend."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from typing import Any

import pytest
from pyroute2 import NetNS  # type: ignore[import-untyped]  # ships no types

from reconciler.demo.measure import HTTP_PORT, UDP_PORT, traffic
from reconciler.demo.merges import Running
from reconciler.demo.network import CLIENT_ADDRESS, Namespace
from reconciler.demo.site import Site
from reconciler.outcome import OutcomeKind
from schemas.plan import StepKind
from tests.e2e.conftest import SMALL, assert_nothing_lost, eventually
from tests.e2e.direct import direct_servers, serving
from tests.e2e.host import Host
from tests.e2e.pipelines import ELEMENT, changed, example, number, pipeline, running, upgrade
from tests.supervisor.running import socket_in

BALANCER = example("load-balancer")
VIP, OUTER, GATEWAY = "10.77.0.80", "10.77.0.3", "10.78.0.1"
POOL = [f"10.78.0.{n}" for n in range(11, 16)]
INTERFACES = {"clients": "eth0", "servers": "eth1"}
PARAMETERS = {
    "services": [f"tcp {VIP}:{HTTP_PORT}", f"udp {VIP}:{UDP_PORT}"],
    "clients_addresses": [f"{OUTER}/24", f"{VIP}/24"],
    "clients_gateway": CLIENT_ADDRESS,
    "servers_addresses": [f"{GATEWAY}/24"],
    "own_routes": [f"{address}/32" for address in (OUTER, VIP, GATEWAY)],
    "clients_address": OUTER,
    "servers_address": GATEWAY,
}
Flows = dict[tuple[str, ...], str]


def move_to(namespace: Namespace, addresses: list[str], gateway: str) -> None:
    """Give eth0 other addresses, and a way out."""
    with NetNS(namespace.path, flags=0) as route:
        (index,) = route.link_lookup(ifname="eth0")
        route.flush_addr(index=index)
        for address in addresses:
            route.addr("add", index=index, address=address, prefixlen=24)
        route.route("add", dst="default", gateway=gateway)


@pytest.fixture
def farm(site: Site) -> Site:
    """Five servers behind the balancer, on one host; clients know the service's address alone."""
    move_to(site.network.server, POOL, GATEWAY)
    return site


@pytest.fixture
def direct_farm(site: Site) -> Iterator[Site]:
    """Three hosts that own the service's address and answer by a way of their own."""
    with ExitStack() as stack:
        servers = direct_servers(stack, site.network, POOL[:3], VIP)
        with serving(servers, VIP, HTTP_PORT, UDP_PORT, SMALL.bytes_per_second):
            yield site


def backed_by(backends: list[str]) -> str:
    """The first release, with this list."""
    return changed(BALANCER, "1.0.1", lambda spec: spec["parameters"].update(backends=backends))


async def flows(followed: Running) -> Flows:
    """Backend of each flow that lives: it is neither closed nor about to be."""
    lines = (
        line.split() for line in (await followed.device.read_handler("web.table")).splitlines()
    )
    return {tuple(words[:3]): words[3] for words in lines if words[4] in ("established", "stream")}


async def handed_out(followed: Running, backend: str) -> int:
    """Flows that the backend got so far."""
    lines = (await followed.device.read_handler("web.backend_table")).splitlines()
    return sum(int(line.split()[-1]) for line in lines if line.split()[0] == backend)


async def gets_more(followed: Running, backend: str) -> None:
    """Until the backend has got another flow."""
    before = await handed_out(followed, backend)

    async def more() -> bool:
        return await handed_out(followed, backend) > before

    await eventually(more, 20)


async def all_are_visited(site: Site, followed: Running, backends: list[str]) -> None:
    """Connect until each has had a flow; packets wait while it is asked for, but not many."""

    def visit() -> None:
        with socket_in(site.network.client, socket.SOCK_STREAM) as visitor:
            visitor.settimeout(5)
            with suppress(ConnectionRefusedError):
                visitor.connect((VIP, HTTP_PORT))

    while 0 in [await handed_out(followed, backend) for backend in backends]:
        await asyncio.to_thread(visit)


def assert_none_moved(before: Flows, after: Flows) -> None:
    """And some lived long enough to tell."""
    alive = before.keys() & after.keys()
    assert alive
    assert {flow: after[flow] for flow in alive} == {flow: before[flow] for flow in alive}


def with_counter(backends: list[str], *names: str) -> Any:
    """An edit: other backends, and more atoms on the way, so that it takes a takeover."""

    def edit(spec: Any) -> None:
        spec["parameters"]["backends"] = backends
        for name in names:
            spec["atoms"][name] = {"use": "Count"}
        way = " -> ".join(["balance[balanced]", *names, "forwarded"])
        spec["flow"][3] = f"{way} -> [packets]to_servers -> send_servers"

    return edit


async def test_no_flow_changes_backend_while_the_list_changes_in_the_same_commit(
    farm: Site,
) -> None:
    first = backed_by(POOL[:4])
    second = changed(first, "1.1.0", with_counter([POOL[1], POOL[2], POOL[4]], "one"))
    third = changed(
        first, "1.2.0", with_counter([f"{POOL[4]} weight 3", POOL[1], POOL[0]], "one", "two")
    )
    files = pipeline(farm, first, PARAMETERS, INTERFACES)
    async with running(farm, files, second, third) as followed:
        await all_are_visited(farm, followed, POOL[:4])
        async with traffic(farm.network, SMALL, VIP, POOL) as load:
            before = await flows(followed)
            await upgrade(followed, second)
            between, drained = await flows(followed), await handed_out(followed, POOL[0])
            assert_none_moved(before, between)
            await gets_more(followed, POOL[4])
            assert await handed_out(followed, POOL[0]) == drained, "no new flow for one that left"
            between = await flows(followed)
            await upgrade(followed, third)
            after = await flows(followed)
            assert_none_moved(between, after)
            await gets_more(followed, POOL[0])
            seen = await load.finish()
        assert_nothing_lost(seen)
        assert {backend.partition(":")[0] for backend in before.values()} <= set(POOL[:4])
        assert await number(followed, "web.moved") == 0


async def test_list_and_health_change_without_a_takeover(farm: Site) -> None:
    first = backed_by(POOL[:3])
    files = pipeline(farm, first, PARAMETERS, INTERFACES)
    async with running(farm, files) as followed:
        await all_are_visited(farm, followed, POOL[:3])
        async with traffic(farm.network, SMALL, VIP, POOL) as load:
            before = await flows(followed)
            merge = await followed.merge("others", {ELEMENT: backed_by(POOL[1:5])})
            assert merge.outcome.kind is OutcomeKind.APPLIED
            plan = followed.witness.plans[-1]
            assert StepKind.TAKEOVER not in {step.kind for step in plan.steps}
            assert_none_moved(before, await flows(followed))
            await followed.device.write_handlers([("web.health", f"{POOL[4]} down")])
            down = await handed_out(followed, POOL[4])
            await gets_more(followed, POOL[3])
            assert await handed_out(followed, POOL[4]) == down
            await followed.device.write_handlers([("web.health", f"{POOL[4]} up")])
            seen = await load.finish()
        # A flow of the one that was down moved, and its server knew nothing of it.
        assert seen.udp_lost == 0
        assert seen.http_requests > 8


async def test_no_flow_leaves_a_server_that_answers_by_itself(direct_farm: Site) -> None:
    first = backed_by(POOL[:3])
    second = changed(first, "1.1.0", with_counter(POOL[1:3], "one"))
    third = changed(first, "1.2.0", with_counter(POOL[:3], "one", "two"))
    files = pipeline(direct_farm, first, {**PARAMETERS, "mode": "direct"}, INTERFACES)
    async with running(direct_farm, files, second, third) as followed:
        await all_are_visited(direct_farm, followed, POOL[:3])
        async with traffic(direct_farm.network, SMALL, VIP, ()) as load:
            for release in (second, third):
                before = await flows(followed)
                await upgrade(followed, release)
                assert_none_moved(before, await flows(followed))
            seen = await load.finish()
        assert_nothing_lost(seen)
        assert await number(followed, "forwarded.count") > 1000
        assert await number(followed, "returned.count") == 0, "answers took their own way"


async def test_it_answers_ping_and_tells_of_packets_without_a_hop_left(farm: Site) -> None:
    files = pipeline(farm, backed_by(POOL), PARAMETERS, INTERFACES)
    client, server = Host(farm.network.client), Host(farm.network.server)

    def try_all() -> None:
        for host, address in ((client, VIP), (client, OUTER), (server, GATEWAY)):
            assert host.ping(address).payload == b"ping"
        expired = client.refused(VIP, UDP_PORT, ttl=1)
        assert (expired.source, expired.type, expired.code) == (OUTER, 11, 0)
        expired = server.refused(CLIENT_ADDRESS, UDP_PORT, ttl=1)
        assert (expired.source, expired.type, expired.code) == (GATEWAY, 11, 0)

    async with running(farm, files):
        await asyncio.to_thread(try_all)
