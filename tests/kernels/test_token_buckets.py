"""Token buckets against an exact model, through changes of the limit and successions of workers."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.kernels.buckets import BILLION, Buckets, Limit, bit_limits, sender, start, take
from tests.kernels.conversation import Conversation

Step = tuple[object, ...]
REMEMBERED = 7
"""Number of changes of the limit that are remembered exactly, with their times."""


packet_limits = st.builds(Limit, st.integers(1, 2000), st.integers(1, 20))
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
    """Change the limit from the next nanosecond on; the current one passes at the old rate."""
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
    """The rate rises, so that no earlier deadline is too early."""
    play(buckets, Limit(1, 7), [*before, ("limit", Limit(3, 7)), *after])


def test_a_bucket_of_before_a_reboot_fills_at_its_rate(buckets: Conversation) -> None:
    """Also when the unit changes to bits, and when times before the boot are compared."""
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
    """Its time of counting becomes 0 in the other boot, which in a record would mean never."""
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
