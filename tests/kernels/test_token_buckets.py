"""Token buckets against an exact model, through changes of the limit and successions of workers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cpp import compile_program
from tests.kernels.buckets import BILLION, Buckets, Limit
from tests.kernels.conversation import Conversation, sanitizers
from tests.packets import TCP, UDP, ipv4, ipv6, raw, tcp, udp

Step = tuple[object, ...]
REMEMBERED = 7
"""Changes of the limit that are known exactly, with their times."""


@pytest.fixture(scope="session")
def buckets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Conversation]:
    out = tmp_path_factory.mktemp("buckets") / "buckets"
    source = Path(__file__).with_name("buckets.cc")
    program = compile_program(out, [source], ["TokenBuckets"], sanitizers())
    with Conversation(program) as conversation:
        yield conversation


def sender(number: int) -> str:
    return ipv4(f"10.0.{number}.1", "192.0.2.1", udp(1, 2)).hex()


def start(buckets: Conversation, limit: Limit, capacity: int = 64) -> None:
    assert buckets.ask("start", capacity, *limit.words()) == "adopted 0"


def take(buckets: Conversation, packet: str = "-", keying: str = "all", size: int = 100) -> bool:
    return buckets.ask("take", size, keying, 0, packet) == "conforming"


packet_limits = st.builds(Limit, st.integers(1, 2000), st.integers(1, 20))
bit_limits = st.builds(Limit, st.integers(1, 10**11), st.integers(12_144, 10**10), st.just("bits"))
limits = st.one_of(packet_limits, bit_limits)
takes = st.tuples(st.just("take"), st.integers(0, 3), st.integers(0, 9216))
waits = st.tuples(
    st.just("wait"), st.one_of(st.integers(0, 1000), st.integers(0, 10 * BILLION), st.just(1))
)
changes = st.tuples(st.just("limit"), limits)
moves = st.tuples(st.just("move"), st.sampled_from([16, 64, 500]))
successions = st.tuples(st.just("succeed"), st.sampled_from(["clean", "torn"]), st.none() | limits)


def play(buckets: Conversation, first: Limit, steps: list[Step]) -> None:
    start(buckets, first)
    model = Buckets(first)
    changed = 0
    for step in steps:
        changed += isinstance(step[-1], Limit)
        if isinstance(step[-1], Limit) and changed > REMEMBERED:
            continue
        match step:
            case ("take", int() as key, int() as size):
                conforms = buckets.ask("take", size, "source", 0, sender(key)) == "conforming"
                assert conforms == model.take(key, size), step
            case ("wait", int() as time):
                buckets.ask("wait", time)
                model.wait(time)
            case ("limit", Limit() as limit):
                buckets.ask("limit", *limit.words())
                buckets.ask("wait", 1)
                _change(model, limit)
            case ("succeed", str() as how, other):
                words = other.words() if isinstance(other, Limit) else ()
                buckets.ask("succeed", how, *words)
                if isinstance(other, Limit):
                    buckets.ask("wait", 1)
                    _change(model, other)
            case ("reboot", int() as off, int() as up):
                buckets.ask("reboot", off, up)
                model.wait(off)
            case ("sweep" | "move" as what, int() as number):
                buckets.ask(what, number)
    for key, tokens in model.tokens.items():
        line = f"10.0.{key}.1/32 "
        found = [text for text in buckets.ask("table").split("|") if text.startswith(line)]
        assert found in ([f"{line}{tokens}"], []), step
        assert found or tokens == model.limit.full


def _change(model: Buckets, limit: Limit) -> None:
    """A change holds from the next nanosecond on, which passes at the old rate."""
    model.wait(1)
    if limit != model.limit:
        model.change(limit)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(limits, st.lists(st.one_of(takes, takes, waits, changes, successions, moves), max_size=40))
def test_tokens_are_neither_refilled_nor_lost(
    buckets: Conversation, first: Limit, steps: list[Step]
) -> None:
    play(buckets, first, steps)


rates = st.tuples(st.just("limit"), st.builds(Limit, st.integers(1, 2000), st.just(7)))
sweeps = st.tuples(st.just("sweep"), st.integers(1, 100))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.one_of(takes, takes, waits, rates, sweeps), max_size=40))
def test_forgetting_full_buckets_changes_nothing(buckets: Conversation, steps: list[Step]) -> None:
    play(buckets, Limit(100, 7), steps)


# A moment that becomes 0 in another boot would mean none: nothing is as old as a machine is up.
sixteens = st.integers(0, 10 * BILLION // 16).map(lambda number: 16 * number)
pauses = st.tuples(st.just("wait"), sixteens)
reboots = st.tuples(st.just("reboot"), sixteens, sixteens.map(lambda number: number + 8))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.one_of(takes, pauses), max_size=9),
    st.lists(st.one_of(takes, takes, pauses, reboots), max_size=30),
)
def test_buckets_fill_at_their_rates_through_reboots(
    buckets: Conversation, before: list[Step], after: list[Step]
) -> None:
    """It is a rising rate, under which no deadline of before is too early."""
    play(buckets, Limit(1, 7), [*before, ("limit", Limit(3, 7)), *after])


def test_a_bucket_of_before_a_reboot_fills_at_its_rate(buckets: Conversation) -> None:
    """Also when packets have become bits, and when moments of before the boot are compared."""
    start(buckets, Limit(1, 2))
    assert take(buckets)
    buckets.ask("limit", 20_000, 20_000, "bits")
    buckets.ask("wait", BILLION // 2 + 1)
    assert take(buckets, size=1000)
    buckets.ask("reboot", BILLION // 4, BILLION // 8)
    assert buckets.ask("table") == f"all {7000 * BILLION}|"
    buckets.ask("wait", BILLION // 4)
    assert take(buckets, size=1500), "12000 bits are there"
    assert not take(buckets, size=1)


def test_a_bucket_as_old_as_the_machine_is_up_keeps_its_age(buckets: Conversation) -> None:
    """When it was counted becomes 0 in the other boot, which in a record would mean never."""
    start(buckets, Limit(1, 7))
    for _ in range(7):
        assert take(buckets)
    buckets.ask("reboot", 8, 8)
    buckets.ask("reboot", 0, 5 * BILLION)
    assert not take(buckets), "eight nanoseconds have passed"


def test_full_buckets_are_forgotten_and_others_are_not(buckets: Conversation) -> None:
    start(buckets, Limit(10, 10))
    for key in range(4):
        for _ in range(key + 1):
            assert take(buckets, sender(key), "source")
    buckets.ask("wait", 2 * BILLION // 10 + 1)
    assert buckets.ask("sweep", 100) == "2"
    buckets.ask("limit", 1, 10, "packets")  # their deadlines were set at the higher rate
    buckets.ask("wait", BILLION // 2)
    assert buckets.ask("sweep", 100) == "2"
    buckets.ask("wait", 2 * BILLION)
    assert buckets.ask("sweep", 100) == "0"


def test_a_full_table_gives_up_the_fullest_bucket(buckets: Conversation) -> None:
    start(buckets, Limit(1, 10), capacity=16)
    for key in range(16):
        for _ in range(2 if key == 11 else 4):
            assert take(buckets, sender(key), "source")
    assert take(buckets, sender(16), "source")
    assert buckets.ask("counters") == "16 1 0"
    assert "10.0.11.1" not in buckets.ask("table")


def test_a_full_table_of_emptied_buckets_refuses_new_keys(buckets: Conversation) -> None:
    start(buckets, Limit(1, 10), capacity=16)
    for key in range(16):
        for _ in range(6):
            assert take(buckets, sender(key), "source")
    assert not take(buckets, sender(16), "source")
    assert buckets.ask("counters") == "16 0 1"
    buckets.ask("wait", BILLION)
    assert take(buckets, sender(16), "source"), "half full is full enough to make room"


def test_more_changes_than_are_remembered_count_from_the_oldest_known(
    buckets: Conversation,
) -> None:
    start(buckets, Limit(1, 1000))
    for _ in range(1000):
        assert take(buckets)
    for rate in (2, 1) * 10:
        buckets.ask("limit", rate, 1000, "packets")
        buckets.ask("wait", BILLION)
    assert buckets.ask("succeed", "clean").startswith("adopted")
    (line,) = buckets.ask("table").rstrip("|").split("|")
    assert 20 <= int(line.split()[1]) / BILLION <= 40


def test_a_packet_longer_than_the_burst_takes_all_of_it(buckets: Conversation) -> None:
    start(buckets, Limit(12_144, 12_144, "bits"))
    assert take(buckets, size=9000)
    assert not take(buckets, size=1)
    assert buckets.ask("ready", 9000, "all", 0, "-") == str(BILLION)
    buckets.ask("wait", BILLION)
    assert take(buckets, size=9000)


FRAGMENTS = [
    ipv4("10.0.0.1", "192.0.2.1", udp(5, 6, bytes(16)), ident=9, more=True),
    ipv4("10.0.0.1", "192.0.2.1", raw(UDP, bytes(16)), ident=9, offset=3),
    ipv4("10.0.0.1", "192.0.2.1", udp(7, 8, bytes(16)), ident=8, more=True),
]
KEYS = {
    "all": {"all": ["-", sender(1), sender(2)]},
    "interface_lan": {"interface lan": ["-", sender(1)]},
    "source": {
        "10.0.1.1/32": [sender(1)],
        "2001:db8::/64": [ipv6("2001:db8::1", "2001:db8:9::1", udp(1, 2)).hex(),
                          ipv6("2001:db8::2", "2001:db8:9::1", tcp(1, 2)).hex()],
        "rest": ["-", "45000014", "ff" * 40],
    },
    "source/16/48": {
        "10.0.0.0/16": [sender(1), sender(2)],
        "2001:db8:5::/48": [ipv6("2001:db8:5:6::1", "2001:db8:9::1", udp(1, 2)).hex()],
    },
    "destination/0": {"0.0.0.0/0": [sender(1), sender(2)]},
    "destination": {"192.0.2.1/32": [sender(1), sender(2)]},
    "flow": {
        "flow 10.0.1.1 192.0.2.1 17 1 2": [sender(1)],
        "flow 10.0.0.1 192.0.2.1 17 0 0": [fragment.hex() for fragment in FRAGMENTS],
        "flow 10.0.0.1 192.0.2.1 6 1 2": [ipv4("10.0.0.1", "192.0.2.1", tcp(1, 2)).hex()],
        "flow 10.0.0.1 192.0.2.1 47 0 0": [ipv4("10.0.0.1", "192.0.2.1", raw(47, b"xxxx")).hex()],
    },
}  # fmt: skip


@pytest.mark.parametrize("keying", KEYS)
def test_keys(buckets: Conversation, keying: str) -> None:
    start(buckets, Limit(1, 10))
    for packets in KEYS[keying].values():
        for packet in packets:
            assert take(buckets, packet, keying)
    lines = dict(text.rsplit(" ", 1) for text in buckets.ask("table").rstrip("|").split("|"))
    wanted = {key: str((10 - len(packets)) * BILLION) for key, packets in KEYS[keying].items()}
    assert lines == wanted


def test_marks_are_keys(buckets: Conversation) -> None:
    start(buckets, Limit(1, 1))
    for mark in (0, 7, 255):
        assert buckets.ask("take", 60, "mark", mark, "-") == "conforming"
        assert buckets.ask("take", 60, "mark", mark, "-") == "exceeding"
    assert buckets.ask("table") == "mark 0 0|mark 255 0|mark 7 0|"


def test_protocol_numbers_part_flows() -> None:
    assert (TCP, UDP) == (6, 17)


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
