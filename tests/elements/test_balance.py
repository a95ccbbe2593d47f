"""BalanceTable, Balance and BalanceReverse in a driver, frames in and frames out."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.driver.running import ControlClient, RunningDriver
from tests.kernels.balancer import VIP, VIP6, Client
from tests.packets import ACK, SYN, ether, icmp, ipv4, mac, read_pcap, tcp, write_pcap

POOL = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "2001:db8::1", "2001:db8::2"]
GATE, WIRE = "02:00:00:00:00:01", "02:00:00:00:00:02"
GRAPH = """
web :: BalanceTable(SERVICES "tcp 192.0.2.80:80; tcp [2001:db8:f::80]:80",
  BACKENDS "{backends}", {more});
inbound :: Classifier(12/0800, 12/86dd);
inbound[0] -> Strip(14) -> CheckIPHeader -> balance :: Balance(web);
inbound[1] -> Strip(14) -> CheckIP6Header -> balance;
outbound :: Classifier(12/0800, 12/86dd);
outbound[0] -> Strip(14) -> CheckIPHeader -> reverse :: BalanceReverse(web);
outbound[1] -> Strip(14) -> CheckIP6Header -> reverse;
balance[0] -> Unstrip(14) -> balanced :: ToDump({folder}/balanced.pcap, UNBUFFERED true);
balance[1] -> Unstrip(14) -> ToDump({folder}/other.pcap, UNBUFFERED true);
balance[2] -> Unstrip(14) -> ToDump({folder}/refused.pcap, UNBUFFERED true);
reverse[0] -> Unstrip(14) -> ToDump({folder}/answers.pcap, UNBUFFERED true);
reverse[1] -> Unstrip(14) -> ToDump({folder}/outward.pcap, UNBUFFERED true);
"""
FROM_FILES = """
FromDump({folder}/clients.pcap, STOP true) -> Unqueue(BURST 1) -> inbound;
balanced -> Strip(14) -> IPMirror -> Unstrip(14) -> outbound;
"""
FROM_HANDLERS = """
in :: InfiniteSource(LIMIT 1, ACTIVE false) -> inbound;
out :: InfiniteSource(LIMIT 1, ACTIVE false) -> outbound;
"""


def graph(
    folder: Path | str, backends: Sequence[str], source: str, more: str = "CAPACITY 4096"
) -> str:
    return (GRAPH + source).format(folder=folder, backends="; ".join(backends), more=more)


def framed(data: bytes) -> bytes:
    return ether(data, source=WIRE, destination=GATE)


def destination(frame: bytes) -> str:
    """Return the destination address of a frame's IP packet."""
    return str(ip_address(frame[38:54] if frame[12] == 0x86 else frame[30:34]))


