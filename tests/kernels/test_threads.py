"""Memory shared by processes or threads, under the thread sanitizer."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cpp import compile_kernel
from tests.kernels.items import ITEMS
from tests.objects import LIBRARY, compiler
from tests.units import layout_headers

MORE = {
    "threads": (LIBRARY / "shared" / "shared_page.cc",),
    "pattern_loading": (
        *(LIBRARY / "support" / "pattern_set").glob("*.cc"),
        LIBRARY / "support" / "named_file" / "named_file.cc",
    ),
}


@pytest.mark.skipif("ziglang" in compiler(), reason="ziglang ships no thread sanitizer for musl")
@pytest.mark.parametrize("name", MORE)
def test_shared_memory_has_no_data_race(tmp_path: Path, name: str) -> None:
    sources = [Path(__file__).with_name(f"{name}.cc"), *MORE[name]]
    program = compile_kernel(tmp_path / name, sources, layout_headers([ITEMS]), "thread")
    done = subprocess.run([str(program)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
