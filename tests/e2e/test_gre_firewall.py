"""Upgrades of a firewall whose far side is a GRE tunnel: the tunnel's other end notices nothing.

client -- firewall -- peer -- server: the peer ends the tunnel and forwards what leaves it to the
server. It is one of our drivers, since not every kernel has GRE; other tests check its headers byte
by byte.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from pyroute2 import NetNS

from reconciler.library import Library
from reconciler.testbed.measure import Load, traffic
from reconciler.testbed.network import (
    SERVER_ADDRESS,
    Network,
    bring_up,
    hold,
    join,
    prepare,
    release,
)
from reconciler.testbed.site import Site
from tests.cpp import compile_driver
from tests.driver.running import ControlClient, RunningDriver
from tests.e2e.support.held import held
from tests.e2e.support.host import Host
from tests.e2e.support.losses import assert_nothing_lost
from tests.e2e.support.pipelines import changed, example, number, pipeline, running, upgrade
from tests.e2e.support.routed import CLIENT, SERVER, route_through
from tests.e2e.support.waiting import eventually
from tests.elements.wires import driver_in
from tests.supervisor.running import socket_in

LOAD = Load(downloaders=8, download_bytes=32_768, packets_per_second=4_000)
FIREWALL = example("gre-firewall")
WAN_ETHER, PEER_ETHER, FAR_ETHER = "02:00:5e:00:53:02", "02:00:5e:00:53:fe", "02:00:5e:00:53:ff"
SERVER_ETHER = "02:00:5e:00:53:77"
LOCAL, GATEWAY, REMOTE = "198.51.100.1", "198.51.100.254", "203.0.113.1"
PARAMETERS = {
    "lan_addresses": [f"{CLIENT.router}/24"],
    "lan_gateway": CLIENT.on_link,
    "address": CLIENT.router,
    "wan_ether": WAN_ETHER,
    "wan_gateway": GATEWAY,
    "local": LOCAL,
    "remote": REMOTE,
}
PEER_CLASSES = [
    *["ARPResponder", "CheckIPHeader", "Classifier", "Discard", "EtherEncap", "FromDevice"],
    *["GREDecap", "GREEncap", "Queue", "Strip", "ToDevice"],
]
PEER = """\
to_wan :: Queue -> ToDevice(eth0); to_server :: Queue -> ToDevice(eth1);
from_wan :: FromDevice(eth0, PROMISC true, SNIFFER false) -> w :: Classifier(12/0806, 12/0800, -);
w[0] -> ARPResponder({gateway} {peer}) -> to_wan;
w[1] -> Strip(14) -> CheckIPHeader -> out_of :: GREDecap(LOCAL {remote}, REMOTE {local})
  -> CheckIPHeader -> EtherEncap(0x0800, {far}, {server}) -> to_server;
w[2] -> Discard;
from_server :: FromDevice(eth1, PROMISC true, SNIFFER false)
  -> s :: Classifier(12/0806, 12/0800, -);
s[0] -> ARPResponder({router} {far}) -> to_server;
s[1] -> Strip(14) -> CheckIPHeader -> GREEncap({remote}, {local})
  -> EtherEncap(0x0800, {peer}, {wan}) -> to_wan;
s[2] -> Discard;
"""
Tunnelled = tuple[Site, ControlClient]


@pytest.fixture
def tunnelled(tmp_path: Path, library: Library) -> Iterator[Tunnelled]:
    """The site whose wan ends at the tunnel's other end, and that end's control socket."""
    with ExitStack() as stack:
        client, firewall, peer, server = (hold(n) for n in ("client", "firewall", "peer", "server"))
        for namespace in (client, firewall, peer, server):
            stack.callback(release, namespace)
        join(client, "eth0", firewall, "eth0")
        join(peer, "eth0", firewall, "eth1")
        join(server, "eth0", peer, "eth1")
        for namespace in (client, firewall, peer, server):
            ends = namespace in (client, server)
            names = ["eth0"] if ends else ["eth0", "eth1"]
            prepare(namespace, names, offloads_off=ends)
            bring_up(namespace, [*names, "lo"])
        with NetNS(server.path, flags=0) as netns:
            netns.link("set", index=netns.link_lookup(ifname="eth0")[0], address=SERVER_ETHER)
        network = Network(client, firewall, server)
        route_through(network)
        text = PEER.format(
            gateway=GATEWAY, peer=PEER_ETHER, far=FAR_ETHER, wan=WAN_ETHER, local=LOCAL,
            remote=REMOTE, router=SERVER.router, server=SERVER_ETHER,
        )  # fmt: skip
        driver = compile_driver(tmp_path / "peer", PEER_CLASSES)
        within_peer = driver_in(peer, driver, tmp_path / "peer.sh")
        process = stack.enter_context(RunningDriver(within_peer, text, tmp_path / "peer.sock"))
        yield Site(network, tmp_path, library), process.client()


def counted(spec: Any) -> None:
    """Also count refused connections."""
    spec["atoms"]["refusals"] = {"use": "Count"}
    flow = spec["flow"]
    at = next(i for i, line in enumerate(flow) if line.startswith("whitelist[denied]"))
    flow[at] = flow[at].replace("refuse ->", "refuse -> refusals ->")


def keyed_in_vain(spec: Any) -> None:
    """Also allow another port."""
    counted(spec)
    spec["parameters"]["allowed"] = [*spec["parameters"]["allowed"], "tcp dst port 8443"]


async def test_upgrades_keep_every_session_through_the_tunnel(tunnelled: Tunnelled) -> None:
    site, peer = tunnelled
    second, third = changed(FIREWALL, "1.1.0", counted), changed(FIREWALL, "1.2.0", keyed_in_vain)
    files = pipeline(site, FIREWALL, PARAMETERS)
    async with running(site, files, second, third) as followed:
        await asyncio.to_thread(Host(site.network.client).ping, SERVER.on_link)
        async with traffic(site.network, LOAD) as flow, held(site.network) as connections:
            before = await followed.sessions()
            await upgrade(followed, second)
            await connections.answer()
            await upgrade(followed, third)
            await connections.answer()
            assert connections.sessions <= before & await followed.sessions()
            asked = await number(followed, "gateway.queries")
            seen = await flow.finish()
        assert_nothing_lost(seen)
        assert asked == 1, "the gateway is known from before"
        assert await number(followed, "clamp.clamped") > LOAD.downloaders

        async def all_came_out() -> bool:
            """Return whether no packet is still in the tunnel or behind it."""
            return int(peer.read("out_of.count")) == await number(followed, "forwarded.count")

        await eventually(all_came_out, 10)
        assert int(peer.read("out_of.count")) > seen.udp_received


async def test_what_is_not_allowed_is_refused_at_once(tunnelled: Tunnelled) -> None:
    site, _ = tunnelled
    async with running(site, pipeline(site, FIREWALL, PARAMETERS)) as followed:

        def connect() -> None:
            with socket_in(site.network.client, socket.SOCK_STREAM) as connection:
                connection.settimeout(10)
                with pytest.raises(ConnectionRefusedError):
                    connection.connect((SERVER_ADDRESS, 22))

        await asyncio.to_thread(connect)
        assert await number(followed, "refuse.sent") == 1
        client = Host(site.network.client)
        expired = await asyncio.to_thread(client.refused, SERVER_ADDRESS, 443, 1)
        assert (expired.source, expired.type) == (CLIENT.router, 11)
