"""Classes that Click has too take what its code takes, or their manifest says what is left out.

The lines are judged by Click itself where it is installed.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from reconciler.testbed.network import Namespace, network
from tests.elements.frames import Drive
from tests.elements.test_manifests import manifests
from tests.elements.wires import driver_in, raw_socket, until
from tests.netns import needs_sandbox
from tests.packets import Capture, ether, ipv4, read_pcap, udp, write_pcap

CLICK = shutil.which("click")
FACTS: dict[str, Any] = YAML(typ="safe").load(
    (Path(__file__).parents[1] / "cases" / "elements" / "click_arguments.yaml").read_text()
)
STOP = " InfiniteSource(LIMIT 1, STOP true) -> Discard;"
ELSEWHERE = {"CPU", "PER_NODE"}
"""Arguments of Click's kernel module and of its simulator."""


def on_interfaces(line: str) -> bool:
    return "eth0" in line or "Device" in line


def run(program: Path, line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    (folder / "config.click").write_text(line + STOP)
    command = [str(program), "config.click"]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture(scope="module")
def client() -> Iterator[Namespace]:
    """A host whose interface eth0 has an address."""
    with network() as made:
        yield made.client


@pytest.fixture(autouse=True)
def capture(tmp_path: Path) -> None:
    write_pcap(tmp_path / "in.pcap", [Capture(bytes(60), time_ns=n * 10**9) for n in range(1, 6)])


@pytest.mark.parametrize("name", FACTS["arguments"])
def test_manifests_have_every_argument_of_click(name: str) -> None:
    manifest = manifests()[name]
    taken = {one.name for one in manifest.parameters}
    left_out = {one.name for one in manifest.left_out}
    assert manifest.click
    assert set(FACTS["arguments"][name]) <= taken | left_out
    assert not taken & left_out


def test_what_manifests_leave_out_is_tried() -> None:
    declared = {one.name for manifest in manifests().values() for one in manifest.left_out}
    assert declared - ELSEWHERE == set(FACTS["left_out"].values())


@pytest.mark.parametrize("line", [line for line in FACTS["accepted"] if not on_interfaces(line)])
def test_accepted(line: str, drive: Drive) -> None:
    done = drive(line + STOP)
    assert done.returncode == 0, done.stderr


@needs_sandbox
@pytest.mark.parametrize("line", [line for line in FACTS["accepted"] if on_interfaces(line)])
def test_accepted_on_interfaces(line: str, driver: Path, client: Namespace, tmp_path: Path) -> None:
    done = run(driver_in(client, driver, tmp_path / "driver"), line, tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("line", FACTS["left_out"])
def test_left_out(line: str, drive: Drive) -> None:
    done = drive(line + STOP)
    assert done.returncode == 1
    name = FACTS["left_out"][line]
    assert f"{name}, which Click takes here, is left out: " in done.stderr


@needs_sandbox
@pytest.mark.skipif(CLICK is None, reason="needs Click's program `click` on PATH")
@pytest.mark.parametrize("line", [*FACTS["accepted"], *FACTS["left_out"]])
def test_click_takes_it(line: str, client: Namespace, tmp_path: Path) -> None:
    done = run(driver_in(client, Path(str(CLICK)), tmp_path / "click"), line, tmp_path)
    if any(word in done.stderr for word in ("unknown element class", "undeclared element")):
        pytest.skip(done.stderr)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("window", "seconds"),
    [
        ("START 2", [2, 3, 4, 5]),
        ("START_AFTER 3s", [4, 5]),
        ("END 4", [1, 2, 3]),
        ("END_AFTER 1500ms", [1, 2]),
        ("START 2, INTERVAL 2", [2, 3]),
        ("SAMPLE 0", []),
    ],
)
def test_the_time_of_a_capture(
    window: str, seconds: list[int], drive: Drive, tmp_path: Path
) -> None:
    end = "" if "END" in window or "INTERVAL" in window else ", STOP true"
    text = f"FromDump(in.pcap, {window}{end}) -> ToDump(out.pcap) -> Discard;"
    done = drive(text + (STOP if not end else ""))
    assert done.returncode == 0, done.stderr
    found = [record.time_ns // 10**9 for record in read_pcap(tmp_path / "out.pcap")]
    assert found == seconds


def test_nothing_behind_the_end_is_pulled_while_the_run_ends(drive: Drive, tmp_path: Path) -> None:
    done = drive("FromDump(in.pcap, END_AFTER 1500ms, STOP true) -> Unqueue -> ToDump(out.pcap);")
    assert done.returncode == 0, done.stderr
    assert [one.time_ns // 10**9 for one in read_pcap(tmp_path / "out.pcap")] == [1, 2]


def test_what_is_behind_the_end_follows_a_call(drive: Drive, tmp_path: Path) -> None:
    done = drive("c :: Counter; FromDump(in.pcap, END 3, END_CALL c.reset) -> c -> Discard;" + STOP)
    assert done.returncode == 0, done.stderr


def test_a_call_may_change_itself(drive: Drive) -> None:
    text = (
        "InfiniteSource(x, LIMIT 2, STOP true) -> c :: Counter(COUNT_CALL 2 c.count_call 40 stop)"
    )
    assert drive(f"{text} -> Discard;", "c.count_call").stdout == "40 stop\n"


def test_a_bandwidth_is_a_rate_in_whole_packets(drive: Drive) -> None:
    text = "s :: RatedSource(BANDWIDTH 1Mbps, LENGTH 100, LIMIT 1, STOP true) -> Discard;"
    assert drive(text, "s.rate").stdout == "1250\n"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("Idle -> Paint(1, 40) -> Discard;", "packets have the first 32 of Click's bytes"),
        ("Idle -> Paint(1, VLAN) -> Discard;", "ANNO 'VLAN' is 2 bytes, not 1"),
        ("Idle -> Paint(1, COLOUR) -> Discard;", "ANNO 'COLOUR' is no annotation"),
        ("FromDump(in.pcap, END_CALL stop, STOP true) -> Discard;", "give STOP or END_CALL"),
        ("FromDump(in.pcap, END_CALL x.reset) -> Discard;", "there is no element 'x'"),
        ("i :: Idle -> Counter(COUNT_CALL 1 i.go) -> Discard;", "'i' has no write handler 'go'"),
        ("Idle -> Counter(COUNT_CALL stop) -> Discard;", "expected a number before the handler"),
        ("Idle -> ARPResponder(10.0.0.1 nowhere) -> Discard;", "expected addresses or prefixes"),
        ("FromDevice(lo, SNAPLEN 5) -> Discard;", "SNAPLEN is 14 to 65535 bytes, not 5"),
        ("AddressInfo(mine what); Idle -> Discard;", "'what' is not an address"),
        ("AddressInfo(mine); Idle -> Discard;", "expected a name and its addresses"),
        ("Idle -> Queue(08) -> Unqueue -> Discard;", "CAPACITY takes a whole number"),
    ],
)
def test_messages(line: str, message: str, drive: Drive) -> None:
    done = drive(line)
    assert done.returncode == 1
    assert message in done.stderr


def test_a_name_holds_in_its_compound_element(drive: Drive) -> None:
    text = """AddressInfo(mine 10.0.0.1 1:1:1:1:1:1);
in/names :: AddressInfo(mine 10.0.0.2/24);
Idle -> in/r :: ARPResponder(mine, mine:bcast mine:eth) -> r :: ARPResponder(mine) -> Discard;"""
    done = drive(text + STOP, "in/r.table", "r.table")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [
        "in/r.table:", "10.0.0.2/32", "01:01:01:01:01:01", "10.0.0.255/32", "01:01:01:01:01:01",
        "r.table:", "10.0.0.1/32", "01:01:01:01:01:01",
    ]  # fmt: skip


@needs_sandbox
def test_from_device_cuts_frames_and_takes_one_protocol(driver: Path, tmp_path: Path) -> None:
    with network() as joined:
        inside = driver_in(joined.firewall, driver, tmp_path / "driver")
        text = (
            "FromDevice(eth0, 1, 60, PROTOCOL 0x0800) -> c :: Counter(COUNT_CALL 2 stop)"
            " -> ToDump(out.pcap, UNBUFFERED true) -> Discard;"
        )
        (tmp_path / "config.click").write_text(text)
        command = [str(inside), "config.click"]
        with (
            subprocess.Popen(command, cwd=tmp_path) as running,
            raw_socket(joined.client) as wire,
        ):
            until(lambda: (tmp_path / "out.pcap").exists(), "the driver did not start")
            frame = ether(ipv4("192.0.2.1", "192.0.2.2", udp(1, 2, bytes(100))))
            until(
                lambda: wire.send(b"\2" * 60) + wire.send(frame) > 0 and running.poll() == 0,
                "no end",
            )
    found = {record.data for record in read_pcap(tmp_path / "out.pcap")}
    assert frame[:60] in found
    assert all(len(data) <= 60 and data[12:14] == b"\x08\x00" for data in found)
