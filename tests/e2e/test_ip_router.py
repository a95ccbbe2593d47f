"""Upgrades of a router under load, and a router's duties to its senders."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import pytest

from reconciler.testbed.measure import Load, traffic
from reconciler.testbed.merges import Running
from reconciler.testbed.network import CLIENT_ADDRESS, SERVER_ADDRESS, Network
from reconciler.testbed.site import Site
from tests.e2e.support.host import Host
from tests.e2e.support.losses import assert_nothing_lost
from tests.e2e.support.pipelines import changed, example, number, pipeline, running, upgrade
from tests.e2e.support.routed import CLIENT, SERVER, route_through
from tests.elements.wires import within

LOAD = Load(downloaders=8, download_bytes=32_768, packets_per_second=4_000)
ROUTER = example("ip-router")
NOWHERE, NOBODY = "203.0.113.9", "10.77.2.99"
CLOSED_PORT = 9
IP_MTU_DISCOVER, IP_PMTUDISC_DONT = 10, 0  # linux/in.h
NOWHERE6, NOBODY6 = "2001:db8:9::9", "2001:db8:2::99"
PARAMETERS = {
    "lan_addresses": [f"{CLIENT.router}/24", f"{CLIENT.router_six}/64"],
    "wan_addresses": [f"{SERVER.router}/24", f"{SERVER.router_six}/64"],
    "address": CLIENT.router,
    "address6": CLIENT.router_six,
    "lan_routes": [
        "10.77.1.0/24", f"{CLIENT_ADDRESS}/32 via {CLIENT.on_link}", "2001:db8:1::/64",
    ],
    "wan_routes": [
        "10.77.2.0/24", f"{SERVER_ADDRESS}/32 via {SERVER.on_link}", "2001:db8:2::/64",
    ],
    "own_routes": [
        *(f"{side.router}/32" for side in (CLIENT, SERVER)),
        *(f"{side.router_six}/128" for side in (CLIENT, SERVER)),
    ],
}  # fmt: skip


@pytest.fixture
def routed(site: Site) -> Site:
    route_through(site.network)
    return site


def counted(spec: Any) -> None:
    """Also count packets that are answered."""
    spec["atoms"]["answered"] = {"use": "Count"}
    flow = spec["flow"]
    at = next(i for i, line in enumerate(flow) if line.startswith("route[local]"))
    flow[at] = "route[local] -> ping -> answered -> own"


def marked(spec: Any) -> None:
    """Also mark packets to the wan."""
    counted(spec)
    spec["atoms"]["mark"] = {"use": "SetDSCP", "with": {"dscp": 10}}
    flow = spec["flow"]
    at = next(i for i, line in enumerate(flow) if "wan_fit[fits]" in line)
    flow[at] = flow[at].replace("wan_fit[fits]", "wan_fit[fits] -> mark")


@contextmanager
def echo(network: Network) -> Iterator[socket.socket]:
    """Provide a client's socket whose IPv6 datagrams the server sends back."""
    make = lambda: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)  # noqa: E731
    with within(network.server, make) as far, within(network.client, make) as near:
        far.bind((SERVER.six, 9000))
        far.settimeout(0.1)
        near.connect((SERVER.six, 9000))
        near.settimeout(5)
        done = threading.Event()

        def answer() -> None:
            while not done.is_set():
                with suppress(TimeoutError):
                    data, source = far.recvfrom(2048)
                    far.sendto(data, source)

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield near
        finally:
            done.set()
            thread.join()


async def queries(followed: Running) -> int:
    """Return how often a neighbour was asked for."""
    resolvers = ("lan_hosts", "wan_hosts", "lan_own", "wan_own")
    return sum([await number(followed, f"{one}.queries") for one in resolvers])


