"""The shipped network elements that route or translate, on packets that no router forwards (RFC
1812 5.3.7, RFC 2644, RFC 3927 7, RFC 4291 2.5, RFC 6890).
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest

from reconciler.library import Library, load_library
from reconciler.testbed.desired import parse_object
from tests import libraries
from tests.cpp import compile_driver
from tests.elements.atom_graphs import resolved
from tests.kernels.neighbours import arp_frame, option
from tests.objects import ROOT
from tests.packets import BROADCAST, ether, icmp, icmp6, ip_address, ipv4, ipv6, read_pcap, udp
from tests.packets import write_pcap as write

FAR, FAR6, NEAR6 = "203.0.113.9", "2001:db8:3::9", "2001:db8:1::9"
LINK, LINK6, HOST_MAC = "169.254.1.9", "fe80::9", "02:00:00:00:00:07"


@dataclass(frozen=True, eq=False)
class Entry:
    """A link of a network element: what arrives there from `host`, and where it is counted."""

    element: str
    link: str
    mac: str
    host: str
    martians: str
    counter: str
    broadcasts: tuple[str, ...]
    six: bool = True
    parameters: Mapping[str, Any] = field(default_factory=dict)
    records: str = ""
    """Handler with the number of sessions."""
    to: str = FAR

    def __str__(self) -> str:
        return f"{self.element}-{self.link}"


LAN, WAN = "02:00:5e:00:53:01", "02:00:5e:00:53:02"
TWO_LINKS = ("192.0.2.255", "198.51.100.255")
EXTERNAL = "198.51.100.1"
FORWARDED = {"forwards": [f"udp {EXTERNAL}:53 -> 10.0.0.5:53"]}
ENTRIES = (
    Entry("ip-router", "lan", LAN, "192.0.2.9", "lan_martians", "forwarded", TWO_LINKS),
    Entry("ip-router", "wan", WAN, "198.51.100.9", "wan_martians", "forwarded", TWO_LINKS),
    Entry(
        "nat-gateway", "lan", LAN, "10.0.0.9", "lan_martians", "forwarded",
        ("10.255.255.255", "198.51.100.255"), six=False, records="nat.sessions",
    ),
    Entry(
        "nat-gateway", "wan", WAN, FAR, "wan_martians", "returned",
        ("10.255.255.255", "198.51.100.255"), six=False, records="nat.sessions",
        parameters={**FORWARDED, "filtering": "endpoint_independent"}, to=EXTERNAL,
    ),
    Entry(
        "load-balancer", "clients", "02:00:00:00:00:01", "192.0.2.9", "martians_in", "forwarded",
        ("192.0.2.255", "10.0.0.255"), to="10.0.0.99",
    ),
    Entry(
        "load-balancer", "servers", "02:00:00:00:00:02", "10.0.0.11", "martians_out", "returned",
        ("192.0.2.255", "10.0.0.255"),
    ),
    Entry(
        "gre-firewall", "lan", LAN, "192.0.2.9", "lan_martians", "forwarded", TWO_LINKS,
        records="sessions.count",
    ),
)  # fmt: skip
DESTINATIONS = {
    "127.0.0.1": "bad_destination",
    "0.0.0.0": "bad_destination",
    "240.0.0.1": "bad_destination",
    "224.0.0.5": "multicast",
    "255.255.255.255": "broadcast",
    "169.254.0.1": "link_local",
    "::1": "bad_destination",
    "::": "bad_destination",
    "::ffff:192.0.2.1": "bad_destination",
    "ff02::5": "multicast",
    "ff0e::5": "multicast",
    "fe80::5": "link_local",
}
SOURCES = {
    "127.0.0.1": "bad_source",
    "0.0.0.0": "bad_source",
    "255.255.255.255": "bad_source",
    "224.0.0.1": "bad_source",
    "240.0.0.1": "bad_source",
    LINK: "link_local",
    "::1": "bad_source",
    "::": "bad_source",
    "::ffff:192.0.2.9": "bad_source",
    LINK6: "beyond_scope",
    "ff02::1": None,  # no IPv6 header at all: CheckIP6Header drops it
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return load_library(libraries.pcap(tmp_path_factory.mktemp("library")))


Run = Callable[[Entry, list[bytes]], "Told"]


@dataclass(frozen=True)
class Told:
    """What handlers said at the end, and frames to one host that left by each interface."""

    numbers: Mapping[str, int]
    reasons: Mapping[str, int]
    sent: Mapping[str, list[bytes]]


@pytest.fixture(scope="module")
def run(library: Library, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Put frames on one link of a shipped network element; return what became of them."""
    folder = tmp_path_factory.mktemp("martians")
    configured = cache(partial(on_files, library, folder))
    classes = {name for one in ENTRIES for name in re.findall(r":: (\w+)", configured(one))}
    driver = compile_driver(folder / "driver", classes)

    def run(entry: Entry, frames: list[bytes]) -> Told:
        for old in folder.glob("*.pcap"):
            old.unlink()
        write(folder / "in.pcap", frames)
        handlers = [f"{entry.counter}.count", f"{entry.martians}.drop_details"]
        handlers += [entry.records] * bool(entry.records)
        wanted = [word for handler in handlers for word in ("-h", handler)]
        command = [str(driver), "-e", configured(entry), *wanted]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return Told(
            {name: int(n) for name, n in re.findall(r"^(\S+):\n(\d+)$", done.stdout, re.M)},
            {why: int(n) for n, why in re.findall(r"^([1-9]\d*)\t(\w+)$", done.stdout, re.M)},
            {file.stem: unicasts(file) for file in folder.glob("to_*.pcap")},
        )

    return run


