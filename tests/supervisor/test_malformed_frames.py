"""Hostile frames through every network element that is shipped: none ends or harms its worker.

CLICKUP_THOROUGH=1 sends 400,000; CLICKUP_SEED=N sends those of a run before.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random, SystemRandom

import pytest

from reconciler.graph.click_language import render
from reconciler.resolve import resolve
from reconciler.testbed.desired import INTERFACES, parse_object
from reconciler.testbed.network import Network
from reconciler.testbed.site import Site
from tests.cpp import compile_driver
from tests.e2e.support.farm import INTERFACES as FARM
from tests.e2e.support.pipelines import example, pipeline
from tests.elements.wires import raw_socket
from tests.libraries import todays_library
from tests.malformed import Side, frames
from tests.netns import needs_sandbox
from tests.supervisor.running import Supervised, until

pytestmark = [needs_sandbox, pytest.mark.timeout(900)]
THOROUGH = bool(os.environ.get("CLICKUP_THOROUGH"))
SEED = int(os.environ.get("CLICKUP_SEED") or (SystemRandom().randrange(1 << 32) if THOROUGH else 1))
BURST = 250
"""Frames from each side at once: no ring gets full of them."""
TAGS = (b"\x81\x00", b"\x88\xa8")
LAN, WAN = "02:00:5e:00:53:01", "02:00:5e:00:53:02"
HERE6, FAR6 = ("2001:db8:1::5", "fe80::5"), ("2001:db8:2::2", "2001:db8:9::9", "fe80::1", "ff02::1")
TUNNELS = """\
apiVersion: click-up/v1alpha1
kind: NetworkElement
metadata: {name: tunnels}
spec:
  version: 1.0.0
  summary: Takes frames out of a tunnel and puts them into another, and looks at all there is.
  interfaces: [lan, wan]
  parameters: {own: "02:00:5e:00:53:02", host: "02:00:00:00:00:99"}
  states:
    flows:    {use: FlowTable, keep: best-effort}
    stations: {use: StationTable, keep: best-effort}
  atoms:
    from_lan: {use: Receive, with: {interface: lan}}
    from_wan: {use: Receive, with: {interface: wan}}
    untag:    {use: PopVLAN}
    tag:      {use: PushVLAN, with: {vlan: 7}}
    bridge:   {use: LearnBridge, with: {stations: stations, ports: [near, far], vlan: true}}
    parts:    {use: Dissect}
    out_of:   {use: DecapVXLAN, with: {local: 198.51.100.1, remote: 203.0.113.1, vni: 7}}
    into:     {use: EncapVXLAN, with: {local: 198.51.100.1, remote: 203.0.113.1, vni: 7}}
    meter:    {use: MeterFlows, with: {flows: flows}}
    sound:    {use: CheckTransport}
    sums:     {use: SetChecksums}
    congest:  {use: SetECN, with: {ecn: ce}}
    spread:   {use: HashSwitch, with: {outputs: [one, two], by: flow}}
    back:     {use: Reflect}
    wrap:     {use: EncapEthernet, with: {source: $own, destination: $host}}
    to_lan:   {use: Send, with: {interface: lan}}
    to_wan:   {use: SendCoDel, with: {interface: wan, ecn: true}}
    drop:     {use: Discard}
  flow:
    - from_lan -> untag -> [near]bridge
    - bridge[near] -> tag -> to_lan
    - bridge[far] -> into -> wrap -> to_wan
    - from_wan -> parts[ip] -> out_of[frame] -> [far]bridge
    - parts[other] -> drop
    - out_of[other] -> meter -> sound[valid] -> sums -> congest -> spread[one, two] -> back -> wrap
