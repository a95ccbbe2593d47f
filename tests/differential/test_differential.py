"""Random traffic through our network elements and through Linux with the same policy: every
difference has a row in docs/reference/differences.md, and nothing else differs.

CLICKUP_THOROUGH=1 draws other traffic each time; CLICKUP_SEED=N draws that of a run before.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciler.click_language import render
from reconciler.demo.desired import Files, edited
from reconciler.demo.sandbox import inside
from reconciler.graph import Graph
from reconciler.load import load
from reconciler.resolve import resolve
from tests.cpp import ROOT, compile_driver
from tests.debian import missing
from tests.differential.boxes import (
    LAN_ADDRESS,
    MARKER_HOST,
    WAN_ADDRESS,
    Box,
    Router,
    linux,
    ours,
)
from tests.differential.comparing import Comparison
from tests.differential.differences import DIFFERENCES, explain
from tests.differential.taken import Taken
from tests.libraries import todays_library
from tests.packets import ACK, RST, SYN, ipv4, tcp

HOSTS = [*(f"10.0.0.{i}" for i in range(1, 201)), MARKER_HOST]
SERVERS = ["192.0.2.80", "192.0.2.81"]
EXTERNAL = "192.0.2.253"
OF_NAT = {
    "tcp": 500,
    "wrong numbers": 200,
    "udp": 60,
    "icmp": 60,
    "other": 10,
    "error": 100,
    "fragment": 60,
    "malformed": 100,
    "neighbours": 2,
    "hairpin": 2,
}
OF_FIREWALL = {
    name: times for name, times in OF_NAT.items() if name not in ("neighbours", "hairpin")
}
THOROUGH = bool(os.environ.get("CLICKUP_THOROUGH"))
SEED = int(
    os.environ.get("CLICKUP_SEED") or (random.SystemRandom().randrange(1 << 32) if THOROUGH else 1)
)
SILENT = """
 chain input { type filter hook input priority 0; policy drop; }
 chain output { type filter hook output priority 0; policy drop; }