async def test_upgrades_lose_no_packet_and_ask_no_neighbour_again(routed: Site) -> None:
    second, third = changed(ROUTER, "1.1.0", counted), changed(ROUTER, "1.2.0", marked)
    files = pipeline(routed, ROUTER, PARAMETERS)
    client = Host(routed.network.client)
    with echo(routed.network) as six:

        def exchange(text: bytes) -> None:
            six.send(text)
            assert six.recv(2048) == text
            for address in (CLIENT.router, SERVER.on_link, SERVER.router_six, SERVER.six):
                assert client.ping(address).source == address

        # The first packets to a neighbour wait for its answer, not more than a queue of them.
        async with running(routed, files, second, third) as followed:
            await asyncio.to_thread(exchange, b"before")
            async with traffic(routed.network, LOAD) as flow:
                asked = await queries(followed)
                for release, text in ((second, b"second"), (third, b"third")):
                    await upgrade(followed, release)
                    await asyncio.to_thread(exchange, text)
                assert await queries(followed) == asked, "neighbours are known from before"
                assert await number(followed, "answered.count") > 0
                seen = await flow.finish()
            assert_nothing_lost(seen)
            for side in ("lan", "wan"):
                assert await number(followed, f"{side}_hosts.unreachable") == 0


Error = tuple[str, int, int]
"""Sender, type and code."""


def try_all(client: Host, cases: Sequence[tuple[str, int, int, Error]]) -> None:
    """Send datagrams to an address with a TTL and size; check the error that answers each."""
    for address, ttl, size, error in cases:
        told = client.refused(address, CLOSED_PORT, ttl, size)
        assert (told.source, told.type, told.code) == error
        assert size < 1400 or told.rest == 1400, "the MTU"


async def test_senders_are_told_why_a_packet_went_no_further(routed: Site) -> None:
    files = pipeline(routed, ROUTER, {**PARAMETERS, "mtu": 1400})
    client, ours, ours_six = Host(routed.network.client), CLIENT.router, CLIENT.router_six
    four = (
        (SERVER.host, 1, 8, (ours, 11, 0)),
        (NOWHERE, 64, 8, (ours, 3, 0)),
        (SERVER.host, 64, 1450, (ours, 3, 4)),
        (NOBODY, 64, 8, (ours, 3, 1)),
        (SERVER.host, 64, 8, (SERVER.host, 3, 3)),
    )
    six = (
        (SERVER.six, 1, 8, (ours_six, 3, 0)),
        (NOWHERE6, 64, 8, (ours_six, 1, 0)),
        (SERVER.six, 64, 1450, (ours_six, 2, 0)),
        (NOBODY6, 64, 8, (ours_six, 1, 3)),
        (SERVER.six, 64, 8, (SERVER.six, 1, 4)),
    )
    async with running(routed, files) as followed:
        await asyncio.gather(*(asyncio.to_thread(try_all, client, cases) for cases in (four, six)))
        assert await number(followed, "wan_hosts.unreachable") == 2
        assert await number(followed, "too_big.pmtu") == 1400


def udp_socket() -> socket.socket:
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


def send_a_long_datagram(network: Network) -> None:
    """Send a datagram that may be fragmented, which must arrive whole."""
    sent = bytes(range(250)) * 8
    with ExitStack() as open_until_then:
        ends = []
        for namespace in (network.client, network.server):
            end = within(namespace, udp_socket)
            ends.append(open_until_then.enter_context(end))
        client, server = ends
        server.bind((SERVER.on_link, 0))
        server.settimeout(5)
        client.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT)
        client.sendto(sent, server.getsockname())
        assert server.recv(4096) == sent


async def test_long_packets_arrive_in_fragments(routed: Site) -> None:
    """Datagrams are fragmented where allowed; TCP finds the path MTU by itself."""
    files = pipeline(routed, ROUTER, {**PARAMETERS, "mtu": 1280})
    async with running(routed, files) as followed:
        await asyncio.to_thread(Host(routed.network.client).ping, SERVER.on_link)
        async with traffic(routed.network, LOAD) as flow:
            await asyncio.sleep(1.0)
            seen = await flow.finish()
        assert_nothing_lost(seen)
        assert await number(followed, "wan_fit.fragments") == 0
        assert await number(followed, "lan_fit.drops") > 0
        await asyncio.to_thread(send_a_long_datagram, routed.network)
        assert await number(followed, "wan_fit.fragments") > 1
