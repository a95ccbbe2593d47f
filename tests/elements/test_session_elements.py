"""SessionTable, CheckSession and OpenSession in a driver."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from tests.driver.running import ControlClient, RunningDriver
from tests.elements.frames import Drive
from tests.elements.session_model import PATHS, TALK, Sent, SessionModel
from tests.packets import (
    ACK,
    SYN,
    UDP,
    ether,
    icmp6,
    ipv4,
    ipv6,
    raw,
    read_pcap,
    tcp,
    udp,
    write_pcap,
)

CLIENT, SERVER = "10.0.0.1", "192.0.2.80"
FIREWALL = """
sessions :: SessionTable(CAPACITY 64, UDP 20);
checked :: CheckSession(sessions);
checked[0] -> established :: ToDump({folder}/established.pcap, ENCAP IP);
checked[1] -> opened :: OpenSession(sessions) -> new :: ToDump({folder}/new.pcap, ENCAP IP);
checked[2] -> related :: ToDump({folder}/related.pcap, ENCAP IP);
checked[3] -> invalid :: ToDump({folder}/invalid.pcap, ENCAP IP);
"""
SOURCE = (
    "{name} :: FromDump({folder}/{name}.pcap, ACTIVE false) -> Strip(14) -> {check} -> checked;"
)
ONE_BY_ONE = """
FromDump(in.pcap, STOP true) -> Unqueue(BURST 1) -> types :: Classifier(12/0800, 12/86dd);
types[0] -> Strip(14) -> CheckIPHeader -> checked;
types[1] -> Strip(14) -> CheckIP6Header -> checked;
"""


class Running:
    """The firewall in a driver; each step sends one file of packets."""

    def __init__(self, client: ControlClient, folder: Path) -> None:
        self.client = client
        self.folder = folder

    def write(self, handler: str, value: str) -> int:
        self.client.send(f"WRITE {handler} {value}\r\n")
        return self.client.reply()[0]

    def wait(self, handler: str, value: str) -> None:
        end = time.monotonic() + 10
        while (found := self.client.read(handler)) != value:
            assert time.monotonic() < end, f"{handler} is {found}, not {value}"
            time.sleep(0.01)

    def send(self, name: str) -> None:
        count = len(read_pcap(self.folder / f"{name}.pcap"))
        assert self.write(f"{name}.active", "true") == 200
        self.wait(f"{name}.count", str(count))

    def verdicts(self) -> dict[str, int]:
        names = ("established", "new", "related", "invalid")
        return {name: int(self.client.read(f"checked.{name}")) for name in names}


FILES = {
    "syn": [ether(ipv4(CLIENT, SERVER, tcp(40000, 80, SYN, seq=1)))],
    "answer": [ether(ipv4(SERVER, CLIENT, tcp(80, 40000, SYN | ACK, seq=9, ack=2)))],
    "rest": [
        ether(ipv4(CLIENT, SERVER, tcp(40000, 80, ACK, seq=2, ack=10))),
        ether(ipv4(CLIENT, SERVER, tcp(40000, 80, ACK, b"GET /", seq=2, ack=10))),
        ether(ipv4(CLIENT, SERVER, tcp(40001, 80, ACK, b"GET /", seq=2, ack=10))),
        ether(ipv4(CLIENT, SERVER, udp(5353, 53, b"?"))),
    ],
    "six": [
        ether(ipv6("2001:db8::1", "2001:db8::2", udp(5353, 53, b"?"))),
        ether(ipv6("fe80::1", "fe80::2", icmp6(135, payload=bytes(20)), hop_limit=255)),
    ],
}


def pieces(ident: int) -> list[bytes]:
    """Return three fragments of a datagram."""
    first = ipv4(CLIENT, SERVER, udp(5353, 514, bytes(16)), ident=ident, more=True)
    second = ipv4(CLIENT, SERVER, raw(UDP, bytes(24)), ident=ident, offset=3, more=True)
    return [*map(ether, (first, second)), last_piece(ident)]


def last_piece(ident: int) -> bytes:
    return ether(ipv4(CLIENT, SERVER, raw(UDP, bytes(24)), ident=ident, offset=6))


PIECES = {"pieces": [*pieces(1), *pieces(2), *pieces(3), last_piece(4)]}


@pytest.fixture
def running(driver: Path, tmp_path: Path) -> Iterator[Running]:
    text = FIREWALL.format(folder=tmp_path)
    for name, frames in (FILES | PIECES).items():
        write_pcap(tmp_path / f"{name}.pcap", frames)
        check = "CheckIP6Header" if name == "six" else "CheckIPHeader"
        text += SOURCE.format(name=name, folder=tmp_path, check=check)
    with RunningDriver(driver, text, tmp_path / "control") as process:
        yield Running(process.client(), tmp_path)


def test_packets_leave_by_their_verdict(running: Running) -> None:
    for name in FILES:
        running.send(name)
    assert running.verdicts() == {"established": 3, "new": 3, "related": 1, "invalid": 1}
    assert running.client.read("opened.opened") == "3"
    assert running.client.read("sessions.count") == "3"
    assert running.client.read("sessions.by_state") == "established 1\nunreplied 2\n"
    lines = sorted(running.client.read("sessions.table").splitlines())
    assert lines[0].startswith("tcp 10.0.0.1:40000 192.0.2.80:80 established ")
    assert lines[1].startswith("udp 10.0.0.1:5353 192.0.2.80:53 unreplied ")
    assert lines[2].startswith("udp [2001:db8::1]:5353 [2001:db8::2]:53 unreplied ")


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(sent=TALK)
def test_the_elements_do_what_the_model_does(
    sent: list[Sent], drive: Drive, tmp_path: Path
) -> None:
    model = SessionModel()
    expected: dict[str, list[bytes]] = {path: [] for path in PATHS}
    packets = [model.packet(one) for one in sent]
    for packet, path in packets:
        expected[path].append(packet)
    write_pcap(tmp_path / "in.pcap", [ether(packet) for packet, _ in packets])
    done = drive(FIREWALL.format(folder=".") + ONE_BY_ONE, "sessions.count")
    assert done.returncode == 0, done.stderr
    found = {path: [one.data for one in read_pcap(tmp_path / f"{path}.pcap")] for path in PATHS}
    assert found == expected
    assert int(done.stdout) == len(model.sessions)


def test_timeouts_change_while_it_runs(running: Running) -> None:
    assert running.client.read("sessions.udp") == "20"
    assert running.client.read("sessions.tcp_established") == "432000"
    assert running.write("sessions.udp", "100ms") == 200
    assert running.client.read("sessions.udp") == "0.1"
    assert running.client.read("sessions.config") == "CAPACITY 64, UDP 100ms\n"
    assert running.write("sessions.udp", "0") >= 500
    assert running.client.read("sessions.udp") == "0.1"
    running.send("rest")
    running.wait("sessions.expired", "1")
    assert running.client.read("sessions.count") == "0"


def test_fragments_of_a_new_session_pass_in_one_batch(running: Running) -> None:
    """Without answers each datagram is new, and its fragments follow each other directly."""
    running.send("pieces")
    assert running.verdicts() == {"established": 6, "new": 3, "related": 0, "invalid": 1}
    assert running.client.read("opened.opened") == "1"


def test_flush_ends_every_session(running: Running) -> None:
    running.send("syn")
    assert running.write("sessions.flush", "") == 200
    running.send("answer")
    assert running.verdicts() == {"established": 0, "new": 1, "related": 0, "invalid": 1}


def test_the_table_is_not_read_for_longer_than_forwarding_can_wait(
    driver: Path, tmp_path: Path
) -> None:
    frames = [ether(ipv4(f"10.0.0.{i}", SERVER, udp(0, 53, checksummed=False))) for i in (1, 2)]
    many = [frames[i >> 16][:34] + (i & 0xFFFF).to_bytes(2) + frames[0][36:] for i in range(65540)]
    write_pcap(tmp_path / "many.pcap", many)
    text = (
        f"many :: FromDump({tmp_path}/many.pcap) -> Strip(14) -> CheckIPHeader"
        " -> checked :: CheckSession(sessions); sessions :: SessionTable(CAPACITY 70000);"
        "checked -> Discard; checked[1] -> OpenSession(sessions) -> Discard;"
    )
    with RunningDriver(driver, text, tmp_path / "control") as process:
        running = Running(process.client(), tmp_path)
        running.wait("sessions.count", "65540")
        lines = running.client.read("sessions.table 100000").splitlines()
    assert len(lines) == 65537 and lines[-1] == "... 4 more"


@pytest.mark.parametrize(
    ("element", "message"),
    [
        ("SessionTable(CAPACITY 4)", "CAPACITY 4 is out of range: give 16 to 4000000 sessions"),
        ("SessionTable(UDP soon)", "UDP 'soon' is no timeout"),
        ("SessionTable(TCP_CLOSE 0)", "TCP_CLOSE '0' is no timeout"),
        ("SessionTable(TCP_CLOSED 5)", "TCP_CLOSED"),
        ("Idle -> CheckSession -> Discard", "SESSIONS"),
        ("Idle -> CheckSession(nowhere) -> Discard", "nowhere"),
        ("d :: Discard; Idle -> d; Idle -> CheckSession(d) -> Discard", "SessionTable"),
        ("Idle -> OpenSession -> Discard", "SESSIONS"),
    ],
)
def test_bad_arguments(driver: Path, element: str, message: str) -> None:
    command = [str(driver), "-e", f"{element};"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert message in done.stderr


def test_unconnected_outputs_drop(driver: Path, tmp_path: Path) -> None:
    write_pcap(tmp_path / "rest.pcap", FILES["rest"])
    text = (
        f"sessions :: SessionTable; FromDump({tmp_path}/rest.pcap, STOP true) -> Strip(14)"
        " -> CheckIPHeader -> CheckSession(sessions) -> Discard;"
    )
    command = [str(driver), "-e", text, "-h", "sessions.count"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout) == (0, "0\n")
