"""Sources of our programs that are compiled together, a few at a time.

Whatever they all include is read, and what they all instantiate is made, once a part instead of
once a source (`make build-report` tells what that leaves). Several parts, since there are several
processors. Element classes stay by themselves: each is compiled once for all
drivers that have it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

SOURCES_A_PART = 9
DRIVER, SUPERVISOR = ("driver", "shared"), ("supervisor", "shared")
"""Folders of the library that each program is made of."""


def parts(root: Path, program: Sequence[str]) -> dict[str, str]:
    """Units of a program by path; each includes some of its sources."""
    return {
        f"parts/{folder}-{number}.cc": "".join(f'#include "{source}"\n' for source in some)
        for folder in program
        for number, some in enumerate(_in_parts(_sources(root, folder)), 1)
    }


def _sources(root: Path, folder: str) -> list[str]:
    return sorted(f"{folder}/{path.name}" for path in (root / folder).glob("*.cc"))


def _in_parts(sources: Sequence[str]) -> list[Sequence[str]]:
    """As many of them in each, so that no part is what all wait for."""
    count = -(-len(sources) // SOURCES_A_PART)
    return [sources[first::count] for first in range(count)]
