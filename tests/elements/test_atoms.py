"""The example of every atom becomes a graph that the driver accepts; some also pass packets."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from reconciler.library import Library, load_library
from tests import libraries
from tests.cpp import compile_driver
from tests.elements.atom_graphs import around, resolved
from tests.libraries import todays_library
from tests.packets import (
    ACK,
    ETHERTYPE_ARP,
    MAC_A,
    MAC_B,
    RST,
    SYN,
    arp,
    ether,
    icmp,
    ipv4,
    ipv6,
    raw,
    read_pcap,
    tcp,
    udp,
    write_pcap,
)

ATOMS = sorted(todays_library().atoms)


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return load_library(libraries.pcap(tmp_path_factory.mktemp("library")))


@pytest.fixture(scope="session")
def whole_driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A driver with every class."""
    out = tmp_path_factory.mktemp("whole") / "driver"
    return compile_driver(out, todays_library().elements)


@pytest.mark.parametrize("name", ATOMS)
def test_the_example_of_an_atom_configures(name: str, library: Library, whole_driver: Path) -> None:
    text = resolved(library, around(name, library.atoms[name]))
    command = [str(whole_driver), "-q", "-e", text]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, ""), text


Try = Callable[[Mapping[str, Any], list[str], list[bytes]], dict[str, list[bytes]]]


@pytest.fixture
def through(library: Library, whole_driver: Path, tmp_path: Path) -> Try:
    """Run a flow; return packets by named output, as ToFile atoms wrote them."""

    def run(
        atoms: Mapping[str, Any], flow: list[str], frames: list[bytes]
    ) -> dict[str, list[bytes]]:
        ends = sorted({line.split("-> ")[-1] for line in flow} - set(atoms))
        files = {end: {"use": "ToFile", "with": {"file": f"{tmp_path}/{end}.pcap"}} for end in ends}
        source = {"use": "FromFile", "with": {"file": f"{tmp_path}/in.pcap"}}
        spec = {"atoms": {"source": source, **atoms, **files}, "flow": flow}
        write_pcap(tmp_path / "in.pcap", frames)
        text = resolved(library, spec)
        command = [str(whole_driver), "-e", text]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return {end: [one.data for one in read_pcap(tmp_path / f"{end}.pcap")] for end in ends}

    return run


A, B, A6, B6 = "10.0.0.1", "10.0.0.2", "2001:db8::1", "2001:db8::2"


def test_ethernet_headers_come_back_behind_atoms_that_only_know_ip(through: Try) -> None:
    frames = [
        ether(ipv4(A, B, udp(1, 2))),
        ether(arp("request", A, B), ethertype=ETHERTYPE_ARP),
        ether(ipv6(A6, B6, udp(1, 2))),
    ]
    found = through(
        {"parts": {"use": "Dissect"}, "voice": {"use": "SetDSCP", "with": {"dscp": 46}},
         "joined": {"use": "RewriteMAC",
                    "with": {"source": "2:0:0:0:0:1", "destination": "2:0:0:0:0:2"}}},
        ["source -> parts[ip] -> voice -> joined -> out", "parts[other] -> joined"],
        frames,
    )  # fmt: skip
    macs = bytes.fromhex("020000000002 020000000001")
    expected = [
        macs + ether(ipv4(A, B, udp(1, 2), tos=46 << 2))[12:],
        macs + frames[1][12:],
        macs + ether(ipv6(A6, B6, udp(1, 2), traffic_class=46 << 2))[12:],
    ]
    assert sorted(found["out"]) == sorted(expected)


def test_transport_headers_are_checked_by_protocol(through: Try) -> None:
    good = [
        ipv4(A, B, tcp(1, 2, SYN)),
        ipv4(A, B, udp(1, 2, b"a")),
        ipv4(A, B, icmp(8, payload=b"ping")),
        ipv6(A6, B6, udp(1, 2, b"a")),
        ipv4(A, B, raw(47, b"tunnel")),
        ipv4(A, B, raw(17, bytes(24)), more=True),
    ]
    bad = [packet[:-1] + b"\xff" for packet in good[:4]]
    found = through(
        {"parts": {"use": "Dissect"}, "sound": {"use": "CheckTransport"}},
        ["source -> parts[ip] -> sound -> good", "parts[other] -> rest", "sound[invalid] -> bad"],
        [ether(packet) for packet in [*good, *bad]],
    )
    assert sorted(found["good"]) == sorted(good)
    assert sorted(found["bad"]) == sorted(bad)


def test_checksums_are_set_by_protocol(through: Try) -> None:
    packets = [
        ipv4(A, B, tcp(1, 2, SYN)),
        ipv4(A, B, udp(1, 2, b"a")),
        ipv6(A6, B6, tcp(1, 2, SYN)),
        ipv4(A, B, icmp(8, payload=b"ping")),
        ipv4(A, B, raw(17, bytes(24)), more=True),
    ]
    broken = [_without_checksum(packet) for packet in packets]
    found = through(
        {"parts": {"use": "Dissect"}, "sums": {"use": "SetChecksums"}},
        ["source -> parts[ip] -> sums -> out", "parts[other] -> rest"],
        [ether(packet) for packet in broken],
    )
    assert sorted(found["out"]) == sorted(packets)


def _without_checksum(packet: bytes) -> bytes:
    at = {17: 26, 6: 36}.get(packet[9]) if packet[0] >> 4 == 4 else {6: 56}[packet[6]]
    if at is None or packet[6] & 0x20:
        return packet
    return packet[:at] + b"\0\0" + packet[at + 2 :]


