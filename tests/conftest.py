"""Schedules tests: decides which share a worker when they run in parallel (`make test`)."""

from __future__ import annotations

from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

HERE = Path(__file__).parent
# Started first, so that they end with the others: whole folders, and tests that wait for traffic
# and soaks.
FIRST = ("docs", "kernels", "e2e", "supervisor")
# These share one program within the folder, and a mount that no other test uses.
WHOLE = ("docs", "kernels")


class FileScheduling(LoadScopeScheduling):
    """Gives a worker whole files, and some folders as a whole."""

    def _split_scope(self, nodeid: str) -> str:
        folder = nodeid.split("/")[1]
        return folder if folder in WHOLE else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> FileScheduling:
    """Return a scheduler with as many workers as there are, one file after another."""
    return FileScheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the folders that take longest first."""
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    folder = item.path.relative_to(HERE).parts[0]
    return FIRST.index(folder) if folder in FIRST else len(FIRST)
