"""Batches whose packets go different ways: every packet arrives once, at its output, in order."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.elements.frames import Drive
from tests.packets import ACK, ether, icmp, ipv4, read_pcap, tcp, udp, write_pcap

RULES = [
    "1 src net 10.9.0.0/16",
    "deny tcp dst port 23",
    "2 udp dst port 1000-2000",
    "0 tcp dst port 80",
    "1 icmp",
]


def output_of(source: str, kind: str, port: int) -> int | None:
    """Return the output to which RULES send a packet."""
    if source.startswith("10.9."):
        return 1
    outputs = {("tcp", 80): 0, ("icmp", 0): 1}
    if kind == "udp" and 1000 <= port <= 2000:
        return 2
    return outputs.get((kind, port))


@pytest.mark.parametrize("count", [1, 31, 32, 33, 64, 1000])
def test_split(count: int, drive: Drive, tmp_path: Path) -> None:
    random = Random(count)
    frames: list[bytes] = []
    expected: dict[int | None, list[bytes]] = {0: [], 1: [], 2: [], None: []}
    for number in range(count):
        source = random.choice(["10.9.0.1", "10.8.0.1"])
        kind, port = random.choice(
            [("tcp", 23), ("tcp", 80), ("tcp", 81), ("udp", 999), ("udp", 1500), ("icmp", 0)]
        )
        payload = number.to_bytes(4, "big")
        inner = {
            "tcp": lambda port, payload: tcp(1, port, ACK, payload),
            "udp": lambda port, payload: udp(1, port, payload),
            "icmp": lambda _, payload: icmp(8, payload=payload),
        }[kind](port, payload)
        frames.append(ether(ipv4(source, "10.0.0.2", inner)))
        expected[output_of(source, kind, port)].append(frames[-1])
    write_pcap(tmp_path / "in.pcap", frames)
    done = drive(
        "FromDump(in.pcap, STOP true) -> Strip(14) -> CheckIPHeader"
        f" -> f :: IPFilter({', '.join(RULES)});"
        + "".join(f"f[{i}] -> Unstrip(14) -> ToDump({i}.pcap) -> Discard;" for i in range(3))
    )
    assert done.returncode == 0, done.stderr
    for output in range(3):
        found = [record.data for record in read_pcap(tmp_path / f"{output}.pcap")]
        assert found == expected[output]