"""
NAT_RULES = f"""
table ip nat {{
 chain leaving {{ type nat hook postrouting priority 100; policy accept
  oifname "eth1" snat to {EXTERNAL}
 }}
}}
table ip filter {{ {SILENT}
 chain forward {{ type filter hook forward priority 0; policy drop
  ct state invalid drop
  ct state established,related accept
  iifname "eth0" ct state new accept
 }}
}}
"""
FIREWALL_RULES = f"""
table ip filter {{ {SILENT}
 chain forward {{ type filter hook forward priority 0; policy drop
  ct state invalid drop
  ct state established,related accept
  iifname "eth0" ct state new tcp dport {{ 80, 443 }} accept
  iifname "eth0" ct state new udp dport {{ 53, 443 }} accept
  iifname "eth0" ct state new ip protocol icmp accept
 }}
}}
"""


def no_linux() -> str:
    """Why there is no Linux to compare with; empty when there is."""
    if not inside():
        run = "python -m reconciler.demo.sandbox -- pytest tests/differential"
        return f"needs network namespaces: {run}"
    if reason := missing("nft"):
        return reason
    trial = subprocess.run(["nft", "list", "tables"], capture_output=True, text=True, check=False)
    return f"nft does not work here: {trial.stderr}" if trial.returncode else ""


needs_linux = pytest.mark.skipif(bool(no_linux()), reason=no_linux())


def compare(comparison: Comparison, scenarios: dict[str, int]) -> None:
    number = 0
    for name, times in scenarios.items():
        for _ in range(times):
            number += 1
            comparison.run(name, number, SEED)
    again = f"to see it again: CLICKUP_SEED={SEED}"
    assert not comparison.faults, "\n\n".join([*comparison.faults, again])
    assert comparison.passed > comparison.steps / 4, "something was there to compare"


GATEWAY_PARAMETERS = {
    "lan_addresses": [f"{LAN_ADDRESS}/8"],
    "wan_addresses": [f"{WAN_ADDRESS}/24", f"{EXTERNAL}/32"],
    "lan_address": LAN_ADDRESS,
    "wan_address": WAN_ADDRESS,
    "wan_gateway": "192.0.2.1",
    "external": [EXTERNAL],
}
ETHER = ("02:00:5e:00:53:01", "02:00:5e:00:53:02")


def silent_gateway(document: Any) -> None:
    """It answers nobody, as the Linux router does not either, and asks no neighbour twice."""
    spec = document["spec"]
    spec["parameters"].update(GATEWAY_PARAMETERS)
    talkative = ("wan_ping", "closed", "full", "full_in")
    for name in talkative:
        del spec["atoms"][name]
    for name in ("hosts", "gateway"):
        spec["atoms"][name]["with"]["poll"] = "24h"
    spec["flow"] = [
        line
        for line in spec["flow"]
        if not set(talkative) & set(re.findall(r"\w+", line))
        and line != "translate_out[unsolicited] -> lan_ping"
    ]


def example() -> Files:
    root = ROOT / "desired_state"
    return {str(path.relative_to(root)): path.read_text() for path in root.rglob("*.yaml")}


def graph_of(element: str, files: Files) -> Graph:
    """What a network element of these files is on device edge1."""
    library = todays_library()
    repository = load(files, library)
    assert not repository.diagnostics
    (desired,) = [one for one in repository.instances() if one.element.name == element]
    return resolve(desired, library).graph


@pytest.fixture
def firewall(tmp_path: Path) -> Iterator[tuple[Box, Box]]:
    graph = graph_of("edge-firewall", example())
    driver = compile_driver(tmp_path / "driver", graph.classes)
    with (
        linux(FIREWALL_RULES, HOSTS, SERVERS, [], MARKER_HOST) as theirs,
        ours(driver, render(graph), tmp_path, MARKER_HOST) as mine,
    ):
        yield theirs, mine


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[tuple[Box, Box]]:
    files = example()
    element, rollout = "elements/nat-gateway.yaml", "rollouts/nat-gateway.yaml"
    files[element] = edited(files[element], silent_gateway)
    files[rollout] = files[rollout].replace("role: nat-gateway", "role: edge")
    del files["rollouts/edge-firewall.yaml"]
    graph = graph_of("nat-gateway", files)
    driver = compile_driver(tmp_path / "driver", graph.classes)
    router = Router(*ETHER, HOSTS, [*SERVERS, "192.0.2.1"])
    with (
        linux(NAT_RULES, HOSTS, SERVERS, [EXTERNAL], EXTERNAL) as theirs,
        ours(driver, render(graph), tmp_path, EXTERNAL, router) as mine,
    ):
        yield theirs, mine


@needs_linux
def test_edge_firewall(firewall: tuple[Box, Box]) -> None:
    compare(Comparison("edge-firewall", *firewall, ""), OF_FIREWALL)


@needs_linux
def test_nat_gateway(gateway: tuple[Box, Box]) -> None:
    compare(Comparison("nat-gateway", *gateway, EXTERNAL), OF_NAT)


def test_every_difference_has_its_row_and_every_row_its_rule() -> None:
    table = (ROOT / "docs" / "reference" / "differences.md").read_text()
    rows = re.findall(r"^\| `([a-z-]+)` ", table, re.MULTILINE)
    assert rows == [difference.name for difference in DIFFERENCES]


HELLO = [(False, SYN), (True, SYN | ACK), (False, ACK)]


@pytest.mark.parametrize(
    ("before", "last", "row"),
    [
        ([*HELLO, (True, RST)], (False, ACK), "after-a-reset"),
        ([(True, SYN)], (False, ACK), "simultaneous-open"),
        (HELLO[:1], (True, ACK), "early-answer"),
        (HELLO[:2], (False, SYN | ACK), "syn-ack-of-the-opener"),
    ],
)
def test_a_row_accounts_for_one_direction(
    before: list[tuple[bool, int]], last: tuple[bool, int], row: str
) -> None:
    """What Linux alone lets through is explained; what we alone let through is a fault."""

    def taken(inwards: bool, flags: int, linux: bool = True, ours: bool = True) -> Taken:
        packet = ipv4("10.0.0.1", SERVERS[0], tcp(20_000, 80, flags))
        return Taken(packet, inwards, "", linux, ours)

    history = [taken(*one) for one in before]
    assert explain("edge-firewall", [*history, taken(*last, ours=False)]) == row
    assert explain("edge-firewall", [*history, taken(*last, linux=False)]) is None


def client(flags: int, seq: int, ack: int = 0, **more: Any) -> Taken:
    packet = ipv4("10.0.0.1", SERVERS[0], tcp(20_000, 80, flags, seq=seq, ack=ack))
    return Taken(packet, **{"inwards": False, "note": "", "linux": True, "ours": True, **more})


def server(flags: int, seq: int, ack: int = 0, **more: Any) -> Taken:
    return client(flags, seq, ack, inwards=True, **more)


LOWER_SYN = [client(SYN, 5000), client(SYN, 4000), server(SYN | ACK, 900_000, 4001)]
OTHER_ANSWER = [
    client(SYN, 5000),
    server(SYN | ACK, 800_000, 5001),
    server(SYN | ACK, 900_000, 5001),
]
OPEN = [client(SYN, 5000), server(SYN | ACK, 900_000, 5001), client(ACK, 5001, 900_001)]
WRONG = "seq ack"


@pytest.mark.parametrize(
    ("before", "fitting", "other", "row"),
    [
        (LOWER_SYN, client(ACK, 4001, 900_001), server(ACK, 900_001, 5001), "second-syn"),
        (OTHER_ANSWER, client(ACK, 5001, 900_001), server(ACK, 800_001, 5001), "second-syn"),
        (OTHER_ANSWER, server(ACK, 900_001, 5001), client(ACK, 5001, 1_000_000), "second-syn"),
        (OPEN, client(RST, 6000), client(ACK, 5001, 900_002), "wrong-numbers"),
        (OPEN, client(ACK, 70_536, 900_001), client(ACK, 70_537, 900_001), "wrong-numbers"),
        (OPEN, server(ACK, 900_001, 5001), server(ACK, 834_000, 5001), "wrong-numbers"),
    ],
)
def test_what_fits_by_our_numbers_is_let_through_by_us_alone(
    before: list[Taken], fitting: Taken, other: Taken, row: str
) -> None:
    note = "" if row == "second-syn" else WRONG
    for last, passes in ((fitting, True), (other, False)):
        expected = replace(last, note=note, ours=passes, linux=not passes)
        assert explain("edge-firewall", [*before, expected]) == row
        unexpected = replace(last, note=note, ours=not passes, linux=passes)
        assert explain("edge-firewall", [*before, unexpected]) is None


def test_a_syn_after_a_reset_opens_another_connection_here() -> None:
    history = [*OPEN, server(RST, 900_001), client(SYN, 7000)]
    challenge = server(ACK, 900_001, 7001, linux=False)
    assert explain("edge-firewall", [*history, challenge]) == "after-a-reset"
    of_the_old_one = client(ACK, 5001, 900_001, linux=False)
    assert explain("edge-firewall", [*history, of_the_old_one]) is None
