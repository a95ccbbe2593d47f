"""Parts: units that each compile a few sources of our programs together.

Common headers are then read, and common templates instantiated, once per part instead of once per
source (`make build-report` shows the remaining cost). There are several parts to use several
processors. Element classes are compiled separately: each once for all drivers that have it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

SOURCES_A_PART = 9
DRIVER, SUPERVISOR = ("driver", "shared"), ("supervisor", "shared")
"""Folders of the library with the sources of each program."""


def parts(root: Path, program: Sequence[str]) -> dict[str, str]:
    """Return the texts of a program's parts by path; each includes some of its sources."""
    return {
        f"parts/{folder}-{number}.cc": "".join(f'#include "{source}"\n' for source in some)
        for folder in program
        for number, some in enumerate(_in_parts(_sources(root, folder)), 1)
    }


def _sources(root: Path, folder: str) -> list[str]:
    return sorted(f"{folder}/{path.name}" for path in (root / folder).glob("*.cc"))


def _in_parts(sources: Sequence[str]) -> list[Sequence[str]]:
    """Divide `sources` into parts of equal number, so that none takes much longer than others."""
    count = -(-len(sources) // SOURCES_A_PART)
    return [sources[first::count] for first in range(count)]
