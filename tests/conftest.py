"""Which tests share a worker when several run at once (`make test`)."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent
# These wait for traffic and soaks most of the time: begun first, they end with the others.
FIRST = ("e2e", "docs", "supervisor")


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the marks in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A folder is a group: its programs are compiled once, and its networks stand alone."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_folder(item)))
    items.sort(key=_turn)


def _folder(item: pytest.Item) -> str:
    return item.path.relative_to(HERE).parts[0]


def _turn(item: pytest.Item) -> int:
    folder = _folder(item)
    return FIRST.index(folder) if folder in FIRST else len(FIRST)
