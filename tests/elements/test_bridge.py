"""LearnBridge and EtherSwitch against a dictionary, with and without an upgrade in between."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.driver.running import RunningDriver
from tests.elements.frames import Drive
from tests.elements.successive import Workers
from tests.elements.test_live import count, wait_until, write
from tests.packets import BROADCAST, ETHERTYPE_VLAN, ether, mac, write_pcap

QUICK = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
PORTS = ("lan", "wan", "dmz")
BRIDGE = """
{state}
in :: FromDump({{folder}}/in.pcap, STOP true) -> Unqueue(BURST 1) -> from :: Classifier({patterns});
{inputs}
{outputs}
"""
# Multicast goes everywhere too; 01:80:c2:00:00:00 is for the bridge itself.
GROUP, RESERVED = "01:00:5e:00:00:01", "01:80:c2:00:00:00"


def graph(
    element: str, state: str = "stations :: StationTable;", names: str = "lan wan dmz"
) -> str:
    """Return a bridge between ports 0, 1, 2 of the tests, named lan, wan, dmz in the graph."""
    ports = [PORTS.index(name) for name in names.split()]
    return BRIDGE.format(
        state=f"{state} bridge :: {element};",
        patterns=", ".join(f"20/{port:02}" for port in ports),
        inputs="\n".join(f"from[{at}] -> [{at}]bridge;" for at in range(len(ports))),
        outputs="\n".join(
            f"bridge[{at}] -> ToDump({{folder}}/{PORTS[port]}.pcap) -> Discard;"
            for at, port in enumerate(ports)
        ),
    )


def frame(port: int, source: str, destination: str, number: int, vlan: int | None = None) -> bytes:
    """Return a frame; the first bytes of its payload tell where it comes from."""
    tag = b"" if vlan is None else ETHERTYPE_VLAN.to_bytes(2, "big") + vlan.to_bytes(2, "big")
    head = mac(destination) + mac(source)
    # Byte 20 is the port with and without a tag.
    return head + (tag or b"\x88\xb5\0\0") + b"\x88\xb5\0\0" + bytes([port, number])


def station(number: int) -> str:
    return f"02:00:00:00:01:{number:02x}"


class Model:
    """Predicts which frames leave by which port."""

    def __init__(self, vlans: bool, reserved_pass: bool = False) -> None:
        self.vlans, self.reserved_pass = vlans, reserved_pass
        self.known: dict[tuple[str, int], int] = {}

    def ports(self, port: int, source: str, destination: str, vlan: int | None) -> set[int]:
        if destination == RESERVED and not self.reserved_pass:
            return set()
        tag = (vlan or 0) & 0xFFF if self.vlans else 0
        if not mac(source)[0] & 1 and mac(source) != bytes(6):
            self.known[source, tag] = port
        to = self.known.get((destination, tag))
        if mac(destination)[0] & 1 or to is None:
            return {0, 1, 2} - {port}
        return {to} - {port}


stations = st.integers(0, 4).map(station)
steps = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.one_of(stations, stations, stations, st.sampled_from([GROUP, "00:00:00:00:00:00"])),
        st.one_of(stations, stations, stations, st.sampled_from([BROADCAST, GROUP, RESERVED])),
        st.one_of(st.none(), st.sampled_from([0, 5, 0x2000 | 5, 6])),
    ),
    max_size=40,
)
Step = tuple[int, str, str, int | None]


def check(
    workers: Workers, model: Model, texts: Sequence[str], taken: list[Step], cut: int
) -> None:
    frames = [frame(*step[:3], number, step[3]) for number, step in enumerate(taken)]
    expected: dict[str, list[bytes]] = {name: [] for name in PORTS}
    for data, step in zip(frames, taken, strict=True):
        for port in model.ports(*step):
            expected[PORTS[port]].append(data)
    ran = workers.run(texts, [frames[:cut], frames[cut:]], PORTS)
    assert {n: [f for one in ran for f in one.outputs[n]] for n in PORTS} == expected


@QUICK
@given(steps, st.integers(0, 40), st.booleans())
def test_frames_leave_where_their_station_is(
    either: Workers, taken: list[Step], cut: int, vlans: bool
) -> None:
    """The next worker has the ports in another order: only their names count."""
    vlan = f"VLAN {str(vlans).lower()}"
    first = graph(f"LearnBridge(stations, lan, wan, dmz, {vlan})")
    second = graph(f"LearnBridge(stations, dmz, lan, wan, {vlan})", names="dmz lan wan")
    check(either, Model(vlans), [first, second], taken, cut)


@QUICK
@given(steps, st.integers(0, 40))
def test_the_switch_of_click_does_the_same(either: Workers, taken: list[Step], cut: int) -> None:
    text = graph("EtherSwitch", state="")
    check(either, Model(False, reserved_pass=True), [text, text], taken, cut)


def test_nothing_is_flooded_after_an_upgrade_that_was_not_before(workers: Workers) -> None:
    hello = [frame(n % 3, station(n), BROADCAST, n) for n in range(6)]
    talk = [frame(n % 3, station(n), station((n + 1) % 6), n) for n in range(6)]
    text = graph("LearnBridge(stations, lan, wan, dmz)")
    ran = workers.run(text, [hello, talk], PORTS, ["bridge.flooded", "bridge.forwarded"])
    assert ran[0].handlers == {"bridge.flooded": "6", "bridge.forwarded": "0"}
    assert ran[1].handlers == {"bridge.flooded": "6", "bridge.forwarded": "6"}
    assert sum(len(frames) for frames in ran[1].outputs.values()) == len(talk)


def test_a_worker_that_dies_floods_nothing_either(workers: Workers) -> None:
    hello = [frame(n % 3, station(n), BROADCAST, n) for n in range(6)]
    talk = [frame(n % 3, station(n), station((n + 1) % 6), n) for n in range(6)]
    text = graph("LearnBridge(stations, lan, wan, dmz)")
    ran = workers.run(text, [hello, talk], PORTS, ["bridge.flooded"], crash=[0])
    assert ran[1].handlers == {"bridge.flooded": "6"}


def test_a_port_that_is_gone_counts_as_not_known(workers: Workers) -> None:
    hello = [frame(2, station(1), BROADCAST, 1)]
    ask = [frame(0, station(2), station(1), 2)]
    first = graph("LearnBridge(stations, lan, wan, dmz)")
    second = graph("LearnBridge(stations, lan, wan)", names="lan wan")
    folder = workers.folder / "1"
    folder.mkdir(exist_ok=True)
    write_pcap(folder / "dmz.pcap", [])
    ran = workers.run([first, second], [hello, ask], PORTS)
    assert ran[1].outputs == {"lan": [], "wan": ask, "dmz": []}


def test_stations_are_shown_and_move_and_age(driver: Path, tmp_path: Path) -> None:
    write_pcap(tmp_path / "a.pcap", [frame(0, station(1), BROADCAST, 1, 5)])
    write_pcap(tmp_path / "b.pcap", [frame(0, station(1), station(9), 1, 5)])
    text = (
        "s :: StationTable(AGEING 100); b :: LearnBridge(s, one, two, VLAN true);"
        f"FromDump({tmp_path}/a.pcap) -> [0]b; again :: FromDump({tmp_path}/b.pcap, ACTIVE false)"
        " -> [1]b; b[0] -> Discard; b[1] -> Discard;"
    )
    with RunningDriver(driver, text, tmp_path / "control") as process:
        client = process.client()
        wait_until(client, "s.count", lambda stations: stations == 1)
        *words, left = client.read("s.table").split()
        assert words == [station(1), "5", "one"]
        assert 90 <= int(left) < 100
        assert write(client, "again.active", "true")[0] == 200
        wait_until(client, "b.moves", lambda moves: moves == 1)
        assert client.read("s.table").split()[2] == "two"
        assert write(client, "s.ageing", "0")[0] == 520
        assert write(client, "s.ageing", "60")[0] == 200
        assert "AGEING 60" in client.read("flatconfig")
        assert write(client, "s.flush")[0] == 200
        assert count(client, "s.count") == 0


def test_the_switch_has_clicks_handlers(driver: Path, tmp_path: Path) -> None:
    write_pcap(tmp_path / "a.pcap", [frame(0, station(1), station(2), 1)])
    text = (
        f"FromDump({tmp_path}/a.pcap) -> [0]b :: EtherSwitch(TIMEOUT 10); Idle -> [1]b;"
        "b[0] -> Discard; b[1] -> Discard;"
    )
    with RunningDriver(driver, text, tmp_path / "control") as process:
        client = process.client()
        wait_until(client, "b.flooded", lambda flooded: flooded == 1)
        assert client.read("b.table") == f"{station(1)} 0\n"
        assert client.read("b.timeout") == "10"
        assert write(client, "b.timeout", "0")[0] == 200
        assert write(client, "b.timeout", "soon")[0] == 520


@pytest.mark.parametrize(
    ("element", "message"),
    [
        ("LearnBridge(s, a)", "2 ports need as many names in PORTS, not 1"),
        ("LearnBridge(s, a, a)", "two ports are called 'a'"),
        ("LearnBridge(s, a, bbbbbbbbbbbbbbbb)", "a name has 1 to 15 characters"),
        ("LearnBridge(a, b)", "STATIONS names element 'a'"),
        ("EtherSwitch(TIMEOUT -1)", "TIMEOUT is 0 to 1000000"),
    ],
)
def test_bad_arguments(drive: Drive, element: str, message: str) -> None:
    around = "Idle -> [0]b[0] -> Discard; Idle -> [1]b[1] -> Discard;"
    done = drive(f"s :: StationTable; b :: {element}; {around}")
    assert done.returncode == 1
    assert message in done.stderr


def test_bad_arguments_of_the_table(drive: Drive) -> None:
    done = drive("StationTable(CAPACITY 3); StationTable(AGEING 0.5);")
    assert "CAPACITY 3 is out of range" in done.stderr
    assert "AGEING is 1 to 1000000 seconds" in done.stderr


def test_the_tag_keeps_the_marker_in_place() -> None:
    assert frame(2, station(1), station(2), 7)[20:] == frame(2, station(1), station(2), 7, 5)[20:]
    tagged = ether(b"", ethertype=0x88B5, vlan=5)
    assert tagged[12:18] == frame(0, BROADCAST, BROADCAST, 0, 5)[12:18]
