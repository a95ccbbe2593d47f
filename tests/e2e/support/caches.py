"""Folders in which tests keep their builds: shared by all tests and runs, named by content."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[3]
CACHE = ROOT / "build" / "tests" / "cache"
FIRST_CACHE = ROOT / "build" / "tests" / "cache-first"
