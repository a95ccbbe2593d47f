"""Click itself, where it is installed, treats the packets of the golden cases as we do.

A case says under `click` why it is not for Click. It is skipped if this Click lacks a class.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.authoring.cases import read_case, run_case
from tests.elements.test_element_cases import CASES

CLICK = shutil.which("click")
FOLDERS = sorted(path.parent for path in CASES.glob("*/case.yaml"))


@pytest.mark.skipif(CLICK is None, reason="needs Click's program `click` on PATH")
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_click_agrees(folder: Path, tmp_path: Path) -> None:
    case = read_case(folder)
    if case.not_click:
        pytest.skip(case.not_click)
    found = run_case(replace(case, log=()), Path(str(CLICK)), tmp_path)
    absent = ("unknown element class", "undeclared element")
    if any(word in line for word in absent for line in found):
        pytest.skip(found[0])
    assert [line for line in found if not line.startswith("log\n")] == []
