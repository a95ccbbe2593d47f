"""Golden cases: tests/cases/elements/<scenario>, as reconciler.authoring.cases describes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.authoring.cases import read_case, run_case

CASES = Path(__file__).parents[1] / "cases" / "elements"


@pytest.mark.parametrize("name", sorted(path.parent.name for path in CASES.glob("*/case.yaml")))
def test_case(name: str, driver: Path, tmp_path: Path) -> None:
    assert run_case(read_case(CASES / name), driver, tmp_path) == ()
