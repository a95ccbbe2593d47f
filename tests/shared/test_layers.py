"""The folders of the element library include only what each may."""

from __future__ import annotations

import re

import pytest

from tests.objects import LIBRARY

MAY_INCLUDE = {
    "shared": {"shared"},
    "state_table": {"state_table", "support"},
    "supervisor": {"supervisor", "shared", "state_table"},
    "driver": {"driver", "shared", "state_table"},
}
INCLUDE = re.compile(r'^#include "([^/"]+)/', re.MULTILINE)


@pytest.mark.parametrize("room", MAY_INCLUDE)
def test_a_room_includes_only_what_it_may(room: str) -> None:
    """`shared` includes neither program, and neither program includes the other."""
    sources = [*(LIBRARY / room).glob("*.cc"), *(LIBRARY / room).glob("*.hh")]
    assert sources
    for source in sources:
        included = set(INCLUDE.findall(source.read_text()))
        assert included <= MAY_INCLUDE[room], source.name
