"""What expressions match, and messages about wrong ones: cases/elements/expressions.yaml."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from reconciler.authoring.cases import frames_of
from tests.elements.frames import Drive
from tests.packets import ether, ipv4, read_pcap, udp, write_pcap

CLICK = shutil.which("click")
CASES: dict[str, Any] = YAML(typ="safe").load(
    (Path(__file__).parents[1] / "cases" / "elements" / "expressions.yaml").read_text()
)


def test_matches(drive: Drive, tmp_path: Path) -> None:
    frames = frames_of(CASES["frames"])
    write_pcap(tmp_path / "in.pcap", frames.values())
    expressions = list(CASES["matches"])
    text = """FromDump(in.pcap, STOP true) -> version :: Classifier(12/0800, 12/86dd);
all :: Tee; version[0] -> Strip(14) -> CheckIPHeader -> Unstrip(14) -> all;
version[1] -> Strip(14) -> CheckIP6Header -> Unstrip(14) -> all;
"""
    for index, expression in enumerate(expressions):
        text += f"all[{index}] -> IPClassifier({expression}) -> ToDump({index}.pcap) -> Discard;\n"
    done = drive(text)
    assert done.returncode == 0, done.stderr
    found = {}
    for index, expression in enumerate(expressions):
        matched = [record.data for record in read_pcap(tmp_path / f"{index}.pcap")]
        found[expression] = sorted(name for name in frames if frames[name] in matched)
    assert found == {key: sorted(names) for key, names in CASES["matches"].items()}


PORTS = {"below": (80, 81), "lower": (80, 40_000), "upper": (40_000, 80), "above": (2_000, 40_000)}
BELOW = {
    "port < 1024": (["below", "lower", "upper"], ["below"]),
    "src or dst port <= 1023": (["below", "lower", "upper"], ["below"]),
    "src and dst port < 1024": (["below"], ["below", "lower", "upper"]),
    "(src port < 1024 or dst port < 1024)": (["below", "lower", "upper"],) * 2,
    "(src port < 1024 and dst port < 1024)": (["below"],) * 2,
    "port > 1023": (["lower", "upper", "above"],) * 2,
    "src and dst port >= 1024": (["above"],) * 2,
}
"""Which pairs of ports match here, and in Click 2.1: docs/reference/differences.md."""


@pytest.mark.parametrize("expression", BELOW)
def test_ports_below(expression: str, drive: Drive, tmp_path: Path) -> None:
    frames = {name: ether(ipv4("10.0.0.1", "10.0.0.2", udp(*PORTS[name]))) for name in PORTS}
    write_pcap(tmp_path / "in.pcap", frames.values())
    text = f"""FromDump(in.pcap, STOP true) -> MarkIPHeader(14)
-> c :: IPClassifier({expression}, -); c[0] -> ToDump(out.pcap); c[1] -> Discard;"""

    def matched() -> list[str]:
        found = [record.data for record in read_pcap(tmp_path / "out.pcap")]
        return [name for name in frames if frames[name] in found]

    ours, clicks = BELOW[expression]
    drive(text)
    assert matched() == ours
    if CLICK is not None:
        subprocess.run([CLICK, "-e", text], cwd=tmp_path, timeout=60, check=True)
        assert matched() == clicks


@pytest.mark.parametrize("expression", CASES["errors"])
def test_errors(expression: str, drive: Drive) -> None:
    done = drive(
        f"Idle -> c :: IPClassifier(tcp, {expression}, -); c[0] -> Discard; c[1] -> Discard;"
        "c[2] -> Discard;"
    )
    assert done.returncode == 1
    place = "config.click:1: While configuring 'c :: IPClassifier': pattern 1, "
    assert done.stderr == place + CASES["errors"][expression] + "\n"


def test_rules_count_positions_from_their_start(drive: Drive) -> None:
    rules = "allow tcp, deny  usp, 3 all, permit udp, allow"
    done = drive(f"Idle -> f :: IPFilter({rules}) -> Discard;")
    place = "config.click:1: While configuring 'f :: IPFilter': "
    assert [line.removeprefix(place) for line in done.stderr.splitlines()] == [
        "rule 1 ('deny  usp'), character 7: unknown word 'usp'; did you mean 'udp'?",
        "rule 2 ('3 all'), action '3': output 3 is not connected",
        "rule 3 ('permit udp'), action 'permit': "
        "expected allow, deny, drop or the number of an output",
        "rule 4 ('allow'), "
        "expected an expression after 'allow', such as 'all' or 'tcp dst port 80'",
    ]


def test_program_is_shown(drive: Drive) -> None:
    rules = "deny src 10.0.0.0/8, allow tcp dst port 80 or 443"
    done = drive(
        f"Idle -> f :: IPFilter({rules}) -> Discard;InfiniteSource(LIMIT 1, STOP true) -> Discard;",
        "f.program",
    )
    assert done.stdout.splitlines() == [
        "start at step 4",
        "4  source & 0xff000000 in 10.0.0.0  yes->[drop]  no->step 3",
        "3  protocol in 6  yes->step 2  no->step 1",
        "2  destination port in 80  yes->[0]  no->step 1",
        "1  protocol in 6  yes->step 0  no->[drop]",
        "0  destination port in 443  yes->[0]  no->[drop]",
    ]


def test_a_pattern_is_shown_as_it_is_meant(drive: Drive) -> None:
    patterns = "!0/00112233445566778899 12/08??, 0/0123456789abcdef0f%ffffffffffffffff0f, -"
    done = drive(
        f"Idle -> c :: Classifier({patterns}) -> Discard; c[1] -> Discard; c[2] -> Discard;"
        "InfiniteSource(LIMIT 1, STOP true) -> Discard;",
        "c.program",
    )
    assert done.stdout.splitlines() == [
        "!0/00112233445566778899 12/0800%ff00  yes->[0]",
        "0/0123456789abcdef0f%ffffffffffffffff0f  yes->[1]",
        "-  yes->[2]",
    ]
