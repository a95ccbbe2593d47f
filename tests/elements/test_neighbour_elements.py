"""ResolveNeighbour and ARPQuerier in graphs, with and without an upgrade in between."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.driver.running import RunningDriver
from tests.elements.frames import Drive
from tests.elements.successive import Workers
from tests.elements.test_live import count, wait_until, write
from tests.packets import (
    BROADCAST,
    ETHERTYPE_ARP,
    arp,
    ether,
    icmp6,
    ipv4,
    ipv6,
    mac,
    udp,
    write_pcap,
)

QUICK = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
OURS, OURS6, OUR_MAC = "192.0.2.1", "2001:db8::1", "02:00:00:00:00:01"
TABLE = "n :: NeighbourTable(CAPACITY 64, QUEUE 3);"
RESOLVE = f"ResolveNeighbour(n, {OURS}/24, {OURS6}/64, ETHER {OUR_MAC})"
GRAPH = """
{table}
in :: FromDump({{folder}}/in.pcap, STOP true) -> Unqueue(BURST 1)
  -> types :: Classifier(12/0800, 12/0806, 12/86dd 20/3aff, 12/86dd);
types[0] -> Strip(14) -> CheckIPHeader -> r :: {element};
types[1] -> [1]r;
types[2] -> [1]r;
types[3] -> Strip(14) -> CheckIP6Header -> r;
r[0] -> ToDump({{folder}}/out.pcap) -> Discard;
r[1] -> ToDump({{folder}}/queries.pcap) -> Discard;
"""
NEIGHBOURS = [2, 3, 4, 52, 53, 54]
SIX = 50
"""From this number on, neighbours have IPv6 addresses."""


def graph(element: str, table: str) -> str:
    return GRAPH.format(element=element, table=table)


def address(number: int) -> str:
    return f"192.0.2.{number}" if number < SIX else f"2001:db8::{number}"


def ether_of(number: int) -> str:
    return f"02:00:00:00:00:{number:02}"


def packet(to: int, number: int, size: int = 0) -> bytes:
    segment = udp(1, 2, number.to_bytes(4, "big") + bytes(size))
    if to < SIX:
        return ether(ipv4("198.51.100.9", address(to), segment))
    return ether(ipv6("2001:db8:9::9", address(to), segment))


def reply(number: int) -> bytes:
    if number < SIX:
        message = arp("reply", address(number), OURS, sender_mac=ether_of(number))
        return ether(message, ethertype=ETHERTYPE_ARP)
    told = ip_address(address(number)).packed + b"\2\1" + mac(ether_of(number))
    advertisement = icmp6(136, rest=0x60000000, payload=told)  # solicited, and to be believed
    return ether(ipv6(address(number), OURS6, advertisement, hop_limit=255))


def query(number: int) -> bytes:
    if number < SIX:
        question = arp("request", OURS, address(number), sender_mac=OUR_MAC)
        return ether(question, source=OUR_MAC, destination=BROADCAST, ethertype=ETHERTYPE_ARP)
    asked = ip_address(address(number)).packed + b"\1\1" + mac(OUR_MAC)
    group, to = f"ff02::1:ff00:{number}", f"33:33:ff:00:00:{number}"
    solicitation = ipv6(OURS6, group, icmp6(135, payload=asked), hop_limit=255)
    return ether(solicitation, source=OUR_MAC, destination=to)


class Model:
    """Predicts the frames and queries that follow packets and replies, all within a second."""

    def __init__(self, queue: int, unasked: bool) -> None:
        self.queue, self.unasked = queue, unasked
        self.known: set[int] = set()
        self.waiting: dict[int, list[bytes]] = {}
        self.out: list[bytes] = []
        self.queries: list[bytes] = []

    def take(self, to: int, data: bytes) -> None:
        if to in self.known:
            self.out.append(mac(ether_of(to)) + mac(OUR_MAC) + data[12:])
            return
        if to not in self.waiting:
            self.queries.append(query(to))
        kept = [*self.waiting.get(to, []), data]
        self.waiting[to] = kept[-self.queue :]

    def reply(self, number: int) -> None:
        if number in self.waiting or self.unasked:
            self.known.add(number)
            for waiting in self.waiting.pop(number, []):
                self.take(number, waiting)


happenings = st.lists(
    st.tuples(
        st.sampled_from(["packet", "packet", "packet", "reply"]), st.sampled_from(NEIGHBOURS)
    ),
    max_size=50,
)


@QUICK
@given(happenings, st.integers(0, 50), st.booleans())
def test_packets_leave_once_in_order_whoever_works(
    either: Workers, taken: list[tuple[str, int]], cut: int, click: bool
) -> None:
    """Packets that wait when a worker pauses leave when the next one receives the reply."""
    if click:  # supports only IPv4
        taken = [(what, neighbour % SIX) for what, neighbour in taken]
    settings = "ARPTable(ENTRY_CAPACITY 64, ENTRY_PACKET_CAPACITY 3)"
    text = graph(RESOLVE, TABLE)
    if click:
        text = graph(f"ARPQuerier({OURS}/24, {OUR_MAC}, TABLE n)", f"n :: {settings};")
    model = Model(queue=3, unasked=click)
    frames = []
    for number, (what, neighbour) in enumerate(taken):
        frames.append(packet(neighbour, number) if what == "packet" else reply(neighbour))
        if what == "packet":
            model.take(neighbour, frames[-1])
        else:
            model.reply(neighbour)
    ran = either.run(text, [frames[:cut], frames[cut:]], ["out", "queries"], ["r.length"])
    assert [f for one in ran for f in one.outputs["out"]] == model.out
    assert [f for one in ran for f in one.outputs["queries"]] == model.queries
    assert ran[-1].handlers["r.length"] == str(sum(map(len, model.waiting.values())))


def test_a_querier_with_a_table_of_its_own_goes_on_too(workers: Workers) -> None:
    text = graph(f"ARPQuerier({OURS}/24, {OUR_MAC})", "")
    ran = workers.run(
        text, [[packet(2, 1), packet(3, 2)], [reply(2), packet(2, 3)]], ["out", "queries"],
        ["r.count", "r.queries", "r.length"],
    )  # fmt: skip
    assert [f[-4:] for f in ran[1].outputs["out"]] == [bytes([0, 0, 0, n]) for n in (1, 3)]
    assert ran[1].outputs["queries"] == []
    assert ran[1].handlers == {"r.count": "2", "r.queries": "2", "r.length": "1"}


def test_jumbo_frames_wait_too(workers: Workers) -> None:
    text = graph(RESOLVE, "n :: NeighbourTable(WAITING 16, QUEUE 16);")
    frames = [packet(2, number, 9216 - 46) for number in range(16)]
    ran = workers.run(text, [frames, [reply(2)]], handlers=["r.drops"])
    assert [f[42:46] for f in ran[1].outputs["out"]] == [frame[42:46] for frame in frames]
    assert ran[1].handlers == {"r.drops": "0"}


def test_a_worker_that_dies_takes_what_waits_and_nothing_else(workers: Workers) -> None:
    text = graph(RESOLVE, TABLE)
    first = [packet(2, 1), reply(2), packet(3, 2)]
    ran = workers.run(text, [first, [packet(2, 3), reply(3)]], ["out", "queries"], crash=[0])
    assert [f[-4:] for f in ran[1].outputs["out"]] == [b"\0\0\0\3"]
    assert ran[1].outputs["queries"] == []


def test_one_who_does_not_answer_is_unreachable(driver: Path, tmp_path: Path) -> None:
    write_pcap(tmp_path / "in.pcap", [packet(2, number) for number in range(5)])
    text = (
        f"n :: NeighbourTable(QUEUE 3); FromDump({tmp_path}/in.pcap) -> Strip(14) -> CheckIPHeader"
        f" -> r :: {RESOLVE} -> out :: Counter -> Discard; Idle -> [1]r;"
        "r[1] -> queries :: Counter -> Discard; r[2] -> failed :: Counter -> Discard;"
    )
    with RunningDriver(driver, text, tmp_path / "control") as process:
        client = process.client()
        wait_until(client, "failed.count", lambda packets: packets == 3)
        assert client.read("queries.count") == "3"
        assert client.read("r.unreachable") == "3"
        assert client.read("r.drops") == "2"
        assert client.read("out.count") == client.read("r.length") == "0"


def test_neighbours_are_shown_entered_and_forgotten(driver: Path, tmp_path: Path) -> None:
    write_pcap(tmp_path / "in.pcap", [packet(2, 1)])
    text = (
        f"n :: NeighbourTable; in :: FromDump({tmp_path}/in.pcap, ACTIVE false) -> Strip(14)"
        f" -> CheckIPHeader -> r :: {RESOLVE} -> out :: Counter -> Discard; Idle -> [1]r;"
    )
    with RunningDriver(driver, text, tmp_path / "control") as process:
        client = process.client()
        assert write(client, "n.insert", f"{address(2)} {ether_of(2)}")[0] == 200
        assert client.read("n.table") == f"{address(2)} known {ether_of(2)} 0\n"
        write(client, "in.active", "true")
        wait_until(client, "out.count", lambda packets: packets == 1)
        assert write(client, "n.insert", "here")[0] == 520
        assert write(client, "n.delete", address(2))[0] == 200
        assert write(client, "n.delete", "there")[0] == 520
        assert count(client, "n.count") == 0
        write(client, "n.insert", f"2001:db8::7 {ether_of(7)}")
        assert client.read("n.table").startswith("2001:db8::7 known")
        assert write(client, "n.clear")[0] == 200
        assert count(client, "n.count") == 0
        changes = [("r.poll", "10", "0"), ("n.queue", "5", "0"), ("r.answer", "false", "x")]
        for handler, good, bad in [*changes, ("n.timeout", "60", "0")]:
            assert write(client, handler, good)[0] == 200
            assert client.read(handler) == good
            assert write(client, handler, bad)[0] == 520
        flat = client.read("flatconfig")
        assert "POLL 10" in flat
        assert "QUEUE 5" in flat


def test_the_querier_has_clicks_handlers(driver: Path, tmp_path: Path) -> None:
    text = f"Idle -> q :: ARPQuerier({OURS}/24, {OUR_MAC}) -> Discard; Idle -> [1]q;"
    with RunningDriver(driver, text, tmp_path / "control") as process:
        client = process.client()
        assert write(client, "q.insert", f"{address(2)} {ether_of(2)}")[0] == 200
        known, age = client.read("q.table").rsplit(" ", 1)
        assert known == f"{address(2)} 1 {ether_of(2).upper().replace(':', '-')}"
        assert float(age) < 60
        assert client.read("q.stats") == "0 packets killed\n0 ARP queries sent\n"
        assert write(client, "q.ipaddr", "192.0.2.9")[0] == 200
        assert client.read("q.ipaddr") == "192.0.2.9"
        assert write(client, "q.broadcast", "192.0.2.127")[0] == 200
        assert client.read("q.broadcast") == "192.0.2.127"
        assert write(client, "q.ipaddr", "::1")[0] == 520
        assert write(client, "q.clear")[0] == 200
        assert client.read("q.table") == ""


@pytest.mark.parametrize(
    ("element", "message"),
    [
        (f"ResolveNeighbour(n, ETHER {OUR_MAC})", "ADDRESSES are missing"),
        (f"ResolveNeighbour(n, here, ETHER {OUR_MAC})", "'here' is no IP address"),
        (f"ResolveNeighbour(n, 10.0.0.1/33, ETHER {OUR_MAC})", "'10.0.0.1/33' is no IP address"),
        ("ResolveNeighbour(n, 10.0.0.1/24, ETHER x)", "ETHER 'x' is no Ethernet address"),
        ("ResolveNeighbour(n, 10.0.0.1/24)", "ETHER is missing"),
        (
            f'ResolveNeighbour(n, 10.0.0.1/24, ETHER {OUR_MAC}, GATEWAY "10.0.0.2 10.0.0.3")',
            "GATEWAY names two of one IP version",
        ),
        (f"ARPQuerier(2001:db8::1, {OUR_MAC})", "is no IPv4 address"),
        ("ARPQuerier(10.0.0.1)", "ETH is missing"),
        (f"ARPQuerier(10.0.0.1, {OUR_MAC}, TABLE n)", "which is of class NeighbourTable"),
        (f"ARPQuerier(10.0.0.1, {OUR_MAC}, CAPACITY_SLIM_FACTOR 0)", "cannot be zero"),
        (f"ARPQuerier(10.0.0.1, {OUR_MAC}, CAPACITY 99999)", "are at most 16384 packets"),
    ],
)
def test_bad_arguments(drive: Drive, element: str, message: str) -> None:
    around = "Idle -> e -> Discard; Idle -> [1]e;"
    done = drive(f"n :: NeighbourTable; e :: {element}; {around}")
    assert done.returncode == 1
    assert message in done.stderr


def test_bad_arguments_of_the_table(drive: Drive) -> None:
    done = drive("NeighbourTable(CAPACITY 1, WAITING 1, QUEUE 0, TIMEOUT 0);")
    for message in ("CAPACITY 1 is", "WAITING 1 is", "QUEUE 0 is", "TIMEOUT is 1 to"):
        assert message in done.stderr
