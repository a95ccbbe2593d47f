from __future__ import annotations

from pathlib import Path

import pytest

from tests.reconciler.source.origin import Origin


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    return Origin(tmp_path / "origin")
