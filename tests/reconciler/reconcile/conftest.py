from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from reconciler.errors import NobodyListens
from reconciler.library import Library, load_library
from tests.reconciler.reconcile.house import House
from tests.reconciler.reconcile.pipeline import Repository, library_root


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return load_library(library_root(tmp_path_factory.mktemp("library") / "root"))


@pytest.fixture
async def house(tmp_path: Path, library: Library) -> AsyncIterator[House]:
    made = House(tmp_path / "data", Repository(tmp_path / "repository"), library)
    await made.builder.supervisor()
    await made.builder.build(["RatedSource", "Counter", "Discard"])
    yield made
    with suppress(NobodyListens):
        await made.device.remove()
    made.ledger.close()
