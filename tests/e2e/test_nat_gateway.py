"""Upgrades of a NAT gateway under load: no mapping changes, and no port is reassigned too soon."""

from __future__ import annotations

import asyncio
import re
import socket
from contextlib import ExitStack
from typing import Any

import pytest

from reconciler.outcome import OutcomeKind
from reconciler.testbed.measure import Load, traffic
from reconciler.testbed.merges import Running
from reconciler.testbed.site import Site
from schemas.plan import Fate
from tests.e2e.support.asking import Datagrams
from tests.e2e.support.encounters import Caller, long_datagrams
from tests.e2e.support.host import Host
from tests.e2e.support.inside import inside_hosts
from tests.e2e.support.losses import assert_nothing_lost
from tests.e2e.support.natted import HOSTS, OUTSIDE, PARAMETERS, behind_a_nat, telling_server
from tests.e2e.support.pipelines import (
    ELEMENT,
    changed,
    example,
    number,
    pipeline,
    running,
    upgrade,
)
from tests.e2e.support.routed import CLIENT, SERVER
from tests.e2e.support.telling import PORT, Endpoint, talking, tcp_socket, udp_socket
from tests.e2e.support.waiting import eventually

pytestmark = pytest.mark.timeout(400)  # the first run of all compiles
LOAD = Load(downloaders=8, download_bytes=32_768, packets_per_second=4_000)


def short_lived(spec: Any) -> None:
    """Let UDP sessions time out soon, so that ports become free during the test."""
    spec["states"]["nat"]["with"]["udp"] = "2s"


GATEWAY = changed(example("nat-gateway"), "1.0.1", short_lived)


def counted(spec: Any) -> None:
    """Also count packets that are turned back inside."""
    spec["atoms"]["met"] = {"use": "Count"}
    flow = spec["flow"]
    flow[flow.index("translate_out[hairpin] -> returned")] = (
        "translate_out[hairpin] -> met -> returned"
    )


def marked(spec: Any) -> None:
    """Also mark outgoing packets."""
    counted(spec)
    spec["atoms"]["mark"] = {"use": "SetDSCP", "with": {"dscp": 10}}
    flow = spec["flow"]
    at = flow.index("translate_out[out] -> forwarded -> [packets]gateway")
    flow[at] = "translate_out[out] -> mark -> forwarded -> [packets]gateway"


@pytest.fixture
def natted(site: Site) -> Site:
    behind_a_nat(site.network)
    return site


def short_visits(site: Site, host: str, ports: range) -> set[Endpoint]:
    """Let sockets on these ports ask once and close; return their outside endpoints."""
    with ExitStack() as stack:
        return {
            Datagrams(stack.enter_context(udp_socket(site.network.client, (host, port)))).ask()
            for port in ports
        }


async def held_down(followed: Running) -> set[Endpoint]:
    """Return the UDP endpoints in hold-down."""
    lines = (await followed.device.read("nat.mapping_table 65536")).splitlines()
    found = [re.fullmatch(r"udp \S+ ([\d.]+):(\d+) 0 held \d+", line) for line in lines]
    return {(one[1], int(one[2])) for one in found if one}


async def test_mappings_stay_and_ports_rest_across_upgrades(natted: Site) -> None:
    second, third = changed(GATEWAY, "1.1.0", counted), changed(GATEWAY, "1.2.0", marked)
    # One address: with two, whether the hosts share any of their ports is a matter of luck.
    files = pipeline(natted, GATEWAY, {**PARAMETERS, "external": [OUTSIDE[0]]})
    visited = range(30_000, 30_020)
    async with running(natted, files, second, third) as followed:
        with (
            telling_server(natted.network),
            inside_hosts(natted.network) as inside,
            long_datagrams(natted.network) as halves,
        ):
            async with traffic(natted.network, LOAD) as flow:
                with talking(inside.exchange):
                    resting = await asyncio.to_thread(short_visits, natted, HOSTS[2], visited)

                    async def all_rest() -> bool:
                        return resting <= await held_down(followed)

                    await eventually(all_rest, 20)
                    for release in (second, third):
                        await asyncio.to_thread(halves.begin)
                        await upgrade(followed, release)
                        await asyncio.to_thread(halves.finish)
                        assert resting <= await held_down(followed)
                        host = HOSTS[3] if release == third else HOSTS[0]
                        others = await asyncio.to_thread(short_visits, natted, host, visited)
                        assert not others & resting, "a port in hold-down went to another host"
                        assert not others & inside.endpoints, "a port in use did"
                seen = await flow.finish()
        assert_nothing_lost(seen)
        assert inside.rounds > 20
        changed_endpoints = {who: ends for who, ends in inside.seen.items() if len(ends) != 1}
        assert not changed_endpoints, "an endpoint has one mapping, whatever happens"
        assert len(inside.endpoints) == len(inside.datagrams) + len(inside.pair)
        assert {address for address, _ in inside.endpoints} <= set(OUTSIDE)
        assert await number(followed, "met.count") > 0
        assert await number(followed, "nat.refused") == 0


