"""Which tests share a worker when several run at once (`make test`)."""

from __future__ import annotations

from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

HERE = Path(__file__).parent
# These wait for traffic and soaks most of the time: begun first, they end with the others.
FIRST = ("e2e", "docs", "supervisor")


# Here every file has namespaces and processes of its own.
BY_FILE = ("e2e",)


class FolderScheduling(LoadScopeScheduling):
    """A worker gets whole folders: programs are compiled once, and mounts are nobody else's."""

    def _split_scope(self, nodeid: str) -> str:
        folder = nodeid.split("/")[1]
        return nodeid.partition("::")[0] if folder in BY_FILE else folder


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> FolderScheduling:
    """As many workers as there are, one folder after another."""
    return FolderScheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The folders that take longest come first."""
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    folder = item.path.relative_to(HERE).parts[0]
    return FIRST.index(folder) if folder in FIRST else len(FIRST)
