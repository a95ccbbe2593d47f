"""The kernel takes a frame's outer tag off before the firewall reads it, and tells of it beside the
frame: what has a priority tag is looked at all the same (CERT VU#855201).
"""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from reconciler.testbed.merges import Running
from reconciler.testbed.network import CLIENT_ADDRESS, SERVER_ADDRESS
from reconciler.testbed.site import Site
from tests.e2e.support.host import Host
from tests.e2e.support.pipelines import changed, example, number, pipeline, running, upgrade
from tests.e2e.support.waiting import eventually
from tests.elements.wires import interface_address, raw_socket
from tests.packets import ether, ipv4, udp
from tests.supervisor.running import socket_in

FIREWALL = example("edge-firewall")
NAMES, CLIENT_PORT = 53, 4000
PRIORITY_TAGS = ["81000000", "8100a000", "88a80000", "8100000081000000"]
OTHERS = ["81000007", "88a80005", "8100000081000007"]


def frames(site: Site, source_port: int, tags: list[str]) -> list[bytes]:
    """Return datagrams of the server for the client, one behind each of the tags."""
    to, own = (interface_address(one, "eth0") for one in (site.network.client, site.network.server))
    packets = (
        ipv4(SERVER_ADDRESS, CLIENT_ADDRESS, udp(source_port, CLIENT_PORT, tag.encode()))
        for tag in tags
    )
    plain = [ether(packet, source=own, destination=to) for packet in packets]
    return [
        frame[:12] + bytes.fromhex(tag) + frame[12:] for frame, tag in zip(plain, tags, strict=True)
    ]


def send(site: Site, frames: list[bytes]) -> None:
    """Send frames from the server."""
    with raw_socket(site.network.server) as wire:
        for frame in frames:
            wire.send(frame)


def as_before(spec: Any) -> None:
    """Make it the firewall that let every frame pass that is not IP."""
    for name in ("untag_out", "untag_in", "types_out", "types_in", "unknown"):
        del spec["atoms"][name]
    lines = [line for line in spec["flow"] if "-> unknown" not in line]
    spec["flow"] = [re.sub(r"(untag|types)_(out|in)(\[passed\])? -> ", "", line) for line in lines]


async def dropped(followed: Running, count: int) -> None:
    """Wait until this many frames were dropped for their type; all before them are through."""

    async def enough() -> bool:
        return await number(followed, "unknown.count") == count

    await eventually(enough, 10)


async def test_priority_tags_hide_nothing_from_the_firewall_that_follows_one_that_looked_away(
    site: Site,
) -> None:
    before = changed(FIREWALL, "0.9.0", as_before)
    async with running(site, pipeline(site, before), FIREWALL) as followed:
        with socket_in(site.network.client) as client:
            client.bind((CLIENT_ADDRESS, CLIENT_PORT))
            client.settimeout(5)
            send(site, frames(site, NAMES, PRIORITY_TAGS))
            assert [client.recv(100).decode() for _ in PRIORITY_TAGS] == PRIORITY_TAGS
            client.sendto(b"question", (SERVER_ADDRESS, NAMES))
            await asyncio.to_thread(Host(site.network.client).ping, SERVER_ADDRESS)
            await upgrade(followed, FIREWALL)
            send(site, frames(site, NAMES + 1, PRIORITY_TAGS))
            send(site, frames(site, NAMES, [*PRIORITY_TAGS, *OTHERS]))
            await dropped(followed, len(OTHERS))
            assert [client.recv(100).decode() for _ in PRIORITY_TAGS] == PRIORITY_TAGS
            client.setblocking(False)
            with pytest.raises(BlockingIOError):
                client.recv(100)
