"""FromDump and ToDump read and write files as tcpdump does, in every variant of the format."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.elements.frames import Drive
from tests.packets import DLT_RAW, Capture, read_pcap, write_pcap

FRAMES = [
    Capture(b"a" * 60, 1_700_000_000_123_456_789),
    Capture(b"b" * 61, 1_700_000_001_000_000_001),
]


@pytest.mark.parametrize("big_endian", [False, True])
@pytest.mark.parametrize("nanoseconds", [False, True])
def test_reads_both_byte_orders_and_units(
    drive: Drive, tmp_path: Path, big_endian: bool, nanoseconds: bool
) -> None:
    write_pcap(tmp_path / "in.pcap", FRAMES, nanoseconds=nanoseconds, big_endian=big_endian)
    done = drive(
        "FromDump(in.pcap, STOP true) -> ToDump(n.pcap, NANO true) -> ToDump(u.pcap) -> Discard;"
    )
    assert done.returncode == 0, done.stderr
    unit = 1 if nanoseconds else 1000
    times = [frame.time_ns // unit * unit for frame in FRAMES]
    assert [record.time_ns for record in read_pcap(tmp_path / "n.pcap")] == times
    coarse = [time // 1000 * 1000 for time in times]
    assert [record.time_ns for record in read_pcap(tmp_path / "u.pcap")] == coarse
    for name in ("n.pcap", "u.pcap"):
        assert [record.data for record in read_pcap(tmp_path / name)] == [f.data for f in FRAMES]


def test_snaplen_keeps_the_length_on_the_wire(drive: Drive, tmp_path: Path) -> None:
    write_pcap(tmp_path / "in.pcap", [b"x" * 9000])
    drive(
        "FromDump(in.pcap, STOP true) -> ToDump(c.pcap, SNAPLEN 50)"
        " -> ToDump(w.pcap, SNAPLEN 0) -> Discard;"
    )
    (cut,), (whole,) = read_pcap(tmp_path / "c.pcap"), read_pcap(tmp_path / "w.pcap")
    assert (len(cut.data), cut.wire_length) == (50, 9000)
    assert (len(whole.data), whole.wire_length) == (9000, 9000)


def test_encapsulation_is_told_and_written(drive: Drive, tmp_path: Path) -> None:
    write_pcap(tmp_path / "in.pcap", [b"E" * 20], linktype=DLT_RAW)
    done = drive(
        "d :: FromDump(in.pcap, STOP true) -> ToDump(o.pcap, ENCAP IP) -> Discard;", "d.encap"
    )
    assert done.stdout == "IP\n"
    assert (tmp_path / "o.pcap").read_bytes()[20:24] == bytes([DLT_RAW, 0, 0, 0])


def test_a_file_that_ends_within_a_packet(drive: Drive, tmp_path: Path) -> None:
    write_pcap(tmp_path / "in.pcap", [b"a" * 60, b"b" * 60])
    cut = (tmp_path / "in.pcap").read_bytes()[:-1]
    (tmp_path / "in.pcap").write_bytes(cut)
    done = drive("d :: FromDump(in.pcap, STOP true) -> Discard;", "d.count")
    assert (done.returncode, done.stdout) == (0, "1\n")
    assert done.stderr == "d: in.pcap ends within a packet\n"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "cannot be opened: No such file or directory"),
        (b"short", "is too short for a pcap file or cannot be mapped"),
        (
            b"\x0a\x0d\x0d\x0a" * 10,
            "is not a pcap file (pcapng has to be converted: editcap -F pcap)",
        ),
    ],
)
def test_files_that_are_none(
    drive: Drive, tmp_path: Path, content: bytes | None, reason: str
) -> None:
    if content is not None:
        (tmp_path / "in.pcap").write_bytes(content)
    done = drive("d :: FromDump(in.pcap, STOP true) -> Discard;")
    assert done.returncode == 1
    assert f"in.pcap: {reason}" in done.stderr


def test_nothing_is_written_before_the_configuration_is_good(drive: Drive, tmp_path: Path) -> None:
    write_pcap(tmp_path / "out.pcap", [b"precious"])
    before = (tmp_path / "out.pcap").read_bytes()
    done = drive("Idle -> ToDump(out.pcap) -> Discard; d :: FromDump(missing.pcap) -> Discard;")
    assert done.returncode == 1
    assert (tmp_path / "out.pcap").read_bytes() == before


def test_timing_keeps_distances(drive: Drive, tmp_path: Path) -> None:
    write_pcap(
        tmp_path / "in.pcap", [Capture(b"x" * 60, 10**18 + i * 50_000_000) for i in range(5)]
    )
    text = "FromDump(in.pcap, STOP true, TIMING true) -> c :: Counter -> Discard;"
    done = drive(text, "c.rate", "c.count")
    assert "c.count:\n5\n" in done.stdout
    rate = float(done.stdout.split("\n")[1])
    assert 0 < rate < 20
