"""Packets that wait for tokens: their order, their rate and their room."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.kernels.buckets import BILLION, Limit, bit_limits, sender, start
from tests.kernels.conversation import Conversation

sizes = st.integers(1, 1500)
arrivals = st.lists(
    st.tuples(st.integers(0, 2), sizes, st.integers(0, BILLION // 50)), min_size=1, max_size=30
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(bit_limits.filter(lambda limit: limit.rate < 10**6 and limit.burst < 10**6), arrivals)
def test_shaped_packets_leave_in_order_and_never_above_the_rate(
    buckets: Conversation, limit: Limit, packets: list[tuple[int, int, int]]
) -> None:
    start(buckets, limit)
    buckets.ask("take_all")
    clock = 0
    sent: dict[int, list[tuple[int, int, int]]] = {0: [], 1: [], 2: []}  # time, number, bits
    owners: dict[int, tuple[int, int]] = {}

    def let_go() -> None:
        for word in buckets.ask("release").split():
            key, size = owners[int(word)]
            sent[key].append((clock, int(word), size * 8))

    for key, size, gap in packets:
        number, fate = buckets.ask("shape", size, "source", 0, sender(key)).split()
        owners[int(number)] = (key, size)
        if fate == "passes":
            sent[key].append((clock, int(number), size * 8))
        if fate == "full":
            del owners[int(number)]
        buckets.ask("wait", gap)
        clock += gap
        let_go()
    while (due := buckets.ask("due")) != "never":
        buckets.ask("wait", due)
        clock += int(due)
        let_go()
    assert sum(map(len, sent.values())) == len(owners), "nothing that waits is forgotten"
    for departures in sent.values():
        assert departures == sorted(departures, key=lambda departure: departure[1])
        for i, (begin, _, _) in enumerate(departures):
            total = 0
            for time, _, bits in departures[i:]:
                total += bits
                assert total * BILLION <= limit.full + (time - begin) * limit.rate


def test_a_higher_rate_counts_at_once_for_what_waits(buckets: Conversation) -> None:
    start(buckets, Limit(1, 1))
    buckets.ask("take_all")
    numbers = [buckets.ask("shape", 60, "all", 0, "-").split() for _ in range(4)]
    assert [fate for _, fate in numbers] == ["passes", "waits", "waits", "waits"]
    buckets.ask("limit", 1000, 1, "packets")
    buckets.ask("wait", BILLION // 1000 + 1)
    assert buckets.ask("release") == numbers[1][0]
    assert int(buckets.ask("due")) <= BILLION // 1000
    assert buckets.ask("take_all") == f"{numbers[2][0]} {numbers[3][0]}"
    assert buckets.ask("due") == "never"


def test_lanes_hold_no_more_than_there_is_room_for(buckets: Conversation) -> None:
    start(buckets, Limit(1, 1))
    buckets.ask("take_all")
    fates = [buckets.ask("shape", 60, "source", 0, sender(i % 5)).split()[1] for i in range(25)]
    assert fates == ["passes"] * 5 + ["waits"] * 16 + ["full"] * 4