clients = st.builds(
    lambda six, host, port: Client(f"2001:db8:c::{host}", port, VIP6) if six
    else Client(f"198.51.100.{host}", port),
    st.booleans(), st.integers(1, 3), st.integers(1000, 1003),
)  # fmt: skip


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.tuples(clients, st.sampled_from([SYN, ACK]), st.binary(max_size=9)), max_size=80)
)
def test_frames_come_out_as_their_flow_wants(
    driver: Path, sent: list[tuple[Client, int, bytes]]
) -> None:
    """Each flow has one backend of its IP version, all checksums are right, order is kept.

    Backends send back what they get, and clients receive it as if the service had sent it.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_pcap(
            folder / "clients.pcap", [framed(c.request(flags, data)) for c, flags, data in sent]
        )
        (folder / "config.click").write_text(graph(folder, POOL, FROM_FILES))
        subprocess.run([str(driver), str(folder / "config.click")], check=True, timeout=60)
        got = [read_pcap(folder / f"{name}.pcap") for name in ("balanced", "answers")]
    flows: dict[Client, str] = {}
    for there, back, (client, flags, data) in zip(*got, sent, strict=True):
        backend = flows.setdefault(client, destination(there.data))
        assert backend in POOL
        assert there.data == framed(client.request(flags, data, backend))
        assert back.data == framed(client.echo(flags, data))


class Running:
    """A balancer in a driver; frames go in one at a time."""

    def __init__(self, client: ControlClient, folder: Path) -> None:
        self.client = client
        self.folder = folder
        self.seen = dict.fromkeys(("balanced", "other", "refused", "answers", "outward"), 0)

    def write(self, handler: str, value: str) -> tuple[int, str]:
        self.client.send(f"WRITE {handler} {value}\r\n")
        return self.client.reply()

    def pass_frame(self, source: str, frame: bytes) -> tuple[str, bytes]:
        """Pass a frame; return the output by which it left, and its bytes."""
        self.client.send(f"WRITEDATA {source}.data {len(frame)}\r\n")
        self.client._socket.sendall(frame)
        assert self.client.reply()[0] == 200
        assert self.write(f"{source}.reset", "")[0] == 200
        assert self.write(f"{source}.active", "true")[0] == 200
        end = time.monotonic() + 10
        while time.monotonic() < end:
            for name, before in self.seen.items():
                frames = read_pcap(self.folder / f"{name}.pcap")
                if len(frames) > before:
                    self.seen[name] = len(frames)
                    return name, frames[-1].data
        raise AssertionError("the frame is gone")

    def backend(self, client: Client, flags: int = ACK) -> str:
        where, frame = self.pass_frame("in", framed(client.request(flags)))
        assert where == "balanced"
        return destination(frame)


@pytest.fixture
def running(driver: Path, tmp_path: Path) -> Iterator[Running]:
    text = graph(tmp_path, POOL[:3], FROM_HANDLERS)
    with RunningDriver(driver, text, tmp_path / "control") as process:
        yield Running(process.client(), tmp_path)


def test_there_and_back(running: Running) -> None:
    client = Client()
    backend = running.backend(client, SYN)
    answer = framed(client.answer(backend, SYN | ACK))
    assert running.pass_frame("out", answer) == ("answers", framed(client.answer(flags=SYN | ACK)))
    own = framed(ipv4(backend, client.address, tcp(22, 40000)))
    assert running.pass_frame("out", own) == ("outward", own)
    ping = framed(ipv4(client.address, VIP, icmp(8, rest=1)))
    assert running.pass_frame("in", ping) == ("other", ping)
    assert running.client.read("balance.balanced") == "1"
    assert running.client.read("reverse.answers") == "1"
    (line,) = running.client.read("web.table").splitlines()
    flow = ["tcp", "198.51.100.7:40000", "192.0.2.80:80", f"{backend}:80", "opening"]
    assert line.split()[:5] == flow


def test_the_list_changes_while_it_runs(running: Running) -> None:
    client = Client()
    backend = running.backend(client, SYN)
    left = [name for name in POOL[:3] if name != backend]
    assert running.write("web.backends", f'"{"; ".join(left)}"')[0] == 200
    assert running.client.read("web.backends") == "; ".join(left)
    assert running.client.read("web.config").endswith(
        f'BACKENDS "{"; ".join(left)}", CAPACITY 4096\n'
    )
    assert running.backend(client) == backend
    assert running.backend(Client(port=1), SYN) in left
    code, said = running.write("web.backends", "10.0.0.1 wait 3")
    assert (code, said.startswith("'10.0.0.1 wait 3' is no backend")) == (520, True)
    assert running.client.read("web.backends") == "; ".join(left)
    assert f"{backend} draining up 1 1\n" in running.client.read("web.backend_table")


def test_health_comes_through_a_handler(running: Running) -> None:
    client = Client()
    backend = running.backend(client, SYN)
    assert running.write("web.health", f'"{backend} down; 10.0.0.9 down"')[0] == 520
    assert running.client.read("web.health") == f"{backend} down\n"
    moved = running.backend(client)
    assert moved != backend
    assert running.client.read("web.moved") == "1"
    assert running.write("web.health", f"{backend} up") == (200, "Write handler 'web.health' OK")
    assert running.backend(client) == moved, "the flow has a home"
    assert running.write("web.health", "10.0.0.1 sideways")[0] == 520


def test_frames_go_to_the_address_that_the_list_gives(driver: Path, tmp_path: Path) -> None:
    backends = ["10.0.0.1 mac 02:00:00:00:00:77"]
    # As from a device: the start of the frame is known.
    framed_source = FROM_HANDLERS.replace(
        "ACTIVE false) -> inbound",
        f"ACTIVE false) -> Strip(14) -> EtherEncap(0x0800, {WIRE}, {GATE}) -> inbound",
    )
    text = graph(tmp_path, backends, framed_source, "MODE direct, CAPACITY 16")
    with RunningDriver(driver, text, tmp_path / "control") as process:
        running = Running(process.client(), tmp_path)
        where, frame = running.pass_frame("in", framed(Client().request(SYN)))
        assert where == "balanced"
        assert frame == ether(Client().request(SYN), source=GATE, destination="02:00:00:00:00:77")
        # Its flow still goes there after it has left the list.
        assert running.write("web.backends", "10.0.0.2")[0] == 200
        where, frame = running.pass_frame("in", framed(Client().request(ACK)))
        assert frame[:6] == mac("02:00:00:00:00:77")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("CAPACITY 16", "SERVICES are 1 to 64, not 0"),
        (
            'SERVICES "tcp 192.0.2.1:80", CAPACITY 4',
            "CAPACITY 4 is out of range: give 16 to 4000000 flows",
        ),
        ('SERVICES "tcp 192.0.2.1:80", BACKENDS 10.0.0.300', "'10.0.0.300' is no backend"),
        ('SERVICES "tcp 192.0.2.1:80", MODE tunnel', "MODE is nat or direct"),
        ('SERVICES "tcp 192.0.2.1:80", UDP 0', "'0' is no timeout"),
    ],
)
def test_bad_arguments(driver: Path, arguments: str, message: str) -> None:
    command = [str(driver), "-e", f"BalanceTable({arguments});"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert message in done.stderr
