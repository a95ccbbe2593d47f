"""No file of ours is too long to be read with ease."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MOST = {"reconciler": 250, "schemas": 250, "element_library": 250, "benchmarks": 250, "tests": 300}


@pytest.mark.parametrize("folder", MOST)
def test_no_file_is_too_long(folder: str) -> None:
    files = [path for end in ("py", "cc", "hh") for path in (ROOT / folder).rglob(f"*.{end}")]
    lines = {path.relative_to(ROOT): path.read_text().count("\n") for path in files}
    assert files
    assert {path: count for path, count in lines.items() if count > MOST[folder]} == {}