async def test_tables_grow_while_everybody_talks(natted: Site) -> None:
    def larger(spec: Any) -> None:
        spec["parameters"]["sessions"] *= 2

    files = pipeline(natted, GATEWAY, {**PARAMETERS, "filtering": "endpoint_independent"})
    async with running(natted, files) as followed:
        with (
            telling_server(natted.network),
            inside_hosts(natted.network, open_to_all=True) as inside,
            long_datagrams(natted.network) as halves,
        ):
            async with traffic(natted.network, LOAD) as flow:
                with talking(inside.exchange):
                    resting = await asyncio.to_thread(
                        short_visits, natted, HOSTS[2], range(30_000, 30_020)
                    )

                    async def all_rest() -> bool:
                        return resting <= await held_down(followed)

                    await eventually(all_rest, 20)
                    await asyncio.to_thread(halves.begin)
                    merge = await followed.merge(
                        "larger", {ELEMENT: changed(GATEWAY, "1.1.0", larger)}
                    )
                    assert merge.outcome.kind is OutcomeKind.APPLIED
                    await asyncio.to_thread(halves.finish)
                    (fate,) = [s for s in followed.witness.plans[-1].states if s.name == "nat"]
                    assert fate.fate is Fate.MIGRATED
                    assert resting <= await held_down(followed)
                seen = await flow.finish()
        assert_nothing_lost(seen)
        assert {len(ends) for ends in inside.seen.values()} == {1}


def forwarding(spec: Any) -> None:
    spec["parameters"]["forwards"] = [f"tcp {OUTSIDE[0]}:8080 -> {HOSTS[1]}:80"]
    spec["parameters"]["filtering"] = "endpoint_independent"


def say(near: socket.socket, far: socket.socket) -> None:
    near.sendall(b"hello")
    assert far.recv(16) == b"hello"


async def test_forwards_and_filtering_change_without_a_takeover(natted: Site) -> None:
    files = pipeline(natted, GATEWAY, PARAMETERS)
    with ExitStack() as stack:
        stack.enter_context(telling_server(natted.network))
        known = Datagrams(stack.enter_context(udp_socket(natted.network.client, (HOSTS[1], 5300))))
        strangers = [Caller(natted.network, known, let_in) for let_in in (False, True, False)]
        listener = stack.enter_context(tcp_socket(natted.network.client, (HOSTS[1], 80)))
        listener.listen(4)

        def connect(source_port: int, seconds: float = 5) -> socket.socket:
            made = stack.enter_context(
                tcp_socket(natted.network.server, (SERVER.on_link, source_port))
            )
            made.settimeout(seconds)
            try:
                made.connect((OUTSIDE[0], 8080))
            except OSError:
                made.close()  # else its SYN is sent again, and let in once the forward is there
                raise
            return made

        async with running(natted, files) as followed:
            with pytest.raises(OSError):
                await asyncio.to_thread(connect, 3000, 1)
            takeovers = len(followed.witness.takeovers)
            await asyncio.to_thread(strangers[0].call)
            merge = await followed.merge(
                "forward", {ELEMENT: changed(GATEWAY, "1.1.0", forwarding)}
            )
            assert merge.outcome.kind is OutcomeKind.APPLIED, merge.outcome
            visitor = await asyncio.to_thread(connect, 3001)
            accepted, sender = await asyncio.to_thread(listener.accept)
            stack.enter_context(accepted)
            assert sender == (SERVER.on_link, 3001)
            await asyncio.to_thread(say, visitor, accepted)
            await asyncio.to_thread(strangers[1].call)
            await followed.merge(
                "no forward",
                {ELEMENT: changed(GATEWAY, "1.2.0", lambda spec: None)},
            )
            await asyncio.to_thread(say, accepted, visitor)
            await asyncio.to_thread(strangers[2].call)
            with pytest.raises(OSError):
                await asyncio.to_thread(connect, 3002, 1)
            assert len(followed.witness.takeovers) == takeovers, "both were live changes"


async def test_senders_are_told_why_a_packet_went_no_further(natted: Site) -> None:
    files = pipeline(natted, GATEWAY, {**PARAMETERS, "mtu": 1400})
    client, server = Host(natted.network.client), Host(natted.network.server)

    def try_all() -> None:
        expired = client.refused(SERVER.on_link, PORT, ttl=1)
        assert (expired.source, expired.type, expired.code) == (CLIENT.router, 11, 0)
        long = client.refused(SERVER.on_link, PORT, size=1450)
        assert (long.source, long.type, long.code, long.rest) == (CLIENT.router, 3, 4, 1400)
        closed = client.refused(SERVER.on_link, PORT)
        assert (closed.source, closed.type, closed.code) == (SERVER.on_link, 3, 3)
        assert client.ping(CLIENT.router).source == CLIENT.router
        assert client.ping(OUTSIDE[0]).source == OUTSIDE[0]
        assert server.ping(OUTSIDE[1]).source == OUTSIDE[1]
        unsolicited = server.refused(OUTSIDE[0], PORT)
        assert (unsolicited.source, unsolicited.type, unsolicited.code) == (SERVER.router, 3, 3)

    async with running(natted, files) as followed:
        await asyncio.to_thread(try_all)
        assert await number(followed, "translate_out.translated") > 0
