"""One driver with element classes of all kinds, and fixtures that run it on pcap files."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cpp import compile_driver, compile_program
from tests.elements.frames import Drive, Run
from tests.elements.successive import Lone, Workers
from tests.packets import read_pcap, write_pcap

CLASSES = [
    *[
        "AddressInfo",
        "CheckICMPHeader",
        "CheckTCPHeader",
        "CheckUDPHeader",
        "DecIP6HLIM",
        "DecIPTTL",
    ],
    *["GetIPAddress", "MarkIPHeader", "SetIPAddress", "SetIPChecksum", "SetIPDSCP", "SetIPECN"],
    *["SetTCPChecksum", "SetUDPChecksum"],
    *["CheckPaint", "CoDel", "DelayUnqueue", "DropBroadcasts", "DropMartians", "EtherMirror"],
    *["EtherRewrite"],
    *["FlowHashSwitch", "HashSwitch", "HostEtherFilter", "IPMirror", "PaintTee", "PrioSched"],
    *["PriorityTagDecap", "RandomSample", "RoundRobinSched", "RoundRobinSwitch", "Sample"],
    *["SetTimestamp", "StaticSwitch", "StoreEtherAddress", "StripIPHeader", "Switch"],
    *["VLANDecap", "VLANEncap"],
    *["DirectIPLookup", "LinearIPLookup", "LookupIP6Route", "LookupRoute", "RadixIPLookup"],
    *["RangeIPLookup", "SortedIPLookup", "StaticIPLookup"],
    *["ARPResponder", "ClampMSS", "GREDecap", "GREEncap", "ICMP6Error", "ICMPError"],
    *["ICMPPingResponder", "IP6NDAdvertiser", "IPEncap", "IPFragmenter", "TCPReset"],
    *["UDPIPEncap", "VXLANDecap", "VXLANEncap"],
    *["CheckIP6Header", "CheckIPHeader", "Classifier", "Counter", "Discard", "EtherEncap"],
    *[
        "FastUDPFlows",
        "FromDevice",
        "FromDump",
        "Idle",
        "InfiniteSource",
        "IPClassifier",
        "IPFilter",
        "IPPrint",
    ],
    *["Meter", "Null", "Paint", "PaintSwitch", "Print", "Queue", "RatedSource", "RatedSplitter"],
    *["Strip", "Tee", "ToDevice", "ToDump", "Unqueue", "Unstrip"],
    *["Balance", "BalanceReverse", "BalanceTable", "CheckSession", "MatchPatterns", "OpenSession"],
    *["SessionTable", "StoreData", "StreamTable"],
    *["Nat", "TranslateIn", "TranslateOut"],
    *["ARPQuerier", "ARPTable", "EtherSwitch", "ExportFlows", "FlowTable", "LearnBridge"],
    *["MeterFlows", "NeighbourTable", "Police", "ResolveNeighbour", "Shape", "StationTable"],
    *["TokenBuckets"],
]


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_driver(tmp_path_factory.mktemp("elements") / "driver", CLASSES)


@pytest.fixture(scope="session")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Workers:
    folder = tmp_path_factory.mktemp("successive")
    source = Path(__file__).with_name("successive.cc")
    return Workers(compile_program(folder / "successive", [source], CLASSES), folder)


@pytest.fixture(scope="session", params=["upgraded", "alone"])
def either(
    request: pytest.FixtureRequest,
    workers: Workers,
    driver: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Workers:
    """Run graphs in successive workers, or in the driver alone."""
    return workers if request.param == "upgraded" else Lone(driver, tmp_path_factory.mktemp("lone"))


@pytest.fixture
def drive(driver: Path, tmp_path: Path) -> Drive:
    """Run the driver in `tmp_path` on a configuration, to its end, then read handlers."""

    def run(text: str, *handlers: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "config.click").write_text(text)
        command = [str(driver), "config.click"]
        for handler in handlers:
            command += ["-h", handler]
        return subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )

    return run


@pytest.fixture
def run(drive: Drive, tmp_path: Path) -> Run:
    """Run a configuration; return the frames of each pcap file that it writes."""

    def through(text: str, frames: list[bytes]) -> dict[str, list[bytes]]:
        write_pcap(tmp_path / "in.pcap", frames)
        done = drive(text)
        assert done.returncode == 0, done.stderr
        files = [path for path in tmp_path.glob("*.pcap") if path.name != "in.pcap"]
        return {path.stem: [one.data for one in read_pcap(path)] for path in files}

    return through
