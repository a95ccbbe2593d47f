"""Where tests keep what they build: shared by all tests and runs, named by its content."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[3]
CACHE = ROOT / "build" / "tests" / "cache"
FIRST_CACHE = ROOT / "build" / "tests" / "cache-first"
