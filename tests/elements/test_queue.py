"""The fate of packets in a Queue when its worker pauses."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.cpp import compile_program

CLASSES = ("Discard", "InfiniteSource", "Queue", "Unqueue")


def test_what_a_pause_left_behind_is_counted(tmp_path: Path) -> None:
    """Kept when the worker goes on at once, dropped when another one forwarded: queue_checks.cc."""
    source = Path(__file__).parent / "queue_checks.cc"
    program = compile_program(tmp_path / "checks", [source], CLASSES)
    done = subprocess.run([program], capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (0, "")
