"""The walks of docs/architecture.md are as short as they claim, and name existing files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "architecture.md"
MOST_PYTHON, MOST_CPP = 15, 10
STEP = re.compile(r"^\d+\. \[`[^`]+`\]\(([^)]+)\): \S", re.MULTILINE)


def walks() -> dict[str, list[str]]:
    section = PAGE.read_text().partition("## Four walks\n")[2].partition("\n## ")[0]
    parts = section.split("\n### ")[1:]
    return {part.partition("\n")[0]: STEP.findall(part) for part in parts}


def test_there_are_four() -> None:
    assert len(walks()) == 4


@pytest.mark.parametrize("walk", walks())
def test_a_walk_is_short_and_enters_no_file_twice(walk: str) -> None:
    files = walks()[walk]
    assert len(set(files)) == len(files)
    assert all((PAGE.parent / file).is_file() for file in files)
    python = [file for file in files if file.endswith(".py")]
    assert len(python) <= MOST_PYTHON and len(files) - len(python) <= MOST_CPP
    assert len(files) > 5