def test_routes_part_packets_and_name_next_hops(through: Try) -> None:
    routes = {"lan": ["192.0.2.0/24", "2001:db8:1::/48"], "wan": ["0.0.0.0/0 via 198.51.100.1"]}
    packets = [
        ipv4(A, "192.0.2.7", udp(1, 2)),
        ipv4(A, "203.0.113.7", udp(1, 2)),
        ipv6(A6, "2001:db8:1::7", udp(1, 2)),
        ipv6(A6, "2001:db8:2::7", udp(1, 2)),
    ]
    found = through(
        {"parts": {"use": "Dissect"}, "route": {"use": "Route", "with": {"routes": routes}}},
        [
            "source -> parts[ip] -> route[lan] -> lan",
            "parts[other] -> rest",
            "route[wan] -> wan",
            "route[unreachable] -> nowhere",
        ],
        [ether(packet) for packet in packets],
    )
    assert (found["lan"], found["wan"]) == ([packets[0], packets[2]], [packets[1]])
    assert found["nowhere"] == [packets[3]]


ENDS = {"local": "192.0.2.1", "remote": "192.0.2.2"}
TURNED = {"local": "192.0.2.2", "remote": "192.0.2.1"}


def test_packets_and_frames_come_out_of_a_tunnel_as_they_went_in(through: Try) -> None:
    packets = [ipv4(A, B, udp(1, 2, b"a")), ipv6(A6, B6, tcp(1, 2, SYN))]
    frames = [ether(packet) for packet in packets]
    frames.append(ether(arp("request", A, B), ethertype=ETHERTYPE_ARP))
    found = through(
        {"copies": {"use": "Tee", "with": {"outputs": ["ip", "frames", "vxlan"]}},
         "parts": {"use": "Dissect"},
         "into": {"use": "EncapGRE", "with": {**ENDS, "key": 7}},
         "out_of": {"use": "DecapGRE", "with": {**TURNED, "key": 7}},
         "into_f": {"use": "EncapGRE", "with": {**ENDS, "checksum": True}},
         "out_of_f": {"use": "DecapGRE", "with": TURNED},
         "into_x": {"use": "EncapVXLAN", "with": {**ENDS, "vni": 7}},
         "out_of_x": {"use": "DecapVXLAN", "with": {**TURNED, "vni": 7}}},
        ["source -> copies[ip] -> parts[ip] -> into -> out_of[ip] -> packets",
         "parts[other] -> rest", "out_of[other] -> rest",
         "copies[frames] -> into_f -> out_of_f[frame] -> frames",
         "out_of_f[ip] -> rest", "out_of_f[other] -> rest",
         "copies[vxlan] -> into_x -> out_of_x -> vxlan", "out_of_x[other] -> rest"],
        frames,
    )  # fmt: skip
    assert sorted(found["packets"]) == sorted(packets)
    assert found["frames"] == found["vxlan"] == frames
    assert found["rest"] == [frames[2]]


def test_a_refused_segment_is_answered_on_the_way_it_came(through: Try) -> None:
    frames = [ether(ipv4(A, B, tcp(1000, 80, SYN, seq=7))), ether(ipv4(A, B, udp(1, 2)))]
    found = through(
        {"parts": {"use": "Dissect"}, "refuse": {"use": "TcpResetOnReject"},
         "back": {"use": "ReflectFrame"}},
        ["source -> parts[ip] -> refuse -> back -> answers", "refuse[other] -> unanswered",
         "parts[other] -> unanswered"],
        frames,
    )  # fmt: skip
    answer = ipv4(B, A, tcp(80, 1000, RST | ACK, ack=8, window=0), dont_fragment=True)
    assert found["answers"] == [ether(answer, source=MAC_B, destination=MAC_A)]
    assert found["unanswered"] == [frames[1][14:]] or found["unanswered"] == [frames[1]]


def test_ip_packets_get_an_ethernet_header_of_their_version(through: Try) -> None:
    packets = [ipv4(A, B, udp(1, 2)), ipv6(A6, B6, udp(1, 2))]
    found = through(
        {"parts": {"use": "Dissect"}, "into": {"use": "EncapGRE", "with": ENDS},
         "out_of": {"use": "DecapGRE", "with": TURNED},
         "framed": {"use": "EncapEthernet", "with": {"source": MAC_A, "destination": MAC_B}}},
        ["source -> parts[ip] -> into -> out_of[ip] -> framed -> out", "parts[other] -> rest",
         "out_of[other] -> rest"],
        [ether(packet) for packet in packets],
    )  # fmt: skip
    assert sorted(found["out"]) == sorted(map(ether, packets))


def test_a_frame_is_not_made_of_a_packet_without_an_ethernet_header(library: Library) -> None:
    with pytest.raises(
        AssertionError, match=r"out_of\[ip\] carries ip, to_lan \(Send\) takes frame"
    ):
        resolved(library, {
            "atoms": {
                "from_lan": {"use": "Receive", "with": {"interface": "lan"}},
                "parts": {"use": "Dissect"},
                "out_of": {"use": "DecapGRE", "with": TURNED},
                "to_lan": {"use": "Send", "with": {"interface": "lan"}},
                "drop": {"use": "Discard"},
            },
            "flow": ["from_lan -> parts[ip] -> out_of[ip] -> to_lan", "parts[other] -> drop",
                     "out_of[other] -> drop"],
        })  # fmt: skip
