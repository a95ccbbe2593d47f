"""The reference of atoms and element classes is up to date with the manifests."""

from __future__ import annotations

import pytest

from reconciler.authoring.pictures import atom_picture, element_picture
from reconciler.authoring.reference import FOLDER, atoms_page, elements_page
from tests.libraries import todays_library

LIBRARY = todays_library()


@pytest.mark.parametrize(
    ("file", "page"),
    [("atoms.md", atoms_page(LIBRARY)), ("elements.md", elements_page(LIBRARY))],
    ids=["atoms.md", "elements.md"],
)
def test_a_page_is_current(file: str, page: str) -> None:
    assert (FOLDER / file).read_text() == page.rstrip() + "\n", "run `make reference`"


def test_pictures_show_every_port() -> None:
    assert element_picture(LIBRARY.elements["Queue"]) == [
        "     ┌─────────┐",
        "0 ─▶ │  Queue  │ ─▷ 0",
        "     │         │ ─▶ [1]",
        "     └─────────┘",
    ]
    assert element_picture(LIBRARY.elements["SessionTable"]) == [
        "┌────────────────┐",
        "│  SessionTable  │",
        "└────────────────┘",
    ]
    assert element_picture(LIBRARY.elements["EtherSwitch"]) == [
        "           ┌───────────────┐",
        "      0 ─▶ │               │ ─▶ 0",
        "      1 ─▶ │  EtherSwitch  │ ─▶ 1",
        "[2 ...] ─▶ │               │ ─▶ [2 ...]",
        "           └───────────────┘",
    ]
    assert atom_picture(LIBRARY.atoms["Route"]) == [
        "          ┌─────────┐",
        "in: ip ─▶ │  Route  │ ─▶ each of routes: same",
        "          │         │ ┄▶ unreachable: same",
        "          └─────────┘",
    ]
