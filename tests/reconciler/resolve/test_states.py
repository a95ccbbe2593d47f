"""How many records the tables of a state hold, as its manifest and its arguments say."""

from __future__ import annotations

import pytest

from reconciler.graph import Element
from reconciler.resolve.states import StateSpec
from schemas.network_element import Keep
from tests.libraries import todays_library


@pytest.mark.parametrize(
    ("class_name", "arguments", "capacities"),
    [
        ("SessionTable", (), {"sessions": 65536}),
        ("SessionTable", ("CAPACITY 100",), {"sessions": 100}),
        (
            "StreamTable",
            ("SEGMENTS 50", "CAPACITY 1000"),
            {"streams": 1000, "stream_segments": 50, "found_patterns": 16384},
        ),
        (
            "BalanceTable",
            ('SERVICES "tcp 192.0.2.1:80"', "CAPACITY 64"),
            {"balanced_flows": 64, "backends": 4096},
        ),
        ("NeighbourTable", ("WAITING 20",), {"neighbours": 4096, "unresolved": 120}),
    ],
)
def test_capacities(
    class_name: str, arguments: tuple[str, ...], capacities: dict[str, int]
) -> None:
    manifest = todays_library().elements[class_name]
    spec = StateSpec.of(Element("state", class_name, arguments), manifest, Keep.REQUIRED)
    assert {name: table.capacity for name, table in spec.tables.items()} == capacities
