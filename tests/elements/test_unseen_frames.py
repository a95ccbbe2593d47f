"""No network element that is shipped lets IP through that it did not look at (CERT VU#855201,
CVE-2021-27853, CVE-2021-27862): in tags, PPPoE, MPLS, LLC; priority tags are as if not there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from reconciler.graph.click_language import render
from reconciler.load import load
from reconciler.load.repository import unbound_instance
from reconciler.resolve import resolve
from reconciler.testbed.desired import edit_object
from tests.elements.frames import Drive
from tests.libraries import todays_library
from tests.objects import ROOT
from tests.packets import (
    BROADCAST,
    ETHERTYPE_ARP,
    arp,
    ether,
    icmp,
    ipv4,
    read_pcap,
    udp,
    write_pcap,
)

HOST, SERVER = "10.0.0.2", "192.0.2.80"
TAGGED = {
    "priority 0": "81000000",
    "priority 5": "8100a000",
    "may be dropped": "81001000",
    "two": "8100000081000000",
    "a service tag": "88a86000",
    "one of each": "88a8000081000000",
    "three hundred": "8100a000" * 300,
}
"""Tags of VLAN 0."""
HIDDEN = {
    "802.1Q": "81000007 0800",
    "802.1Q behind a priority tag": "81000000 81000007 0800",
    "802.1ad": "88a80005 81000007 0800",
    "an older tag": "91000000 0800",
    "PPPoE": "8864 11000001 0024 0021",
    "MPLS": "8847 00010140",
    "MPLS multicast": "8848 00010140",
    "LLC and SNAP": "002a aaaa03 000000 0800",
    "a tag and LLC": "81000000 002a aaaa03 000000 0800",
}
"""What stands between the addresses and an IPv4 packet."""
INLINE = ["edge-firewall", "ids", "rate-limiter", "stateless-filter"]
ROUTED = ["gre-firewall", "ip-router", "load-balancer", "nat-gateway"]
IN_FRONT = dict.fromkeys(ROUTED, ("lan", "wan")) | {"load-balancer": ("clients", "servers")}


def between(frame: bytes, header: str) -> bytes:
    """Return the frame with these bytes behind its addresses."""
    return frame[:12] + bytes.fromhex(header) + frame[12:]


def hidden(frame: bytes, header: str) -> bytes:
    """Return the frame with these bytes in place of its type."""
    return frame[:12] + bytes.fromhex(header) + frame[14:]


@cache
def shipped(name: str, **parameters: Any) -> str:
    """Return a network element as Click text, with these parameters."""
    path = f"elements/{name}.yaml"
    text = (ROOT / "desired_state" / path).read_text()
    chosen = {key: list(value) for key, value in parameters.items()}
    text = edit_object(text, lambda document: document["spec"]["parameters"].update(chosen))
    result = resolve(unbound_instance(load({path: text}).elements[name]), todays_library())
    assert not result.diagnostics
    return render(result.graph)


def on_files(text: str, side: str) -> str:
    """Let frames come in from in.pcap on one interface, and leave into one file for each."""
    text = re.sub(rf"FromDevice\({side},.*\);", "FromDump(in.pcap, STOP true);", text)
    text = re.sub(r"FromDevice\(.*\);", "Idle;", text)
    text = re.sub(r"/queue :: Queue\(.*\);", "/queue :: Null;", text)
    return re.sub(r"ToDevice\((\w+)\);", r"ToDump(\1.pcap);", text)


@dataclass
class Box:
    """A network element between files."""

    drive: Drive
    folder: Path

    def run(self, text: str, side: str, frames: list[bytes], *handlers: str) -> str:
        """Send frames in on one side; return what the handlers say."""
        write_pcap(self.folder / "in.pcap", frames)
        done = self.drive(on_files(text, side), *handlers)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def left(self, side: str) -> list[bytes]:
        return [one.data for one in read_pcap(self.folder / f"{side}.pcap")]


@pytest.fixture
def box(drive: Drive, tmp_path: Path) -> Box:
    return Box(drive, tmp_path)


PUSHED = ether(ipv4(SERVER, HOST, udp(4000, 9999, b"attack")))
ASKED = ether(ipv4(HOST, SERVER, udp(4000, 53, b"/etc/passwd")))
ASKING = ether(arp("request", HOST, SERVER), destination=BROADCAST, ethertype=ETHERTYPE_ARP)


@pytest.mark.parametrize("name", INLINE)
def test_what_hides_ip_is_dropped_and_counted(box: Box, name: str) -> None:
    frames = [hidden(frame, header) for frame in (PUSHED, ASKED) for header in HIDDEN.values()]
    for side, far in (("lan", "wan"), ("wan", "lan")):
        counted = box.run(shipped(name), side, [ASKING, *frames], "unknown.count")
        assert box.left(far) == [ASKING]
        assert counted.split()[-1] == str(len(frames))


@pytest.mark.parametrize("name", INLINE)
def test_what_hides_ip_passes_as_it_is_when_a_parameter_says_so(box: Box, name: str) -> None:
    frames = {key: hidden(PUSHED, header) for key, header in HIDDEN.items()}
    pppoe = shipped(name, pass_unseen=("12/0806", "12/8863", "12/8864"))
    box.run(pppoe, "wan", [ASKING, *frames.values()])
    assert box.left("lan") == [ASKING, frames["PPPoE"]]
    del frames["802.1Q behind a priority tag"], frames["a tag and LLC"]
    box.run(shipped(name, pass_unseen=("-",)), "wan", [ASKING, *frames.values()])
    assert box.left("lan") == [ASKING, *frames.values()]


def tagged(frame: bytes) -> list[bytes]:
    return [between(frame, tags) for tags in TAGGED.values()]


def test_the_firewall_asks_the_session_table_about_what_has_a_priority_tag(box: Box) -> None:
    box.run(shipped("edge-firewall"), "wan", [PUSHED, *tagged(PUSHED)])
    assert box.left("lan") == []
    denied = ether(ipv4(HOST, SERVER, udp(4000, 9999)))
    said = box.run(
        shipped("edge-firewall"), "lan",
        [ASKED, *tagged(ASKED), *tagged(denied), *tagged(ASKING)],
        "sessions.count", "drop.count",
    )  # fmt: skip
    assert box.left("wan") == [ASKED] * (1 + len(TAGGED)) + [ASKING] * len(TAGGED)
    assert re.findall(r"^\d+$", said, re.M) == ["1", str(len(TAGGED))]


def test_the_detector_searches_and_the_limiter_counts_what_has_a_priority_tag(box: Box) -> None:
    frames, number = tagged(ASKED), len(TAGGED)
    handlers = {"ids": "suspicious.count", "rate-limiter": "forwarded.count"}
    for name, handler in handlers.items():
        assert box.run(shipped(name), "lan", frames, handler).split()[-1] == str(number)
        assert box.left("wan") == [ASKED] * number


def test_the_stateless_filter_drops_what_has_a_tag_of_any_kind(box: Box) -> None:
    """It has only classes of Click's, none of which takes off priority tags alone."""
    box.run(shipped("stateless-filter"), "lan", [ASKED, *tagged(ASKED)])
    assert box.left("wan") == [ASKED]


