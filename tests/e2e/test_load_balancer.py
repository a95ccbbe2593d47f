"""Upgrades of a load balancer whose list of backends changes: no flow changes its backend."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from typing import Any

import pytest

from reconciler.outcome import OutcomeKind
from reconciler.testbed.measure import HTTP_PORT, UDP_PORT, traffic
from reconciler.testbed.merges import Running
from reconciler.testbed.network import CLIENT_ADDRESS, Namespace
from reconciler.testbed.site import Site
from schemas.steps import StepKind
from tests.e2e.support.direct import direct_servers, direct_servers_six, serving, telling_of
from tests.e2e.support.farm import (
    CLIENT6,
    GATEWAY,
    GATEWAY6,
    INTERFACES,
    OUTER,
    OUTER6,
    PARAMETERS,
    POOL,
    POOL6,
    VIP,
    VIP6,
    both,
    place_servers,
    visitors,
    visitors_from,
)
from tests.e2e.support.host import Host
from tests.e2e.support.loads import SMALL
from tests.e2e.support.losses import assert_nothing_lost
from tests.e2e.support.pipelines import (
    ELEMENT,
    changed,
    example,
    number,
    pipeline,
    running,
    upgrade,
)
from tests.e2e.support.telling import PORT, talking
from tests.e2e.support.visitors import Visitors
from tests.e2e.support.waiting import eventually
from tests.elements.wires import raw_socket
from tests.packets import ether, ipv4, ipv6, udp
from tests.supervisor.running import socket_in

BALANCER = example("load-balancer")
Flows = dict[tuple[str, ...], str]


@pytest.fixture
def farm(site: Site) -> Site:
    """Five servers behind the balancer, on one host; clients know the service's address alone."""
    place_servers(site.network)
    return site


@pytest.fixture
def direct_farm(site: Site) -> Iterator[Site]:
    """Three hosts that own the service's address and answer clients directly."""
    with ExitStack() as stack:
        servers = direct_servers(stack, site.network, POOL[:3], VIP)
        direct_servers_six(site.network, servers, POOL6[:3], VIP6)
        stack.enter_context(telling_of(servers, POOL6[:3], VIP6))
        with serving(servers, VIP, HTTP_PORT, UDP_PORT, SMALL.bytes_per_second):
            yield site


def backed_by(backends: list[str]) -> str:
    """Return the first release, with this list of backends."""
    return changed(BALANCER, "1.0.1", lambda spec: spec["parameters"].update(backends=backends))


async def flows(followed: Running) -> Flows:
    """Return the backend of each live flow: it is neither closed nor about to be."""
    table = await followed.device.read("web.table 65536")
    lines = (line.split() for line in table.splitlines())
    return {tuple(words[:3]): words[3] for words in lines if words[4] in ("established", "stream")}


async def handed_out(followed: Running, backend: str) -> int:
    """Return the number of flows that the backend got so far."""
    lines = (await followed.device.read("web.backend_table")).splitlines()
    return sum(int(line.split()[-1]) for line in lines if line.split()[0] == backend)


async def gets_more(followed: Running, backend: str) -> None:
    """Wait until the backend has got another flow."""
    before = await handed_out(followed, backend)

    async def more() -> bool:
        return await handed_out(followed, backend) > before

    await eventually(more, 20)


async def all_are_visited(site: Site, followed: Running, backends: list[str]) -> None:
    """Connect until each backend has had a flow; only few packets wait while its address is
    resolved.
    """

    def visit() -> None:
        with socket_in(site.network.client, socket.SOCK_STREAM) as visitor:
            visitor.settimeout(5)
            with suppress(ConnectionRefusedError):
                visitor.connect((VIP, HTTP_PORT))

    while 0 in [await handed_out(followed, backend) for backend in backends]:
        await asyncio.to_thread(visit)


def assert_none_moved(before: Flows, after: Flows) -> None:
    """Check that no flow moved, and that some lived through the upgrade."""
    alive = before.keys() & after.keys()
    assert alive
    assert {flow: after[flow] for flow in alive} == {flow: before[flow] for flow in alive}


def with_counter(backends: list[str], *names: str) -> Any:
    """Return an edit: other backends, and more atoms in the path, so that it needs a takeover."""

    def edit(spec: Any) -> None:
        spec["parameters"]["backends"] = backends
        for name in names:
            spec["atoms"][name] = {"use": "Count"}
        way = " -> ".join(["balance[balanced]", *names, "forwarded"])
        spec["flow"][3] = f"{way} -> [packets]to_servers -> send_servers"

    return edit


async def each_has_a_visitor(six: Visitors, servers: list[str]) -> None:
    while six.homes < set(servers):
        assert await asyncio.to_thread(six.add) <= set(servers)


