"""Repositories with mistakes: each case on disk lists what `validate` reports, line by line."""

from pathlib import Path

import pytest

from reconciler.load import load
from reconciler.resolve.check import check

CASES = Path(__file__).parents[2] / "cases" / "repositories"


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir()))
def test_every_mistake_is_reported_where_it_is(case, library):
    root = CASES / case / "input"
    files = {p.relative_to(root).as_posix(): p.read_text() for p in root.rglob("*.y*ml")}
    found = check(load(files), library)
    expected = (CASES / case / "expected.txt").read_text().splitlines()
    assert [str(diagnostic) for diagnostic in found] == expected