def unicasts(file: Path) -> list[bytes]:
    """Return the frames of a file but for questions to all."""
    return [one.data for one in read_pcap(file) if not one.data[0] & 1]


FILES = {"Receive": ("FromFile", "from"), "Send": ("ToFile", "to")}


def on_files(library: Library, folder: Path, entry: Entry) -> str:
    """Return the configuration that reads frames of one link from in.pcap and writes what leaves by
    a link `x` to to_x.pcap.
    """
    spec = parse_object((ROOT / f"desired_state/elements/{entry.element}.yaml").read_text())["spec"]
    spec["interfaces"] = ["lan", "wan"]
    spec["parameters"].update(entry.parameters)
    for atom in spec["atoms"].values():
        if atom["use"] in FILES:
            use, way = FILES[atom["use"]]
            file = f"{folder}/{way}_{atom['with']['interface']}.pcap"
            atom.update({"use": use, "with": {"file": file}})
    text = resolved(library, spec)
    text = text.replace(f"{folder}/from_{entry.link}.pcap", f"{folder}/in.pcap")
    return re.sub(rf"FromDump\({folder}/from_\w+\.pcap, STOP true\)", "Idle", text)


def datagram(entry: Entry, source: str, destination: str) -> bytes:
    make = ipv6 if ":" in source else ipv4
    return ether(make(source, destination, udp(5000, 53)), source=HOST_MAC, destination=entry.mac)


def pairs(entry: Entry) -> list[tuple[str, str, str | None]]:
    """Return source, destination and the reason for the drop, of every kind."""
    all_pairs = [(NEAR6 if ":" in to else entry.host, to, why) for to, why in DESTINATIONS.items()]
    # A link-local neighbour may ask the gateway itself, which is not to forward that.
    reasons = {**SOURCES, LINK: None} if entry.to == EXTERNAL else SOURCES
    all_pairs += [(one, FAR6 if ":" in one else entry.to, why) for one, why in reasons.items()]
    all_pairs += [(entry.host, to, "broadcast") for to in entry.broadcasts]
    all_pairs += [(source, entry.to, "bad_source") for source in entry.broadcasts]
    return [one for one in all_pairs if entry.six or ":" not in one[0]]


@pytest.mark.parametrize("entry", ENTRIES, ids=str)
def test_what_no_router_forwards_is_dropped_and_counted(entry: Entry, run: Run) -> None:
    for source, destination, why in pairs(entry):
        told = run(entry, [datagram(entry, source, destination)])
        case = f"{source} > {destination}"
        assert told.reasons == ({why: 1} if why else {}), case
        assert not any(told.numbers.values()), f"{case} is forwarded or mapped"
        assert not any(told.sent.values()), f"{case} leads to {told.sent}"


@pytest.mark.parametrize("entry", ENTRIES, ids=str)
def test_other_packets_are_forwarded(entry: Entry, run: Run) -> None:
    for source, destination in ((entry.host, entry.to), (NEAR6, FAR6)):
        if ":" in source and not entry.six:
            continue
        told = run(entry, [datagram(entry, source, destination)])
        assert not told.reasons
        assert set(told.numbers.values()) == {1}, f"{source} > {destination}: {told.numbers}"


OWN6 = "2001:db8:1::1"
BALANCER_SIX = {
    "clients_addresses": ["192.0.2.2/24", "192.0.2.80/24", f"{OWN6}/64"],
    "clients_address6": OWN6,
}


ASKED = (
    (ENTRIES[0], "192.0.2.1"),
    (Entry("load-balancer", "clients", "02:00:00:00:00:01", LINK, "martians_in", "forwarded", (),
           parameters=BALANCER_SIX), "192.0.2.2"),
    (ENTRIES[2], "10.0.0.1"),
    (ENTRIES[3], EXTERNAL),
)  # fmt: skip


@pytest.mark.parametrize(("entry", "own"), ASKED, ids=[str(entry) for entry, _ in ASKED])
def test_link_local_neighbours_are_answered_on_their_link(entry: Entry, own: str, run: Run) -> None:
    """Pings, and ICMPv6 errors to a source whose packet went beyond its scope (RFC 4443 3.1)."""
    link = {"source": HOST_MAC, "destination": entry.mac}
    ping = ether(ipv4(LINK, own, icmp(8, payload=b"ping")), **link)
    frames = [arp_frame("request", LINK, own, sender_mac=HOST_MAC, to=BROADCAST), ping]
    expected = {ipv4(own, LINK, icmp(0, payload=b"ping"), ttl=255)}
    if entry.six:
        asked = icmp6(135, payload=ip_address(OWN6).packed + option(1, HOST_MAC))
        beyond = ipv6(LINK6, FAR6, udp(5000, 53))
        frames += [
            ether(ipv6(LINK6, "ff02::1:ff00:1", asked, hop_limit=255),
                  source=HOST_MAC, destination="33:33:ff:00:00:01"),
            ether(ipv6(LINK6, OWN6, icmp6(128, payload=b"ping")), **link),
            ether(beyond, **link),
        ]  # fmt: skip
        expected.add(ipv6(OWN6, LINK6, icmp6(129, payload=b"ping"), hop_limit=255))
        expected.add(ipv6(OWN6, LINK6, icmp6(1, 2, payload=beyond), hop_limit=255))
    told = run(entry, frames)
    answers = {ether(one, source=entry.mac, destination=HOST_MAC) for one in expected}
    assert answers <= set(told.sent.pop(f"to_{entry.link}"))
    assert not any(told.sent.values()), "nothing on the other link"
    assert told.reasons == ({"beyond_scope": 1} if entry.six else {})
