"""FromDevice and ToDevice on real interfaces: order, completeness, tags, checksums, lengths."""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from reconciler.testbed.network import CLIENT_ADDRESS, SERVER_ADDRESS, Network, network
from tests.driver.running import ControlClient, RunningDriver
from tests.elements.wires import (
    driver_in,
    leave_checksums_to_the_card,
    raw_socket,
    received,
    set_mtu,
    set_up,
    until,
    within,
)
from tests.netns import needs_sandbox
from tests.packets import (
    ETHERTYPE_ARP,
    MAC_B,
    UDP,
    Segment,
    arp,
    checksum,
    ether,
    ipv4,
    read_pcap,
    udp,
)

pytestmark = needs_sandbox
Start = Callable[[str], ControlClient]
SIOCGIFHWADDR = 0x8927


@pytest.fixture(scope="module")
def joined() -> Iterator[Network]:
    with network() as made:
        yield made


@pytest.fixture
def start(driver: Path, tmp_path: Path, joined: Network) -> Iterator[Start]:
    """Start the driver in the firewall on a text; return a client of its control socket."""
    inside = driver_in(joined.firewall, driver, tmp_path / "driver")
    with ExitStack() as stack:
        yield lambda text: stack.enter_context(
            RunningDriver(inside, text, tmp_path / "control")
        ).client()


def numbered(number: int, size: int = 4) -> bytes:
    payload = number.to_bytes(4, "big") + bytes(size)
    return ether(ipv4("192.0.2.1", "192.0.2.2", udp(4000, 5000, payload)))


BURST = 50


def ours(frame: bytes) -> bool:
    return frame[26:30] == bytes([192, 0, 2, 1])


def test_every_frame_passes_unchanged_and_in_order(start: Start, joined: Network) -> None:
    client = start("i :: FromDevice(eth0) -> q :: Queue(8000) -> o :: ToDevice(eth1);")
    frames = [numbered(i, i % 1400) for i in range(5000)]
    with raw_socket(joined.client) as near, raw_socket(joined.server) as far:
        # Without privileges the receiving socket holds some hundred frames, so not all at once.
        for begin in range(0, len(frames), BURST):
            burst = frames[begin : begin + BURST]
            for frame in burst:
                near.send(frame)
            assert received(far, len(burst), ours) == burst
    # The kernels at both ends may have sent some of their own.
    assert int(client.read("i.count")) >= len(frames)
    assert client.read("o.count") == client.read("i.count")
    assert client.read("o.byte_count") == client.read("i.byte_count")
    assert (client.read("i.drops"), client.read("o.drops"), client.read("q.drops")) == ("0",) * 3


def test_both_directions_through_the_same_sockets(start: Start, joined: Network) -> None:
    start(
        "FromDevice(eth0) -> Queue -> ToDevice(eth1); FromDevice(eth1) -> Queue -> ToDevice(eth0);"
    )
    with raw_socket(joined.client) as near, raw_socket(joined.server) as far:
        for i in range(100):
            near.send(numbered(i))
            far.send(numbered(1000 + i))
        assert received(far, 100, ours) == [numbered(i) for i in range(100)]
        assert received(near, 100, ours) == [numbered(1000 + i) for i in range(100)]


def test_vlan_tags_come_back(start: Start, joined: Network, tmp_path: Path) -> None:
    dump = tmp_path / "out.pcap"
    text = f"FromDevice(eth0) -> Classifier(12/8100) -> d :: ToDump({dump}, UNBUFFERED true);"
    client = start(text)
    tagged = ether(ipv4("192.0.2.1", "192.0.2.2", udp(1, 2)), vlan=5 << 13 | 42)
    with raw_socket(joined.client) as near:
        near.send(tagged)
        until(lambda: client.read("d.count") == "1", "the tagged frame arrives")
    assert [record.data for record in read_pcap(dump)] == [tagged]


def test_checksums_left_to_the_card_are_completed(
    start: Start, joined: Network, tmp_path: Path
) -> None:
    dump = tmp_path / "out.pcap"
    text = f"FromDevice(eth0) -> Classifier(12/0800 23/11) -> d :: ToDump({dump}, UNBUFFERED true);"
    client = start(text)
    leave_checksums_to_the_card(joined.client, "eth0")

    def send() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            out.bind((CLIENT_ADDRESS, 4000))
            out.sendto(b"odd", (SERVER_ADDRESS, 5000))

    with raw_socket(joined.client) as near:
        within(joined.client, send)
        answer_arp(near, joined)
        until(lambda: client.read("d.count") == "1", "the datagram arrives")
    (record,) = read_pcap(dump)
    datagram = record.data[34:45]
    expected = udp(4000, 5000, b"odd").sealed(CLIENT_ADDRESS, SERVER_ADDRESS)
    assert datagram == expected
    assert checksum(record.data[14:34]) == 0


def answer_arp(near: socket.socket, joined: Network) -> None:
    """Answer for the server from the firewall's side, as nothing forwards ARP to it here."""

    def client_address() -> str:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
            reply = fcntl.ioctl(control, SIOCGIFHWADDR, struct.pack("16s24x", b"eth0"))
        return ":".join(f"{byte:02x}" for byte in reply[18:24])

    mine = within(joined.client, client_address)
    reply = arp("reply", SERVER_ADDRESS, CLIENT_ADDRESS, sender_mac=MAC_B, target_mac=mine)
    frame = ether(reply, source=MAC_B, destination=mine, ethertype=ETHERTYPE_ARP)
    with raw_socket(joined.firewall) as other:
        other.send(frame)