async def test_no_flow_changes_backend_while_the_list_changes_in_the_same_commit(
    farm: Site,
) -> None:
    first = backed_by(both(0, 1, 2, 3))
    second = changed(first, "1.1.0", with_counter(both(1, 2, 4), "one"))
    back = [f"{POOL[4]} weight 3", f"{POOL6[4]} weight 3", *both(1, 0)]
    third = changed(first, "1.2.0", with_counter(back, "one", "two"))
    files = pipeline(farm, first, PARAMETERS, INTERFACES)
    async with running(farm, files, second, third) as followed:
        await all_are_visited(farm, followed, POOL[:4])
        with visitors(farm.network) as six:
            await each_has_a_visitor(six, POOL6[:4])
            async with traffic(farm.network, SMALL, VIP, POOL) as load:
                with talking(six.exchange):
                    before = await flows(followed)
                    await upgrade(followed, second)
                    between, drained = await flows(followed), await handed_out(followed, POOL[0])
                    assert_none_moved(before, between)
                    await gets_more(followed, POOL[4])
                    assert await handed_out(followed, POOL[0]) == drained, "it left"
                    assert await asyncio.to_thread(six.add) <= {POOL6[n] for n in (1, 2, 4)}
                    between = await flows(followed)
                    await upgrade(followed, third)
                    after = await flows(followed)
                    assert_none_moved(between, after)
                    await gets_more(followed, POOL[0])
                seen = await load.finish()
        assert_nothing_lost(seen)
        servers = {backend.rpartition(":")[0].strip("[]") for backend in before.values()}
        assert servers <= set(both(0, 1, 2, 3))
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
            await followed.device.write([("web.health", f"{POOL[4]} down")])
            down = await handed_out(followed, POOL[4])
            await gets_more(followed, POOL[3])
            assert await handed_out(followed, POOL[4]) == down
            await followed.device.write([("web.health", f"{POOL[4]} up")])
            seen = await load.finish()
        # A flow of the backend that was down moved to a server that did not know it.
        assert seen.udp_lost == 0
        assert seen.http_requests > 8


async def test_no_flow_leaves_a_server_that_answers_by_itself(direct_farm: Site) -> None:
    first = backed_by(both(0, 1, 2))
    second = changed(first, "1.1.0", with_counter(both(1, 2), "one"))
    third = changed(first, "1.2.0", with_counter(both(0, 1, 2), "one", "two"))
    files = pipeline(direct_farm, first, {**PARAMETERS, "mode": "direct"}, INTERFACES)
    async with running(direct_farm, files, second, third) as followed:
        await all_are_visited(direct_farm, followed, POOL[:3])
        with visitors_from(direct_farm.network.client) as six:
            await each_has_a_visitor(six, POOL6[:3])
            async with traffic(direct_farm.network, SMALL, VIP, ()) as load:
                with talking(six.exchange):
                    for release in (second, third):
                        before = await flows(followed)
                        await upgrade(followed, release)
                        assert_none_moved(before, await flows(followed))
                seen = await load.finish()
        assert_nothing_lost(seen)
        assert await number(followed, "forwarded.count") > 1000
        assert await number(followed, "returned.count") == 0, "answers took their own way"


async def test_it_answers_ping_and_senders_are_told_why_packets_went_no_further(farm: Site) -> None:
    client, server = Host(farm.network.client), Host(farm.network.server)
    errors = [
        (client, VIP, UDP_PORT, 1, (OUTER, 11, 0)),
        (server, CLIENT_ADDRESS, UDP_PORT, 1, (GATEWAY, 11, 0)),
        (client, VIP, UDP_PORT, 64, (VIP, 3, 3)),
        (client, VIP6, PORT, 1, (OUTER6, 3, 0)),
        (server, CLIENT6, PORT, 1, (GATEWAY6, 3, 0)),
        (client, VIP6, PORT, 64, (VIP6, 1, 4)),
    ]

    def try_all() -> None:
        for host, addresses in (
            (client, (VIP, OUTER, VIP6, OUTER6)),
            (server, (GATEWAY, GATEWAY6)),
        ):
            for address in addresses:
                assert host.ping(address).payload == b"ping"
        for host, address, port, ttl, error in errors:
            told = host.refused(address, port, ttl)
            assert (told.source, told.type, told.code) == error

    files = pipeline(farm, backed_by(both(0, 1)), PARAMETERS, INTERFACES)
    async with running(farm, files) as followed:
        send_to_others(farm.network.client, (CLIENT_ADDRESS, VIP), (CLIENT6, VIP6))
        send_to_others(farm.network.server, (POOL[0], CLIENT_ADDRESS), (POOL6[0], CLIENT6))
        await asyncio.to_thread(try_all)
        assert await number(followed, "forwarded.count") == 2, "what was for closed ports"
        assert await number(followed, "returned.count") == 2, "and that they are"


def send_to_others(namespace: Namespace, *ends: tuple[str, str]) -> None:
    """Send packets in frames whose destination is another station or a group."""
    with raw_socket(namespace) as wire:
        for source, destination in ends:
            make = ipv6 if ":" in source else ipv4
            packet = make(source, destination, udp(7, PORT if ":" in source else UDP_PORT))
            for mac in ("02:00:00:00:00:99", "33:33:00:00:00:01", "ff:ff:ff:ff:ff:ff"):
                wire.send(ether(packet, destination=mac))
