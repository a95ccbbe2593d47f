"""Memory that processes or threads share under the thread sanitizer."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from reconciler.layouts import layout_header
from tests.kernels.conversation import compile_kernel
from tests.kernels.items import ITEMS
from tests.objects import LIBRARY, compiler

MORE = {
    "threads": (LIBRARY / "shared" / "worker_channel.cc",),
    "pattern_loading": tuple((LIBRARY / "support" / "pattern_set").glob("*.cc")),
}


@pytest.mark.skipif("ziglang" in compiler(), reason="ziglang ships no thread sanitizer for musl")
@pytest.mark.parametrize("name", MORE)
def test_shared_memory_has_no_data_race(tmp_path: Path, name: str) -> None:
    program = compile_kernel(
        Path(__file__).with_name(f"{name}.cc"),
        {"Items.layout.hh": layout_header(ITEMS)},
        tmp_path,
        sanitize="thread",
        more=MORE[name],
    )
    done = subprocess.run([str(program)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
