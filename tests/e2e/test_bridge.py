"""Upgrades of a bridge of three segments under load: what it has learned is kept.

A third segment listens. Frames between client and server that reach it were flooded.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciler.library import Library
from reconciler.testbed.measure import Load, traffic
from reconciler.testbed.network import bring_up, hold, join, network, prepare, release
from reconciler.testbed.site import Site
from tests.e2e.support.losses import assert_nothing_lost
from tests.e2e.support.pipelines import changed, number, pipeline, running, upgrade
from tests.elements.wires import raw_socket

LOAD = Load(downloaders=8, download_bytes=32_768, packets_per_second=4_000)
BRIDGE = """\
apiVersion: click-up/v1alpha1
kind: NetworkElement
metadata: {name: bridge}
spec:
  version: 1.0.0
  interfaces: [lan, wan, spy]
  states:
    stations: {use: StationTable, with: {capacity: 1024}, keep: required}
  atoms:
    from_lan: {use: Receive, with: {interface: lan}}
    from_wan: {use: Receive, with: {interface: wan}}
    from_spy: {use: Receive, with: {interface: spy}}
    bridge:   {use: LearnBridge, with: {stations: stations, ports: [lan, wan, spy]}}
    to_lan:   {use: Send, with: {interface: lan}}
    to_wan:   {use: Send, with: {interface: wan}}
    to_spy:   {use: Send, with: {interface: spy}}
  flow:
    - from_lan -> [lan]bridge[lan] -> to_lan
    - from_wan -> [wan]bridge[wan] -> to_wan
    - from_spy -> [spy]bridge[spy] -> to_spy
"""
PORTS = {"lan": "eth0", "wan": "eth1", "spy": "eth2"}
IPV4 = b"\x08\x00"


@pytest.fixture
def segments(tmp_path: Path, library: Library) -> Iterator[tuple[Site, socket.socket]]:
    """Client and server, and a socket that hears what reaches a third segment."""
    with network() as joined:
        spy = hold("spy")
        try:
            join(spy, "eth0", joined.firewall, "eth2")
            prepare(spy, ["eth0"], offloads_off=True)
            prepare(joined.firewall, ["eth2"], offloads_off=False)
            bring_up(spy, ["eth0"])
            bring_up(joined.firewall, ["eth2"])
            with raw_socket(spy) as listening:
                yield Site(joined, tmp_path, library), listening
        finally:
            release(spy)


def heard(listening: socket.socket) -> list[bytes]:
    """Return IPv4 frames that have arrived since."""
    frames = []
    listening.setblocking(False)
    while True:
        try:
            frame, address = listening.recvfrom(65536)
        except BlockingIOError:
            return frames
        if address[2] != socket.PACKET_OUTGOING and frame[12:14] == IPV4:
            frames.append(frame)


def reordered(spec: Any) -> None:
    """Return the same ports in another order: only their names matter."""
    spec["atoms"]["bridge"]["with"]["ports"] = ["spy", "wan", "lan"]


def counted(spec: Any) -> None:
    reordered(spec)
    spec["atoms"]["sent"] = {"use": "Count"}
    spec["flow"][1] = "from_wan -> [wan]bridge[wan] -> sent -> to_wan"


async def test_an_upgrade_floods_nothing(segments: tuple[Site, socket.socket]) -> None:
    site, listening = segments
    second, third = changed(BRIDGE, "1.1.0", reordered), changed(BRIDGE, "1.2.0", counted)
    async with running(site, pipeline(site, BRIDGE, interfaces=PORTS), second, third) as followed:
        async with traffic(site.network, LOAD) as flow:
            heard(listening)  # until both have sent something, their first frames are flooded
            flooded = await number(followed, "bridge.flooded")
            await upgrade(followed, second)
            await upgrade(followed, third)
            assert await number(followed, "bridge.flooded") == flooded
            assert heard(listening) == []
            assert await number(followed, "stations.count") == 2
            assert await number(followed, "bridge.moves") == 0
            seen = await flow.finish()
        assert_nothing_lost(seen)
