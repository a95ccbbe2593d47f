"""Shared memory under the thread sanitizer."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from reconciler.layouts import layout_header
from tests.cpp import LIBRARY, compiler
from tests.kernels.conversation import compile_kernel
from tests.kernels.items import ITEMS


@pytest.mark.skipif("ziglang" in compiler(), reason="ziglang ships no thread sanitizer for musl")
def test_shared_memory_has_no_data_race(tmp_path: Path) -> None:
    program = compile_kernel(
        Path(__file__).with_name("threads.cc"),
        {"Items.layout.hh": layout_header(ITEMS)},
        tmp_path,
        sanitize="thread",
        more=(LIBRARY / "shared" / "worker_channel.cc",),
    )
    done = subprocess.run([str(program)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
