"""Flow records that the host sends by itself, to a collector of the tests and to nfdump."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.driver.running import RunningDriver
from tests.elements.test_live import wait_until, write
from tests.ipfix import Collector
from tests.packets import (
    SYN,
    ipv4,
    tcp,
    udp,
)


@contextmanager
def receiver() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours:
        ours.bind(("127.0.0.1", 0))
        ours.settimeout(10)
        yield ours


METER_LOOP = """
flows :: FlowTable(IDLE 0.1s); InfiniteSource(\\<{packet}>, LIMIT 5) -> MarkIPHeader
  -> Paint(7) -> MeterFlows(flows) -> Discard;
export :: ExportFlows(flows, COLLECTOR 127.0.0.1, PORT {port}, SOURCE_PORT {source});
"""


def free_port() -> int:
    with receiver() as probe:
        return int(probe.getsockname()[1])


def test_without_an_output_the_host_sends(driver: Path, tmp_path: Path) -> None:
    packet = ipv4("10.0.0.1", "192.0.2.1", udp(1, 2)).hex()
    source = free_port()
    with receiver() as collector_socket:
        text = METER_LOOP.format(
            packet=packet, port=collector_socket.getsockname()[1], source=source
        )
        with RunningDriver(driver, text, tmp_path / "control") as process:
            collector = Collector()
            while not collector.records:
                message, sender = collector_socket.recvfrom(65536)
                assert sender == ("127.0.0.1", source)
                collector.take(message)
            (record,) = collector.records
            assert (record["packetDeltaCount"], record["ingressInterface"]) == (5, 7)
            client = process.client()
            assert client.read("export.sequence") == "1"
            assert write(client, "export.templates", "1s")[0] == 200
            assert "TEMPLATES 1s" in client.read("flatconfig")
            assert client.read("flows.table") == ""


def test_another_exporter_may_hold_the_same_source_port(driver: Path, tmp_path: Path) -> None:
    """As the previous worker does until this one is confirmed."""
    source, port = free_port(), free_port()
    text = METER_LOOP.format(packet="00", port=port, source=source)
    with (
        RunningDriver(driver, text, tmp_path / "one"),
        RunningDriver(driver, text, tmp_path / "two") as second,
    ):
        assert second.client().read("export.lost") == "0"


def test_nfdump_reads_what_we_send(driver: Path, tmp_path: Path) -> None:
    if not (shutil.which("nfcapd") and shutil.which("nfdump")):
        pytest.skip("needs nfcapd and nfdump (Debian: apt install nfdump)")
    port = free_port()
    files = tmp_path / "flows"
    files.mkdir()
    packet = ipv4("10.0.0.1", "192.0.2.1", tcp(40000, 443, SYN, bytes(60))).hex()
    collector = subprocess.Popen(
        ["nfcapd", "-b", "127.0.0.1", "-p", str(port), "-w", str(files), "-t", "3600"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        text = METER_LOOP.format(packet=packet, port=port, source=free_port())
        with RunningDriver(driver, text, tmp_path / "control") as process:
            client = process.client()
            write(client, "export.templates", "1s")
            wait_until(client, "export.sequence", lambda records: records == 1)
            wait_until(client, "export.messages", lambda messages: messages >= 2)
            time.sleep(0.3)  # what was sent is read
    finally:
        collector.terminate()
        collector.wait(timeout=20)
    text = "fmt:%pr %sap %dap %flg %pkt %byt %in"
    said = subprocess.run(
        ["nfdump", "-q", "-N", "-R", str(files), "-o", text], capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    words = said.stdout.split()
    assert words[0] in ("TCP", "6")
    assert words[1:3] == ["10.0.0.1:40000", "192.0.2.1:443"]
    assert "S" in words[3]
    assert words[4:] == ["5", "500", "7"]
