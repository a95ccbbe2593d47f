"""Random traffic through our network elements and through Linux with the same policy: every
difference has a row in docs/reference/differences.md, and nothing else differs.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from reconciler.click_language import render
from reconciler.demo.sandbox import inside
from reconciler.library import load_library
from reconciler.load import load
from reconciler.resolve import resolve
from tests.cpp import LIBRARY, ROOT, compile_driver
from tests.differential.boxes import MARKER_HOST, linux, ours
from tests.differential.comparing import Comparison
from tests.differential.differences import DIFFERENCES

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
    if shutil.which("nft") is None:
        return "nft is not on PATH: install Debian's nftables"
    trial = subprocess.run(["nft", "list", "tables"], capture_output=True, text=True, check=False)
    return f"nft does not work here: {trial.stderr}" if trial.returncode else ""


needs_linux = pytest.mark.skipif(bool(no_linux()), reason=no_linux())


def compare(comparison: Comparison, scenarios: dict[str, int]) -> None:
    number = 0
    for name, times in scenarios.items():
        for _ in range(times):
            number += 1
            comparison.run(name, number, seed=1)
    assert not comparison.faults, "\n\n".join(comparison.faults)
    assert comparison.passed > comparison.steps / 4, "something was there to compare"


@needs_linux
def test_edge_firewall(tmp_path: Path) -> None:
    library = load_library(LIBRARY)
    files = {
        str(path.relative_to(ROOT)): path.read_text()
        for path in (ROOT / "desired_state").rglob("*.yaml")
    }
    (desired,) = [
        one for one in load(files, library).instances() if one.element.name == "edge-firewall"
    ]
    graph = resolve(desired, library).graph
    driver = compile_driver(tmp_path / "driver", graph.classes)
    marker = MARKER_HOST
    with (
        linux(FIREWALL_RULES, HOSTS, SERVERS, [], marker) as theirs,
        ours(driver, render(graph), tmp_path, marker) as mine,
    ):
        compare(Comparison("edge-firewall", theirs, mine, ""), OF_FIREWALL)


def test_every_difference_has_its_row_and_every_row_its_rule() -> None:
    table = (ROOT / "docs" / "reference" / "differences.md").read_text()
    rows = re.findall(r"^\| `([a-z-]+)` ", table, re.MULTILINE)
    assert rows == [difference.name for difference in DIFFERENCES]