"""


def side(ether: str, here: str, far: str) -> Side:
    """Return a side whose hosts have the addresses `here`, both separated by spaces."""
    return Side(ether, (*here.split(), *HERE6), (*far.split(), *FAR6))


@dataclass(frozen=True)
class Case:
    """A network element and what arrives at its two interfaces."""

    near: Side
    far: Side
    interfaces: Sequence[tuple[str, str]] = tuple(INTERFACES.items())


BRIDGED = Case(
    side(LAN, "10.0.0.5 10.0.0.6", "192.0.2.80 10.0.0.6"),
    side(WAN, "192.0.2.80 192.0.2.81", "10.0.0.5 10.0.0.6"),
)
CASES = {
    "edge-firewall": BRIDGED,
    "ids": BRIDGED,
    "rate-limiter": BRIDGED,
    "stateless-filter": BRIDGED,
    "gre-firewall": Case(
        side(LAN, "192.0.2.10 192.0.2.11", "203.0.113.80 192.0.2.1 127.0.0.1"),
        side(WAN, "203.0.113.1 203.0.113.80 198.51.100.254", "198.51.100.1 192.0.2.10"),
    ),
    "nat-gateway": Case(
        side(LAN, "10.0.0.5 10.0.0.6", "203.0.113.80 198.51.100.1 10.0.0.1"),
        side(WAN, "203.0.113.80 198.51.100.254", "198.51.100.1 10.0.0.5"),
    ),
    "load-balancer": Case(
        side("02:00:00:00:00:01", "203.0.113.5 192.0.2.1", "192.0.2.80 192.0.2.2 10.0.0.11"),
        side("02:00:00:00:00:02", "10.0.0.11 10.0.0.12 10.0.0.13", "203.0.113.5 10.0.0.1"),
        tuple(FARM.items()),
    ),
    "ip-router": Case(
        side(LAN, "192.0.2.10 192.0.2.11", "203.0.113.80 198.51.100.2 192.0.2.1 224.0.0.1"),
        side(WAN, "203.0.113.80 198.51.100.2", "192.0.2.10 198.51.100.1 255.255.255.255"),
    ),
    "tunnels": Case(
        side("ff:ff:ff:ff:ff:ff", "192.0.2.10 203.0.113.80", "203.0.113.80 192.0.2.10"),
        side(WAN, "203.0.113.1 203.0.113.80", "198.51.100.1 192.0.2.10"),
    ),
}
COUNT = (400_000 if THOROUGH else 18_000) // len(CASES)


@dataclass(frozen=True)
class Box:
    """A network element that runs: its supervisor, and the elements that receive."""

    supervised: Supervised
    receivers: tuple[str, ...]
    worker: int

    def alive(self) -> bool:
        """Whether it is still the first worker that forwards."""
        now = self.supervised.status()
        return (now["restarts"], now["active"] and now["active"]["pid"]) == (0, self.worker)

    def taken(self) -> int:
        return sum(int(self.supervised.worker(f"{one}.count")) for one in self.receivers)


@pytest.fixture(params=CASES)
def box(
    request: pytest.FixtureRequest, supervisor_program: Path, network: Network, tmp_path: Path
) -> Iterator[Box]:
    element = TUNNELS if request.param == "tunnels" else example(request.param)
    site = Site(network, tmp_path / "site", todays_library())
    files = pipeline(site, element, interfaces=dict(CASES[request.param].interfaces))
    graph = resolve(site.desired(files), site.library).graph
    driver = compile_driver(tmp_path / "driver", graph.classes)
    atoms = parse_object(element)["spec"]["atoms"].items()
    receivers = tuple(name for name, atom in atoms if atom["use"] == "Receive")
    place = network.firewall.path
    with Supervised(supervisor_program, driver, tmp_path, place) as supervised:
        supervised.confirmed("one", render(graph))
        yield Box(supervised, receivers, supervised.pid())


def arrives(frame: bytes) -> bool:
    """Whether the kernel lets it through: it drops tags that are cut short (skb_vlan_untag)."""
    return frame[12:14] not in TAGS or len(frame) >= 20


def pump(box: Box, network: Network, case: Case, random: Random) -> bool:
    """Send the frames from both sides, as fast as they are taken; return whether all were."""
    near = (frame for frame in frames(random, case.near) if arrives(frame))
    far = (frame for frame in frames(random, case.far) if arrives(frame))
    with raw_socket(network.client) as client, raw_socket(network.server) as server:
        for sent in range(2 * BURST, COUNT + 2 * BURST, 2 * BURST):
            for wire, made in ((client, near), (server, far)):
                for frame in islice(made, BURST):
                    wire.send(frame)
            until(lambda sent=sent: not box.alive() or box.taken() >= sent, "takes all frames", 60)
            if not box.alive():
                return False
    return True


def test_hostile_frames_end_no_worker(
    box: Box, network: Network, request: pytest.FixtureRequest
) -> None:
    name = request.node.callspec.params["box"]
    assert pump(box, network, CASES[name], Random(f"{SEED} {name}")), (
        f"to see it again: CLICKUP_SEED={SEED}; what its sanitizers said follows"
    )