def conversation(lan: str, ether_address: str, beyond: str) -> list[bytes]:
    """Return what a host sends: who has its gateway's address, a ping, and a datagram beyond."""
    near = lan.rpartition(".")[0] + ".9"
    return [
        ether(arp("request", near, lan), destination=BROADCAST, ethertype=ETHERTYPE_ARP),
        ether(ipv4(near, lan, icmp(8, 0, 7 << 16 | 1, b"ping")), destination=ether_address),
        ether(ipv4(near, beyond, udp(4000, 53)), destination=ether_address),
    ]


GATEWAYS: Mapping[str, list[bytes]] = {
    "gre-firewall": conversation("192.0.2.1", "02:00:5e:00:53:01", "203.0.113.9"),
    "ip-router": conversation("192.0.2.1", "02:00:5e:00:53:01", "198.51.100.9"),
    "load-balancer": conversation("192.0.2.2", "02:00:00:00:00:01", "10.0.0.9"),
    "nat-gateway": conversation("10.0.0.1", "02:00:5e:00:53:01", "203.0.113.9"),
}


@pytest.mark.parametrize("name", ROUTED)
def test_gateways_take_what_has_a_priority_tag_as_untagged(box: Box, name: str) -> None:
    near, far = IN_FRONT[name]

    def answers(frames: list[bytes]) -> tuple[list[bytes], list[bytes]]:
        box.run(shipped(name), near, frames)
        return box.left(near), box.left(far)

    plain = answers(GATEWAYS[name])
    assert plain[0] and plain[1], "it answers its neighbour, and looks for the one beyond"
    for tags in TAGGED.values():
        assert answers([between(frame, tags) for frame in GATEWAYS[name]]) == plain
    for header in HIDDEN.values():
        assert answers([hidden(frame, header) for frame in GATEWAYS[name]]) == ([], [])
