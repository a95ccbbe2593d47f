"""What a learning bridge remembers, for how long, and what it forgets when its table is full."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.kernels.conversation import Conversation
from tests.kernels.programs import compile_named

SECOND = 1_000_000_000
AGEING = 300


@pytest.fixture(scope="session")
def stations(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Conversation]:
    with Conversation(
        compile_named("stations", tmp_path_factory.mktemp("stations"))
    ) as conversation:
        yield conversation


def start(stations: Conversation, capacity: int = 64) -> None:
    assert stations.ask("start", capacity, AGEING * SECOND) == "ok"


def seen(stations: Conversation, source: int, port: str = "lan", to: int = 0, vlan: int = 0) -> str:
    return stations.ask("frame", source, to, vlan, port)


def test_a_silent_station_is_forgotten(stations: Conversation) -> None:
    start(stations)
    seen(stations, 1)
    stations.ask("wait", AGEING * SECOND - 1)
    assert seen(stations, 2, "wan", to=1) == "stays lan"
    stations.ask("wait", 1)
    assert seen(stations, 2, "wan", to=1) == "stays unknown"
    assert stations.ask("expire") == "1"


def test_a_station_that_talks_stays_and_one_that_moves_is_found(stations: Conversation) -> None:
    start(stations)
    for _ in range(20):
        seen(stations, 1)
        stations.ask("wait", 100 * SECOND)
    assert seen(stations, 2, to=1) == "stays lan"
    assert seen(stations, 1, "wan").startswith("moved")
    assert seen(stations, 2, to=1) == "stays wan"


def test_vlans_have_stations_of_their_own(stations: Conversation) -> None:
    start(stations)
    seen(stations, 1, "lan", vlan=5)
    assert seen(stations, 1, "wan", vlan=6).startswith("stays")
    assert seen(stations, 2, to=1, vlan=5) == "stays lan"
    assert seen(stations, 2, to=1, vlan=6) == "stays wan"
    assert seen(stations, 2, to=1) == "stays unknown"


def test_made_up_addresses_displace_only_each_other(stations: Conversation) -> None:
    start(stations, 16)
    for _ in range(3):
        for number in range(1, 9):
            seen(stations, number)
        stations.ask("wait", SECOND)
    for number in range(1000, 2000):
        seen(stations, number, "wan")
    for number in range(1, 9):
        assert seen(stations, 5000, "wan", to=number) == "stays lan"
    count, evicted, refused = stations.ask("counters").split()
    assert (count, refused) == ("16", "0")
    assert int(evicted) > 900


def test_a_table_full_of_settled_stations_learns_no_more(stations: Conversation) -> None:
    start(stations, 16)
    for _ in range(3):
        for number in range(1, 17):
            seen(stations, number)
        stations.ask("wait", SECOND)
    seen(stations, 99)
    assert stations.ask("counters") == "16 0 1"
    assert seen(stations, 1, to=99) == "stays unknown"


steps = st.lists(
    st.one_of(
        st.tuples(st.just("frame"), st.integers(1, 5), st.integers(1, 5),
                  st.sampled_from([0, 5]), st.sampled_from(["lan", "wan"])),
        st.tuples(st.just("wait"), st.integers(0, 200 * SECOND)),
        st.tuples(st.just("expire")),
    ), max_size=40,
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps)
def test_against_a_dictionary(stations: Conversation, taken: list[tuple[object, ...]]) -> None:
    """A station seen again within a second may expire up to a second early."""
    start(stations)
    clock = 0
    known: dict[tuple[int, int], tuple[str, int]] = {}
    for step in taken:
        answer = stations.ask(*step)
        match step:
            case ("wait", int() as time):
                clock += time
            case ("frame", int() as source, int() as to, int() as vlan, str() as port):
                known[source, vlan] = (port, clock)
                where, at = known.get((to, vlan), ("unknown", 0))
                age = clock - at
                if where == "unknown" or age >= AGEING * SECOND:
                    assert answer.split()[1] == "unknown"
                elif age < (AGEING - 1) * SECOND:
                    assert answer.split()[1] == where