def test_an_interface_that_goes_down_costs_no_processor_time(start: Start, joined: Network) -> None:
    client = start("i :: FromDevice(eth0) -> c :: Counter -> Discard;")
    for up in (False, True):
        set_up(joined.firewall, "eth0", up)
        before = time_used()
        time.sleep(0.5)
        assert time_used() - before < 0.1
    seen = int(client.read("c.count"))
    with raw_socket(joined.client) as near:
        near.send(numbered(0))
        until(lambda: int(client.read("c.count")) > seen, "frames come in again")


def time_used() -> float:
    """Return the seconds of processor time that our children have used."""
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        fields = stat.read_text().rpartition(")")[2].split()
        if int(fields[1]) == os.getpid():
            total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def test_frames_for_other_stations_only_when_promiscuous(start: Start, joined: Network) -> None:
    client = start(
        "FromDevice(eth0) -> Classifier(26/c0000201) -> all :: Counter -> Discard;"
        "FromDevice(eth1, PROMISC false) -> Classifier(26/c0000201) -> own :: Counter -> Discard;"
    )
    broadcast = ether(numbered(0)[14:], destination="ff:ff:ff:ff:ff:ff")
    with raw_socket(joined.client) as near, raw_socket(joined.server) as far:
        for wire in (near, far):
            wire.send(numbered(0))
            wire.send(broadcast)
    until(lambda: client.read("own.count") == "1", "the broadcast arrives")
    until(lambda: client.read("all.count") == "2", "both arrive")
    assert client.read("own.count") == "1"


@contextmanager
def raised_mtu(joined: Network, mtu: int) -> Iterator[None]:
    """Raise the MTU on both sides of the firewall; lower it again."""
    ends = [(joined.client, "eth0"), (joined.server, "eth0")]
    ends += [(joined.firewall, "eth0"), (joined.firewall, "eth1")]
    for namespace, interface in ends:
        set_mtu(namespace, interface, mtu)
    try:
        yield
    finally:
        for namespace, interface in ends:
            set_mtu(namespace, interface, 1500)


def sized(number: int, size: int, vlan: int | None = None) -> bytes:
    """Return a numbered frame of so many bytes, the VLAN tag included."""
    payload = number.to_bytes(4, "big") + bytes(range(256)) * 40
    tag = 0 if vlan is None else 4
    segment = Segment(UDP, payload[: size - 34 - tag], None)
    return ether(ipv4("192.0.2.1", "192.0.2.2", segment), vlan=vlan)


LONGEST = 9212


def test_frames_longer_than_those_of_the_ring_pass_once_the_mtu_is_raised(
    start: Start, joined: Network
) -> None:
    """The ring is from before; OpenWrt issue 24421."""
    client = start("i :: FromDevice(eth0) -> Queue -> o :: ToDevice(eth1);")
    sizes = [1514, 1950, 1990, 2048, 60, 9014, 4000, LONGEST, 100, LONGEST]
    frames = [sized(i, size) for i, size in enumerate(sizes)]
    near_end, far_end = raw_socket(joined.client), raw_socket(joined.server)
    with raised_mtu(joined, 9300), near_end as near, far_end as far:
        for frame in frames:
            near.send(frame)
        assert received(far, len(frames), ours) == frames
        near.send(sized(0, LONGEST + 1))
        near.send(numbered(1))
        assert received(far, 1, ours) == [numbered(1)]
    assert client.read("i.drops") == "1"


def test_a_long_frame_keeps_its_vlan_tag(start: Start, joined: Network, tmp_path: Path) -> None:
    dump = tmp_path / "out.pcap"
    client = start(f"FromDevice(eth0) -> d :: ToDump({dump}, SNAPLEN 10000, UNBUFFERED true);")
    tagged = sized(7, LONGEST, vlan=5 << 13 | 42)
    with raised_mtu(joined, 9300), raw_socket(joined.client) as near:
        near.send(tagged)
        until(lambda: client.read("d.count") == "1", "it arrives")
    assert [record.data for record in read_pcap(dump)] == [tagged]


def test_long_frames_for_other_stations_leave_nothing_behind(start: Start, joined: Network) -> None:
    client = start(
        "i :: FromDevice(eth0, PROMISC false) -> Classifier(26/c0000201)"
        " -> c :: Counter -> Discard;"
    )
    with raised_mtu(joined, 9300), raw_socket(joined.client) as near:
        for number in range(20):
            near.send(sized(number, 9000))
        near.send(ether(sized(1, 9000)[14:], destination="ff:ff:ff:ff:ff:ff"))
        until(lambda: client.read("c.count") == "1", "the broadcast arrives")
        before = time_used()
        time.sleep(0.5)
        assert time_used() - before < 0.1, "nothing is left that wakes the worker"
    assert client.read("i.drops") == "0"


def test_frames_beyond_the_mtu_are_not_sent(start: Start) -> None:
    client = start(
        "s :: InfiniteSource(LENGTH 3000, LIMIT 3, ACTIVE false) -> Queue -> o :: ToDevice(eth1);"
    )
    client.send("WRITE s.active true\r\n")
    assert client.reply()[0] == 200
    until(lambda: client.read("o.drops") == "3", "the interface refuses frames beyond its MTU")
