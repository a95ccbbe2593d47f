"""Receive rings: their size, their replacement under traffic, and the causes of drops."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest

from reconciler.testbed.network import Network
from tests.elements.wires import set_mtu
from tests.netns import needs_sandbox
from tests.supervisor.conftest import Start
from tests.supervisor.running import Stream, Supervised

pytestmark = needs_sandbox

MEGABYTE = 1 << 20


def ring(supervised: Supervised, interface: str = "eth0") -> dict[str, Any]:
    found: dict[str, Any] = supervised.status()["rings"][interface]
    return found


def give(supervised: Supervised, megabytes: int) -> None:
    code, why = supervised.write("share", f"ring_memory={megabytes * MEGABYTE}")
    assert code == 200, why


def test_a_ring_follows_from_the_speed_of_its_link_within_its_memory(start: Start) -> None:
    supervised = start("--ring-memory", 48 * MEGABYTE)
    supervised.takeover("one")
    # A veth pair says that it carries 10 Gb/s.
    assert ring(supervised)["bytes"] == 48 * MEGABYTE and ring(supervised)["bound"] == "memory"


def test_rings_change_their_size_under_traffic_without_loss(
    forwarding: Supervised, network: Network
) -> None:
    with Stream(network) as stream:
        for megabytes in (8, 64, 4, 32):
            stream.run_on(100)
            give(forwarding, megabytes)
            changed = f"rings have {megabytes} MB"
            forwarding.wait_for(
                lambda now, size=megabytes * MEGABYTE: all(
                    ring["bytes"] == size for ring in now["rings"].values()
                ),
                changed,
            )
            stream.run_on(100)
        before = forwarding.status()["interfaces"]["eth0"]["rx_packets"]
        forwarding.takeover("two")
        stream.run_on(100)
    assert not stream.lost
    assert stream.arrived == sorted(set(stream.arrived)), "in order, none twice"
    assert before >= 800, "counters go on in the new ring"
    assert [event["frames"] for event in forwarding.events("ring_changed")][-1] == str(
        32 * MEGABYTE // 2048
    )


def test_rings_follow_an_mtu_under_traffic_without_loss(
    forwarding: Supervised, network: Network
) -> None:
    with Stream(network) as stream:
        for mtu, frame_bytes in ((9000, 16384), (1500, 2048)):
            for interface in ("eth0", "eth1"):
                set_mtu(network.firewall, interface, mtu)
            forwarding.wait_for(
                lambda now, size=frame_bytes: all(
                    ring["bytes"] == size * ring["frames"] for ring in now["rings"].values()
                ),
                f"frames of {frame_bytes} bytes",
            )
            stream.run_on(100)
    assert not stream.lost
    assert stream.arrived == sorted(set(stream.arrived)), "in order, none twice"
    assert [event["frame_bytes"] for event in forwarding.events("ring_changed")] == [
        *("16384", "16384", "2048", "2048")
    ]


def test_a_worker_killed_while_its_ring_changes_loses_nothing(
    forwarding: Supervised, network: Network
) -> None:
    with Stream(network) as stream:
        for number in range(12):
            stream.run_on(50)
            give(forwarding, 32 if number % 2 else 64)
            forwarding.wait_for(lambda now: now["state"] == "forwarding", "forwards")
            # At any moment of the change: it is looked for five times a second.
            stream.run_on(10 + 37 * number % 400)
            os.kill(forwarding.pid(), signal.SIGKILL)
            restarts = number + 1
            forwarding.wait_for(
                lambda now, want=restarts: now["restarts"] == want, "the worker is restarted"
            )
        forwarding.wait_for(
            lambda now: {ring["bytes"] for ring in now["rings"].values()} == {32 * MEGABYTE},
            "the last change is made all the same",
        )
        stream.run_on(100)
    dropped = [one["rx_dropped"] for one in forwarding.status()["interfaces"].values()]
    assert dropped == [0, 0], "the rings held what came while there was no worker"
    # Packets that a killed worker had taken from its ring but not sent are lost with it.
    assert len(stream.lost) <= 12
    assert stream.arrived == sorted(set(stream.arrived))


def test_a_ring_that_a_killed_worker_was_offered_is_offered_to_the_next(
    forwarding: Supervised,
) -> None:
    os.kill(forwarding.pid(), signal.SIGSTOP)
    give(forwarding, 8)
    forwarding.wait_for(lambda now: forwarding.events("ring_offered"), "offered")
    os.kill(forwarding.pid(), signal.SIGKILL)
    forwarding.wait_for(
        lambda now: {ring["bytes"] for ring in now["rings"].values()} == {8 * MEGABYTE},
        "the ring is changed all the same",
    )
    offered = [event["interface"] for event in forwarding.events("ring_offered")]
    assert len(offered) == 3 and offered[0] == offered[1], "the first of two is offered twice"


def test_a_takeover_waits_for_a_ring_that_changes(forwarding: Supervised) -> None:
    give(forwarding, 8)
    forwarding.takeover("two")  # tries again while it is told to
    forwarding.confirm("two")
    forwarding.wait_for(
        lambda now: all(ring["bytes"] == 8 * MEGABYTE for ring in now["rings"].values()), "changed"
    )
    assert forwarding.status()["active"]["release"] == "two"
    assert len(forwarding.events("ring_changed")) == 2


def test_drops_are_told_with_their_cause(start: Start, network: Network) -> None:
    supervised = start("--ring-memory", MEGABYTE)
    supervised.confirmed("one")
    with Stream(network, per_second=20_000) as stream:
        stream.run_on()
        worker = supervised.pid()
        os.kill(worker, signal.SIGSTOP)
        supervised.wait_for(lambda now: ring(supervised)["drops"], "frames are dropped")
        os.kill(worker, signal.SIGCONT)
        stream.run_on()
    drops = ring(supervised)["drops"]
    assert drops["frames"] > 0 and drops["cause"] == "burst", "nobody else had its processor"
    (event, *_) = supervised.events("frames_dropped")
    assert event["interface"] == "eth0" and int(event["frames"]) > 0


@pytest.mark.parametrize("text", ["ring_memory=1", "ring_memory=lots", "memory=1", "nonsense"])
def test_a_share_that_cannot_be_given_changes_nothing(forwarding: Supervised, text: str) -> None:
    before = ring(forwarding)["bytes"]
    code, why = forwarding.write("share", f"priority=normal\n{text}")
    assert code == 520 and why.startswith("request: ")
    assert ring(forwarding)["bytes"] == before
    assert forwarding.status()["scheduling"]["wanted"] == "best"
