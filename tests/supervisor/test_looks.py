"""What the supervisor concludes from its samples, without processes, rings or clocks."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.cpp import compile_program
from tests.objects import LIBRARY

LOOKED_AT = ("ring_size", "ring_watch", "worker_watch")


def test_workers_and_rings_are_told_apart_by_what_they_do(tmp_path: Path) -> None:
    supervisor = LIBRARY / "supervisor"
    sources = [Path(__file__).parent / "looks.cc", *(supervisor / f"{n}.cc" for n in LOOKED_AT)]
    program = compile_program(tmp_path / "looks", sources)
    done = subprocess.run([str(program)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
