"""The table of limits is the limits."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path

from reconciler.yaml.limits import DEFAULT

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "repository.md"


def test_every_limit_stands_in_the_reference_with_its_default() -> None:
    told = dict(re.findall(r"^\| `([a-z-]+)` \| (\d+) \|", PAGE.read_text(), re.MULTILINE))
    limits = {name.replace("_", "-"): str(value) for name, value in asdict(DEFAULT).items()}
    assert told == limits
