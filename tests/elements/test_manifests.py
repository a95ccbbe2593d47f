"""Manifests agree with the C++ classes: ports, processing and handlers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from schemas.element import ElementManifest
from tests.elements.conftest import CLASSES
from tests.elements.frames import Drive
from tests.libraries import todays_library
from tests.packets import write_pcap

ARGUMENTS = {
    "ClampMSS": "1400",
    "GREEncap": "10.0.0.1, 10.0.0.2",
    "ICMP6Error": "::1, 1",
    "ICMPError": "10.0.0.1, timeexceeded",
    "IPEncap": "4, 10.0.0.1, 10.0.0.2",
    "IPFragmenter": "1500",
    "UDPIPEncap": "10.0.0.1, 1, 10.0.0.2, 2",
    "VXLANDecap": "7",
    "VXLANEncap": "10.0.0.1, 10.0.0.2, 7",
    "CheckPaint": "1",
    "DelayUnqueue": "1ms",
    "EtherRewrite": "1:1:1:1:1:1, 2:2:2:2:2:2",
    "HashSwitch": "0, 4",
    "HostEtherFilter": "1:1:1:1:1:1",
    "PaintTee": "1",
    "RandomSample": "0.5",
    "Sample": "2",
    "StaticSwitch": "0",
    "StoreData": "1, a",
    "StoreEtherAddress": "1:1:1:1:1:1, src",
    "VLANEncap": "1",
    "CheckICMPHeader": "DETAILS true",
    "CheckTCPHeader": "DETAILS true",
    "CheckUDPHeader": "DETAILS true",
    "GetIPAddress": "16",
    "SetIPAddress": "10.0.0.1",
    "SetIPDSCP": "1",
    "SetIPECN": "ce",
    "CheckIPHeader": "DETAILS true",
    "EtherEncap": "1, 1:1:1:1:1:1, 2:2:2:2:2:2",
    "FastUDPFlows": "0, 9, 64, 1:1:1:1:1:1, 10.0.0.1, 2:2:2:2:2:2, 10.0.0.2, 3, 1",
    "FromDump": "in.pcap",
    "IPClassifier": "-",
    "IPFilter": "allow all",
    "Classifier": "-",
    "Meter": "1",
    "Nat": "EXTERNAL 203.0.113.1",
    "TranslateIn": "nat",
    "TranslateOut": "nat",
    "Paint": "1",
    "RatedSplitter": "1",
    "Strip": "14",
    "ToDump": "out.pcap",
    "Unstrip": "14",
    "ExportFlows": "state, COLLECTOR 127.0.0.1, SOURCE 127.0.0.1",
    "ARPQuerier": "10.0.0.1, 02:00:00:00:00:01",
    "ResolveNeighbour": "state, 10.0.0.1/24, ETHER 02:00:00:00:00:01",
    "LearnBridge": "state, one, two",
    "MeterFlows": "state",
    "Balance": "state",
    "BalanceReverse": "state",
    "BalanceTable": 'SERVICES "tcp 192.0.2.1:80"',
    "MatchPatterns": "state, streams",
    "CheckSession": "state",
    "OpenSession": "state",
    "Police": "state",
    "Shape": "state",
    "TokenBuckets": "RATE 1pps",
}
BALANCE_TABLE = 'state :: BalanceTable(SERVICES "tcp 192.0.2.1:80");'
# Around an element of each pair of directions, so that every port is connected.
SURROUNDINGS = {
    "CoDel": "Idle -> Queue -> e -> Discard;",
    "DelayUnqueue": "Idle -> Queue -> e -> Discard;",
    "PaintTee": "Idle -> e; e[0] -> Discard; e[1] -> Discard;",
    "PrioSched": "Idle -> Queue -> e -> Discard;",
    "RoundRobinSched": "Idle -> Queue -> e -> Discard;",
    "Meter": "Idle -> e; e[0] -> Discard; e[1] -> Discard;",
    "RatedSplitter": "Idle -> e; e[0] -> Discard; e[1] -> Discard;",
    "Discard": "Idle -> Queue -> e;",
    "Queue": "Idle -> e -> Discard;",
    "Unqueue": "Idle -> Queue -> e -> Discard;",
    "FastUDPFlows": "e -> Discard;",
    "FromDump": "e -> Discard;",
    "InfiniteSource": "e -> Discard;",
    "RatedSource": "e -> Discard;",
    "Nat": "",
    "TranslateIn": "nat :: Nat(EXTERNAL 203.0.113.1); Idle -> e -> Discard;",
    "TranslateOut": "nat :: Nat(EXTERNAL 203.0.113.1); Idle -> e -> Discard;",
    "Balance": f"{BALANCE_TABLE} Idle -> e -> Discard;",
    "BalanceReverse": f"{BALANCE_TABLE} Idle -> e -> Discard;",
    "BalanceTable": "",
    "CheckSession": "state :: SessionTable; Idle -> e -> Discard;",
    "MatchPatterns": "state :: SessionTable; streams :: StreamTable; Idle -> e -> Discard;",
    "OpenSession": "state :: SessionTable; Idle -> e -> Discard;",
    "SessionTable": "",
    "StreamTable": "",
    "Police": "state :: TokenBuckets(RATE 1pps); Idle -> e -> Discard;",
    "Shape": "state :: TokenBuckets(RATE 1pps); Idle -> e -> Discard;",
    "TokenBuckets": "",
    "AddressInfo": "",
    "FlowTable": "",
    "StationTable": "",
    "NeighbourTable": "",
    "ARPTable": "",
    "ARPQuerier": "Idle -> [0]e -> Idle; Idle -> [1]e[1] -> Idle;",
    "ResolveNeighbour": "state :: NeighbourTable; Idle -> [0]e -> Idle; Idle -> [1]e[1] -> Idle;",
    "LearnBridge": "state :: StationTable; Idle -> [0]e -> Idle; Idle -> [1]e[1] -> Idle;",
    "EtherSwitch": "Idle -> [0]e -> Idle; Idle -> [1]e[1] -> Idle;",
    "MeterFlows": "state :: FlowTable; Idle -> e -> Discard;",
    "ExportFlows": "state :: FlowTable; e -> Discard;",
}
OF_EVERY_ELEMENT = {"class", "name", "config", "ports", "handlers"}


@cache
def manifests() -> Mapping[str, ElementManifest]:
    return todays_library().elements


@pytest.mark.parametrize("name", [name for name in CLASSES if "Device" not in name])
def test_handlers(name: str, drive: Drive, tmp_path: Path) -> None:
    write_pcap(tmp_path / "in.pcap", [])
    around = SURROUNDINGS.get(name, "Idle -> e -> Discard;")
    stop = "InfiniteSource(LIMIT 1, STOP true) -> Discard;"
    done = drive(f"e :: {name}({ARGUMENTS.get(name, '')}); {around} {stop}", "e.handlers")
    assert done.returncode == 0, done.stderr
    lines = [line.split("\t") for line in done.stdout.splitlines() if line]
    found = {words[0]: access(words[1]) for words in lines if words[0] not in OF_EVERY_ELEMENT}
    manifest = manifests()[name]
    assert found == {handler.name: handler.access for handler in manifest.handlers}


def access(flags: str) -> str:
    return {"r": "read", "w": "write", "rw": "read-write"}["".join(f for f in flags if f in "rw")]
