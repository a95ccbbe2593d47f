"""Nat, TranslateOut and TranslateIn in a driver translate the packets of a pcap file."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from tests.driver.running import ControlClient, RunningDriver
from tests.elements.frames import Drive
from tests.elements.nat_flows import FLOWS, NAT, Checked, Flow, Outputs, packets
from tests.kernels.gateway import OUTSIDE, SERVER
from tests.packets import SYN, UDP, ether, ipv4, tcp, udp, write_pcap


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(flows=FLOWS)
def test_the_elements_do_what_the_model_does(
    flows: list[Flow], drive: Drive, tmp_path: Path
) -> None:
    frames = [ether(data) for number, flow in enumerate(flows) for data in packets(flow, number)]
    write_pcap(tmp_path / "in.pcap", frames)
    done = drive(NAT.format(folder=tmp_path, burst=1))
    assert done.returncode == 0, done.stderr
    Checked(Outputs(tmp_path)).take_all(flows)


def test_a_batch_of_many_new_hosts(drive: Drive, tmp_path: Path) -> None:
    """Mappings that earlier packets of a batch create count for later ones."""
    hosts = [f"10.0.{i // 100}.{i % 100}" for i in range(400)]
    flows = [Flow(UDP, (host, 5000), (SERVER, 53)) for host in hosts]
    flows = [flow for pair in zip(flows, flows, strict=True) for flow in pair]
    flows += [Flow(UDP, (host, 6000), (OUTSIDE, 5000)) for host in hosts]
    write_pcap(tmp_path / "in.pcap", [ether(packets(flow)[0]) for flow in flows])
    text = NAT.format(folder=tmp_path, burst=64).replace("CAPACITY 256", "CAPACITY 4096")
    done = drive(text, "nat.sessions", "nat.mappings")
    assert done.returncode == 0, done.stderr
    Checked(Outputs(tmp_path)).take_all(flows)
    assert done.stdout.split() == ["nat.sessions:", "1200", "nat.mappings:", "800"]


@pytest.fixture
def running(driver: Path, tmp_path: Path) -> Iterator[ControlClient]:
    """Run a NAT with one UDP session of 10.0.0.1:5000 and one unsolicited SYN."""
    syn = ipv4(SERVER, OUTSIDE, tcp(80, 4444, SYN))
    first = ipv4("10.0.0.1", SERVER, udp(5000, 53))
    frames = [ether(first), ether(syn)]
    write_pcap(tmp_path / "in.pcap", frames)
    text = NAT.format(folder=tmp_path, burst=1).replace("STOP true", "STOP false")
    with RunningDriver(driver, text, tmp_path / "control") as process:
        client = process.client()
        wait(client, "nat.sessions", "1")
        yield client


def wait(client: ControlClient, handler: str, value: str) -> None:
    end = time.monotonic() + 30
    while (found := client.read(handler)) != value:
        assert time.monotonic() < end, f"{handler} is {found}, not {value}"
        time.sleep(0.05)


def write(client: ControlClient, handler: str, value: str) -> tuple[int, str]:
    client.send(f"WRITE {handler} {value}\r\n")
    return client.reply()


def test_tables_are_read_and_settings_change_while_it_runs(running: ControlClient) -> None:
    line = f"udp 10.0.0.1:5000 {OUTSIDE}:5000 {SERVER}:53 unreplied"
    assert running.read("nat.table").startswith(line)
    assert running.read("nat.mapping_table") == f"udp 10.0.0.1:5000 {OUTSIDE}:5000 1\n"
    forward = f"udp {OUTSIDE}:53 -> 10.0.0.2:53"
    assert write(running, "nat.forwards", f'"{forward}"')[0] == 200
    assert running.read("nat.forwards") == forward
    assert f'FORWARDS "{forward}"' in running.read("nat.config")
    assert f"udp 10.0.0.2:53 {OUTSIDE}:53 0 forward\n" in running.read("nat.mapping_table")
    assert running.read("nat.mappings") == "2"
    code, message = write(running, "nat.external", "198.51.100.1")
    assert (code, message.split(":")[0]) == (
        520,
        f"EXTERNAL leaves out {OUTSIDE}, which a forward needs",
    )
    assert running.read("nat.external") == OUTSIDE
    assert write(running, "nat.filtering", "endpoint_independent")[0] == 200
    assert write(running, "nat.port_range", "20000-30000")[0] == 200
    assert write(running, "nat.hold_down", "1s")[0] == 200
    assert running.read("nat.hold_down") == "1"
    assert write(running, "nat.udp", "1s")[0] == 200
    assert running.read("nat.udp") == "1"
    assert running.read("nat.waiting_forwards") == "0"
    other = forward.replace("10.0.0.2", "10.0.0.3")
    assert write(running, "nat.forwards", f'"{other}"')[0] == 200
    assert running.read("nat.waiting_forwards") == "1", "the port is held down for the other host"
    wait(running, "nat.waiting_forwards", "0")
    assert f"udp 10.0.0.3:53 {OUTSIDE}:53 0 forward\n" in running.read("nat.mapping_table")


def test_an_unsolicited_syn_comes_out_six_seconds_later(
    running: ControlClient, tmp_path: Path
) -> None:
    wait(running, "in.held", "1")
    assert running.read("in.unsolicited") == "0"
    wait(running, "in.unsolicited", "1")


@pytest.mark.parametrize(
    ("element", "message"),
    [
        ("Nat()", "EXTERNAL names no address"),
        ("Nat(EXTERNAL 203.0.113.1, CAPACITY 4)", "CAPACITY 4 is out of range: give 16 to 2000000"),
        ("Nat(EXTERNAL 203.0.113.1, UDP soon)", "UDP 'soon' is no timeout"),
        ("Nat(EXTERNAL 203.0.113.1, FILTERING no)", "FILTERING 'no'"),
        ("Nat(EXTERNAL 203.0.113.1, PORTS 1-2)", "PORTS '1-2'"),
        ("Nat(EXTERNAL 203.0.113.1, FORWARDS x)", "FORWARDS 'x': expected PROTOCOL OUTSIDE:PORT"),
        ("Idle -> TranslateOut -> Discard", "NAT"),
        ("d :: Discard; Idle -> d; Idle -> TranslateIn(d) -> Discard", "Nat"),
    ],
)
def test_bad_arguments(driver: Path, element: str, message: str) -> None:
    command = [str(driver), "-e", f"{element};"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert message in done.stderr
