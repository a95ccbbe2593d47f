"""Packets spread over outputs: evenly, by flow, at random; and packets held back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.driver.running import ControlClient, RunningDriver
from tests.elements.frames import Drive
from tests.packets import Capture, ether, ipv4, ipv6, raw, read_pcap, udp, write_pcap

Start = Callable[[str], ControlClient]
MARK = "FromDump(in.pcap, STOP true) -> Strip(14) -> MarkIPHeader -> "


@pytest.fixture
def start(driver: Path, tmp_path: Path) -> Iterator[Start]:
    with ExitStack() as stack:
        yield lambda text: stack.enter_context(
            RunningDriver(driver, text, tmp_path / "control")
        ).client()


def write(client: ControlClient, handler: str, value: str = "") -> int:
    client.send(f"WRITE {handler} {value}\r\n")
    return client.reply()[0]


def until(client: ControlClient, handler: str, good: Callable[[float], bool]) -> float:
    deadline = time.monotonic() + 20
    while not good(value := float(client.read(handler))):
        assert time.monotonic() < deadline, f"{handler} stays {value}"
        time.sleep(0.01)
    return value


def spread(
    drive: Drive, folder: Path, switch: str, outputs: int, frames: list[bytes]
) -> list[set[bytes]]:
    write_pcap(folder / "in.pcap", frames)
    text = MARK + f"s :: {switch};"
    text += "".join(f"s[{n}] -> ToDump({n}.pcap) -> Discard;" for n in range(outputs))
    done = drive(text)
    assert done.returncode == 0, done.stderr
    return [{one.data for one in read_pcap(folder / f"{n}.pcap")} for n in range(outputs)]


def flow(n: int, back: bool = False) -> list[bytes]:
    """Return a datagram of IPv4 and one of IPv6, in one direction or back."""
    ports = (1000 + n, 53)
    four, six = ("10.0.0.1", f"10.0.{n >> 8}.{n & 255}"), ("2001:db8::1", f"2001:db8::{n:x}")
    if back:
        ports, four, six = ports[::-1], four[::-1], six[::-1]
    return [ipv4(*four, udp(*ports)), ipv6(*six, udp(*ports))]


def test_both_directions_of_a_flow_take_one_output(drive: Drive, tmp_path: Path) -> None:
    there = [packet for n in range(500) for packet in flow(n)]
    back = [packet for n in range(500) for packet in flow(n, back=True)]
    turned = dict(zip(there, back, strict=True))
    frames = [ether(packet) for packet in [*there, *back]]
    for by in ("FLOW", "addresses"):
        shares = spread(drive, tmp_path, f"FlowHashSwitch({by})", 4, frames)
        assert all(400 < len(share) < 600 for share in shares)
        for share in shares:
            assert all((turned[packet] in share) == (packet in share) for packet in there)


def test_another_output_moves_no_more_than_its_share(drive: Drive, tmp_path: Path) -> None:
    frames = [ether(flow(n)[0]) for n in range(1000)]
    for switch in ("FlowHashSwitch", "HashSwitch(16, 4)"):
        four = spread(drive, tmp_path, switch, 4, frames)
        five = spread(drive, tmp_path, switch, 5, frames)
        moved = sum(len(before - after) for before, after in zip(four, five, strict=False))
        assert moved == len(five[4]) and 130 < moved < 270


def test_flows_by_one_address(drive: Drive, tmp_path: Path) -> None:
    frames = [ether(packet) for n in range(100) for packet in flow(n)]
    by_source = spread(drive, tmp_path, "FlowHashSwitch(SOURCE)", 4, frames)
    assert sorted(len(share) for share in by_source if share) in ([100, 100], [200])
    by_destination = spread(drive, tmp_path, "FlowHashSwitch(DESTINATION)", 4, frames)
    assert all(len(share) > 20 for share in by_destination)


def test_fragments_of_a_datagram_stay_together(drive: Drive, tmp_path: Path) -> None:
    def pieces(n: int) -> list[bytes]:
        ends = "10.0.0.1", f"10.1.0.{n}"
        return [
            ipv4(*ends, raw(17, n.to_bytes(2) * 12), ident=n, more=True),
            ipv4(*ends, raw(17, b"end" + bytes([n])), ident=n, offset=3),
        ]

    shares = spread(
        drive, tmp_path, "FlowHashSwitch", 4, [ether(p) for n in range(100) for p in pieces(n)]
    )
    for n in range(100):
        first, last = pieces(n)
        assert [first in share for share in shares] == [last in share for share in shares]


def test_packets_are_drawn_by_chance(drive: Drive, tmp_path: Path) -> None:
    text = (
        "InfiniteSource(LIMIT 20000, STOP true) -> s :: RandomSample(0.25);"
        "s -> drawn :: Counter -> Discard; s[1] -> rest :: Counter -> Discard;"
    )
    done = drive(text, "drawn.count", "rest.count", "s.drops")
    drawn, rest, drops = (int(word) for word in done.stdout.split() if word.isdigit())
    assert drawn + rest == 20000 and drops == rest
    assert 4500 < drawn < 5500


def test_a_probability_changes_while_packets_flow(start: Start) -> None:
    client = start("RatedSource(x, 10000) -> s :: RandomSample(DROP 1) -> c :: Counter -> Discard;")
    until(client, "s.drops", lambda drops: drops > 100)
    assert client.read("c.count") == "0"
    assert write(client, "s.sampling_prob", "0.5") == 200
    assert client.read("s.drop_prob") == "0.5"
    assert "RandomSample(DROP 0.5)" in client.read("flatconfig")
    until(client, "c.count", lambda packets: packets > 100)
    assert write(client, "s.sampling_prob", "1.5") == 520
    assert write(client, "s.active", "false") == 200
    drops = client.read("s.drops")
    until(client, "c.count", lambda packets: packets > 1000)
    assert client.read("s.drops") == drops


def test_one_of_so_many_changes_while_packets_flow(start: Start) -> None:
    client = start("RatedSource(x, 10000) -> s :: Sample(1000000) -> c :: Counter -> Discard;")
    until(client, "c.count", lambda packets: packets == 1)
    assert write(client, "s.n", "2") == 200
    until(client, "c.count", lambda packets: packets > 100)
    assert "Sample(2)" in client.read("flatconfig")


def test_a_switch_is_turned(start: Start) -> None:
    client = start(
        "RatedSource(x, 10000) -> s :: Switch; s[0] -> a :: Counter -> Discard;"
        "s[1] -> b :: Counter -> Discard;"
    )
    until(client, "a.count", lambda packets: packets > 10)
    assert client.read("b.count") == "0"
    assert write(client, "s.switch", "1") == 200
    until(client, "b.count", lambda packets: packets > 10)
    assert write(client, "s.switch", "2") == 520
    assert "Switch(OUTPUT 1)" in client.read("flatconfig")


def test_packets_leave_when_they_are_due(drive: Drive, tmp_path: Path) -> None:
    """The timestamp becomes the time a packet was due, and it leaves no earlier than that."""
    text = (
        "InfiniteSource(LIMIT 200, TIMESTAMP true) -> Queue -> DelayUnqueue(30ms)"
        " -> ToDump(due.pcap, NANO true) -> SetTimestamp -> ToDump(left.pcap, NANO true)"
        " -> c :: Counter -> Discard;"
        "InfiniteSource(LIMIT 1) -> Queue -> DelayUnqueue(100ms) -> s :: Null -> Discard;"
        "FromDump(in.pcap) -> Discard; end :: RatedSource(x, 5, LIMIT 2, STOP true) -> Discard;"
    )
    write_pcap(tmp_path / "in.pcap", [])
    assert drive(text, "c.count").stdout == "200\n"
    due = [one.time_ns for one in read_pcap(tmp_path / "due.pcap")]
    left = [one.time_ns for one in read_pcap(tmp_path / "left.pcap")]
    assert due == sorted(due)
    assert all(then <= now for then, now in zip(due, left, strict=True))


def test_a_delay_counts_from_the_timestamp(drive: Drive, tmp_path: Path) -> None:
    captures = [Capture(bytes([n]) * 60, n * 1_000_000_000) for n in range(1, 100)]
    write_pcap(tmp_path / "in.pcap", captures, nanoseconds=True)
    done = drive(
        "FromDump(in.pcap) -> Queue -> d :: DelayUnqueue(1500ms) -> ToDump(out.pcap, NANO true)"
        " -> c :: Counter -> Discard; RatedSource(x, 10, LIMIT 3, STOP true) -> Discard;",
        "d.delay",
    )
    assert done.stdout == "1.5\n"
    found = read_pcap(tmp_path / "out.pcap")
    assert [one.time_ns for one in found] == [one.time_ns + 1_500_000_000 for one in captures]


# A standing queue: more packets come in every round than leave it, and all are old.
STANDING = (
    "InfiniteSource(\\<{data}>, TIMESTAMP false) -> {marked} Queue(200)"
    " -> d :: CoDel(1ms, 10ms{more}) -> Unqueue(BURST 8) -> c :: Counter -> Discard;"
)


def test_a_standing_queue_loses_packets(start: Start) -> None:
    client = start(STANDING.format(data="00", marked="", more=""))
    until(client, "d.drops", lambda drops: drops > 20)
    assert write(client, "d.codel_target", "0.5s") == 200
    assert client.read("d.codel_target") == "0.5"
    assert "CoDel(0.5s, 10ms)" in client.read("flatconfig")
    assert client.read("d.marks") == "0"
    assert write(client, "d.codel_interval", "soon") == 520


def test_a_standing_queue_marks_what_can_be_marked(start: Start) -> None:
    packet = ipv4("10.0.0.1", "10.0.0.2", udp(1, 2), tos=2).hex()
    client = start(STANDING.format(data=packet, marked="MarkIPHeader ->", more=", ECN true"))
    until(client, "d.marks", lambda marks: marks > 20)
    assert client.read("d.drops") == "0"


def test_a_queue_that_does_not_stand_loses_nothing(start: Start) -> None:
    client = start(
        "RatedSource(x, 5000) -> Queue -> d :: CoDel -> Unqueue -> c :: Counter -> Discard;"
    )
    until(client, "c.count", lambda packets: packets > 2000)
    assert client.read("d.drops") == "0"
