"""FastUDPFlows: valid packets of the requested number of flows, which change ports in time."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.elements.frames import Drive
from tests.packets import ether, ipv4, read_pcap, udp

ADDRESSES = "2:0:0:0:0:1, 10.0.0.1, 2:0:0:0:0:2, 10.0.9.2"


def source(limit: int, length: int, flows: int, size: int, rest: str = "STOP true") -> str:
    """Return a source that emits `limit` frames of `length` bytes."""
    return f"FastUDPFlows(0, {limit}, {length}, {ADDRESSES}, {flows}, {size}, {rest})"


@pytest.mark.parametrize("length", [60, 64, 65, 1514])
def test_frames_are_those_of_a_host(length: int, drive: Drive, tmp_path: Path) -> None:
    done = drive(
        f"{source(200, length, 10, 1000)} -> ToDump(out.pcap) -> Strip(14)"
        " -> good :: CheckIPHeader -> CheckUDPHeader -> c :: Counter -> Discard;",
        "c.count",
    )
    assert (done.stdout, done.stderr) == ("200\n", "")
    flows = Counter(record.data for record in read_pcap(tmp_path / "out.pcap"))
    assert len(flows) == 10
    assert min(flows.values()) > 5
    for frame in flows:
        ports = (int.from_bytes(frame[34:36]), int.from_bytes(frame[36:38]))
        wanted = ipv4("10.0.0.1", "10.0.9.2", udp(*ports, bytes(length - 42)), ttl=250)
        assert frame == ether(wanted, source="2:0:0:0:0:1", destination="2:0:0:0:0:2")


def test_a_flow_changes_its_ports(drive: Drive, tmp_path: Path) -> None:
    drive(f"{source(100, 64, 1, 7, 'CHECKSUM false, STOP true')} -> ToDump(out.pcap) -> Discard;")
    records = read_pcap(tmp_path / "out.pcap")
    ports = [record.data[34:38] for record in records]
    assert [ports[at] for at in range(0, 98, 7)] == list(dict.fromkeys(ports))[:-1]
    assert {count for count in Counter(ports).values()} == {7, 2}
    assert {record.data[40:42] for record in records} == {b"\0\0"}


def test_pulled(drive: Drive) -> None:
    done = drive(
        f"s :: {source(500, 64, 3, 9)} -> Unqueue(BURST 9) -> c :: Counter -> Discard;",
        "c.count",
    )
    assert done.stdout == "500\n"


def test_rate(drive: Drive) -> None:
    done = drive(
        f"s :: FastUDPFlows(1000000, 400, 64, {ADDRESSES}, 2, 9, STOP true) -> c :: Counter"
        " -> Discard;",
        "c.count",
        "s.rate",
    )
    assert done.stdout == "c.count:\n400\n\ns.rate:\n1000000\n\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("0, 1, 59, 2:0:0:0:0:1, 10.0.0.1, 2:0:0:0:0:2, 10.0.9.2, 1, 1", "LENGTH is 60 to 9216"),
        ("0, 1, 64, 2:0:0:0:0, 10.0.0.1, 2:0:0:0:0:2, 10.0.9.2, 1, 1", "SRCETH '2:0:0:0:0'"),
        ("0, 1, 64, 2:0:0:0:0:1, 10.0.0, 2:0:0:0:0:2, 10.0.9.2, 1, 1", "SRCIP '10.0.0'"),
        ("0, 1, 64, 2:0:0:0:0:1, 10.0.0.1, 2:0:0:0:0:2, 10.0.9.2, 0, 1", "FLOWS is 1 to 4000000"),
        ("0, 1, 64, 2:0:0:0:0:1, 10.0.0.1, 2:0:0:0:0:2, 10.0.9.2, 1, 0", "FLOWSIZE is 1 to"),
    ],
)
def test_bad_arguments(arguments: str, message: str, drive: Drive) -> None:
    done = drive(f"FastUDPFlows({arguments}) -> Discard;")
    assert done.returncode == 1
    assert message in done.stderr
