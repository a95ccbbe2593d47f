"""The fill level of rings, and the time for which they have room."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.cpp import compile_program


def test_a_gauge_tells_when_a_reader_does_not_keep_up(tmp_path: Path) -> None:
    program = compile_program(tmp_path / "gauge", [Path(__file__).parent / "ring_gauge.cc"])
    done = subprocess.run([str(program)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
