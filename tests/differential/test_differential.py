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
from pathlib import Path
from typing import Any

import pytest

from reconciler.graph import Graph
from reconciler.graph.click_language import render
from reconciler.load import load
from reconciler.resolve import resolve
from reconciler.testbed.desired import Files, edit_object
from reconciler.testbed.sandbox import inside
from tests.cpp import compile_driver
from tests.debian import missing
from tests.differential import flows
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
from tests.differential.flows import FORWARDED_PORT
from tests.libraries import todays_library
from tests.objects import ROOT

HOSTS = [*(f"10.0.0.{i}" for i in range(1, 201)), MARKER_HOST]
SERVERS = ["192.0.2.80", "192.0.2.81"]
EXTERNAL = "192.0.2.253"
BEHIND = ":".join(map(str, flows.BEHIND))
OF_FIREWALL = {
    "tcp": 500,
    "wrong numbers": 200,
    "simultaneous": 30,
    "udp": 60,
    "icmp": 60,
    "other": 10,
    "error": 100,
    "fragment": 60,
    "malformed": 100,
}
OF_NAT = OF_FIREWALL | {
    "hairpin": 2,
    "forwarded tcp": 60,
    "forwarded wrong numbers": 40,
    "forwarded udp": 20,
    "forwarded error": 40,
    "turned back tcp": 40,
    "turned back udp": 20,
    "neighbours": 2,
}
THOROUGH = bool(os.environ.get("CLICKUP_THOROUGH"))
SEED = int(
    os.environ.get("CLICKUP_SEED") or (random.SystemRandom().randrange(1 << 32) if THOROUGH else 1)
)
LOST = 0.002
"""Share of scenarios that may differ once and then not again."""
SILENT = """
 chain input { type filter hook input priority 0; policy drop; }
 chain output { type filter hook output priority 0; policy drop; }
"""
NAT_RULES = f"""
table ip nat {{
 chain coming {{ type nat hook prerouting priority -100; policy accept
  ip daddr {EXTERNAL} meta l4proto {{ tcp, udp }} th dport {FORWARDED_PORT} dnat to {BEHIND}
 }}
 chain leaving {{ type nat hook postrouting priority 100; policy accept
  oifname "eth1" snat to {EXTERNAL}
  iifname "eth0" oifname "eth0" snat to {EXTERNAL}
 }}
}}
table ip filter {{ {SILENT}
 chain forward {{ type filter hook forward priority 0; policy drop
  ct state invalid drop
  ct state established,related accept
  iifname "eth0" ct state new accept
  ct status dnat accept
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
    """Return why there is no Linux to compare with; empty when there is."""
    if not inside():
        run = "python -m reconciler.testbed.sandbox -- pytest tests/differential"
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
    print(f"seen once and not again: {comparison.lost}")
    assert comparison.lost <= number * LOST, again


GATEWAY_PARAMETERS = {
    "lan_addresses": [f"{LAN_ADDRESS}/8"],
    "wan_addresses": [f"{WAN_ADDRESS}/24", f"{EXTERNAL}/32"],
    "lan_address": LAN_ADDRESS,
    "wan_address": WAN_ADDRESS,
    "wan_gateway": "192.0.2.1",
    "external": [EXTERNAL],
    "forwards": [f"{one} {EXTERNAL}:{FORWARDED_PORT} -> {BEHIND}" for one in ("tcp", "udp")],
}
ETHER = ("02:00:5e:00:53:01", "02:00:5e:00:53:02")


def silent_gateway(document: Any) -> None:
    """Let it answer nobody, as the Linux router, and ask no neighbour twice."""
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
    """Return the element graph of a network element of these files on device edge1."""
    library = todays_library()
    repository = load(files)
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
    files[element] = edit_object(files[element], silent_gateway)
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
