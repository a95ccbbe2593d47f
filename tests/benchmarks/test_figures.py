"""Benchmark figures are compared and printed right, and every benchmark has a help text."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from benchmarks.figures import ROOT, ratios, told

MAKEFILE = (ROOT / "Makefile").read_text()
(MODULES,) = re.findall(r"^BENCHMARKS := (.+)", MAKEFILE, re.MULTILINE)


def test_ratios_are_those_of_a_round() -> None:
    found = {
        "ours, a": [10.0, 30.0, 8.0],
        "theirs, a": [5.0, 10.0],
        "ours, b": [1.0],
        "others, c": [1.0],
        "theirs, b": [],
    }
    assert ratios(found, "ours") == {"ours / theirs, a": [2.0, 3.0]}
    assert ratios({"ours": [6.0], "theirs": [3.0]}, "ours") == {"ours / theirs": [2.0]}


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([12_345_678.0, 12_300_000.0, 9.9e6], "median 12,300,000 x, 9,900,000 to 12,300,000 x, 3"),
        ([0.00456], "median    0.00456 x, 0.00456 to 0.00456 x, 1 times"),
        ([99.96, 2.0, 2.0], "median          2 x, 2 to 100 x, 3 times"),
        ([], "not measured"),
    ],
)
def test_a_figure_is_one_line(values: list[float], text: str) -> None:
    line = told("name", values, "x")
    assert line.startswith("name ")
    assert text in line


@pytest.mark.parametrize("name", MODULES.split())
def test_help(name: str) -> None:
    line = [sys.executable, "-m", f"benchmarks.{name}", "--help"]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=True)
    said = " ".join(done.stdout.split())
    assert f"python -m benchmarks.{name}" in said
    assert "--json FILE" in said
