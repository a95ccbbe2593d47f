"""Neighbours: whom we ask and when, what we believe, and what we answer (RFC 826, RFC 4861)."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.kernels.conversation import Conversation
from tests.kernels.neighbours import (
    OTHER_MAC,
    OUR_MAC,
    OURS,
    OURS6,
    OVERRIDE,
    SECOND,
    SOLICITED,
    THEIR_MAC,
    THEM,
    THEM6,
    advertisement,
    arp_frame,
    hear,
    wait,
)
from tests.packets import BROADCAST


@pytest.mark.parametrize("them", [THEM, THEM6])
def test_an_unknown_neighbour_is_asked_three_times_and_fails(
    table: Conversation, them: str
) -> None:
    assert table.ask("resolve", them) == "waits ask all"
    assert table.ask("resolve", them) == "waits"
    for _ in range(2):
        wait(table, 1)
        assert table.ask("resolve", them) == "waits ask all"
        assert table.ask("resolve", them) == "waits"
    wait(table, 1)
    assert table.ask("resolve", them) == "unreachable"
    wait(table, 0.5)
    assert table.ask("resolve", them) == "unreachable", "nobody is asked for a second"
    wait(table, 0.5)
    assert table.ask("resolve", them) == "waits ask all"


def test_a_reply_makes_it_known(table: Conversation) -> None:
    table.ask("resolve", THEM)
    assert hear(table, arp_frame("reply", THEM, OURS)) == ("learned", b"")
    assert table.ask("resolve", THEM) == f"ready {THEIR_MAC}"


def test_an_advertisement_makes_it_known(table: Conversation) -> None:
    table.ask("resolve", THEM6)
    assert hear(table, advertisement(SOLICITED | OVERRIDE)) == ("learned", b"")
    assert table.ask("resolve", THEM6) == f"ready {THEIR_MAC}"
    wait(table, 29)
    assert table.ask("resolve", THEM6) == f"ready {THEIR_MAC}"


def test_one_that_was_not_heard_for_long_is_asked_while_packets_go_on(table: Conversation) -> None:
    table.ask("resolve", THEM)
    hear(table, arp_frame("reply", THEM, OURS))
    wait(table, 30)
    assert table.ask("resolve", THEM) == f"ready {THEIR_MAC} ask"
    assert table.ask("resolve", THEM) == f"ready {THEIR_MAC}"
    hear(table, arp_frame("reply", THEM, OURS))
    wait(table, 29)
    assert table.ask("resolve", THEM) == f"ready {THEIR_MAC}"


def test_one_of_before_a_reboot_keeps_its_age(table: Conversation) -> None:
    """It is asked again at the same time as without the reboot, and not believed for longer."""
    table.ask("resolve", THEM6)
    hear(table, advertisement(SOLICITED | OVERRIDE))
    table.ask("reboot", 20 * SECOND, 5 * SECOND)
    assert table.ask("resolve", THEM6) == f"ready {THEIR_MAC}"
    hear(table, advertisement(0, OTHER_MAC))
    assert table.ask("resolve", THEM6) == f"ready {THEIR_MAC} ask", "somebody else claims it"
    assert table.ask("resolve", THEM6) == f"ready {THEIR_MAC}"


def test_one_that_has_gone_silent_must_be_found_again(table: Conversation) -> None:
    table.ask("resolve", THEM)
    hear(table, arp_frame("reply", THEM, OURS))
    wait(table, 30)
    for _ in range(3):
        assert table.ask("resolve", THEM) == f"ready {THEIR_MAC} ask"
        wait(table, 1)
    assert table.ask("resolve", THEM) == "waits ask all"
    hear(table, arp_frame("reply", THEM, OURS, sender_mac=OTHER_MAC))
    assert table.ask("resolve", THEM) == f"ready {OTHER_MAC}"


def test_one_that_nobody_uses_is_forgotten(table: Conversation) -> None:
    table.ask("resolve", THEM)
    hear(table, arp_frame("reply", THEM, OURS))
    wait(table, 300)
    assert table.ask("resolve", THEM) == "waits ask all"


def test_what_nobody_asked_for_adds_nothing(table: Conversation) -> None:
    assert hear(table, arp_frame("reply", THEM, OURS))[0] == "ignored"
    assert hear(table, advertisement(SOLICITED | OVERRIDE))[0] == "ignored"
    assert hear(table, arp_frame("request", THEM, THEM, to=BROADCAST))[0] == "ignored"
    assert table.ask("counters") == "0 0 0"


def test_a_neighbour_that_moves_tells_with_a_gratuitous_arp(table: Conversation) -> None:
    table.ask("resolve", THEM)
    hear(table, arp_frame("reply", THEM, OURS))
    hear(table, arp_frame("request", THEM, THEM, sender_mac=OTHER_MAC, to=BROADCAST))
    assert table.ask("resolve", THEM) == f"ready {OTHER_MAC} ask", "and is asked whether it is so"


@pytest.mark.parametrize(
    ("to", "hop"),
    [
        ("192.0.2.9", "one 192.0.2.9"),
        ("192.0.2.255", "group ff:ff:ff:ff:ff:ff"),
        ("198.51.100.1", "one 192.0.2.254"),
        ("198.51.100.255", "one 192.0.2.254"),
        ("10.0.0.1", "one 10.0.0.1"),
        ("255.255.255.255", "group ff:ff:ff:ff:ff:ff"),
        ("224.1.2.3", "group 01:00:5e:01:02:03"),
        ("239.129.2.3", "group 01:00:5e:01:02:03"),
        ("0.0.0.0", "nobody"),
        ("::", "nobody"),
        ("2001:db8::9", "one 2001:db8::9"),
        ("2001:db8:1::9", "one 2001:db8::fe"),
        ("fe80::99", "one fe80::99"),
        ("169.254.1.9", "one 169.254.1.9"),
        ("ff02::1:ff00:9", "group 33:33:ff:00:00:09"),
    ],
)
def test_next_hops(table: Conversation, to: str, hop: str) -> None:
    prefixes = (f"{OURS}/24", "10.0.0.0/31", f"{OURS6}/64")
    table.ask("side", OUR_MAC, *prefixes, ">192.0.2.254", ">2001:db8::fe")
    assert table.ask("next_hop", to) == hop


def test_the_next_worker_knows_all_and_asks_nothing_twice(table: Conversation) -> None:
    table.ask("resolve", THEM)
    hear(table, arp_frame("reply", THEM, OURS))
    table.ask("resolve", "192.0.2.8")
    for how in ("clean", "torn"):
        table.ask("succeed", how)
        assert table.ask("resolve", THEM) == f"ready {THEIR_MAC}"
        assert table.ask("resolve", "192.0.2.8") == "waits"
    for last in ("waits ask all", "waits ask all", "unreachable"):
        wait(table, 1)
        table.ask("succeed", "clean")
        assert table.ask("resolve", "192.0.2.8") == last


def test_a_scan_displaces_nobody_who_answered(neighbours: Conversation) -> None:
    neighbours.ask("start", 16)
    neighbours.ask("side", OUR_MAC, f"{OURS}/24")
    for number in range(1, 9):
        neighbours.ask("resolve", f"192.0.2.{number}")
        hear(neighbours, arp_frame("reply", f"192.0.2.{number}", OURS))
    for number in range(1000):
        assert neighbours.ask("resolve", f"10.0.{number >> 8}.{number & 255}") == "waits ask all"
    for number in range(1, 9):
        assert neighbours.ask("resolve", f"192.0.2.{number}") == f"ready {THEIR_MAC}"
    for number in range(9, 17):
        neighbours.ask("resolve", f"192.0.2.{number}")
        hear(neighbours, arp_frame("reply", f"192.0.2.{number}", OURS))
    assert neighbours.ask("resolve", "10.9.9.9") == "unreachable"


sequence = st.lists(
    st.one_of(
        st.tuples(st.just("resolve"), st.sampled_from([THEM, "192.0.2.8"])),
        st.tuples(st.just("wait"), st.integers(0, 3 * SECOND)),
        st.tuples(st.just("reply")),
        st.tuples(st.just("succeed"), st.sampled_from(["clean", "torn"])),
    ), max_size=50,
)  # fmt: skip


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sequence)
def test_nobody_is_asked_more_than_once_a_second(
    neighbours: Conversation, steps: list[tuple[object, ...]]
) -> None:
    neighbours.ask("start", 64)
    neighbours.ask("side", OUR_MAC, f"{OURS}/24")
    clock, asked, replied = 0, {}, -(10**18)
    for step in steps:
        match step:
            case ("wait", int() as time):
                neighbours.ask("wait", time)
                clock += time
            case ("reply",):
                if hear(neighbours, arp_frame("reply", THEM, OURS))[0] == "learned":
                    replied = clock
            case ("resolve", str() as address):
                answer = neighbours.ask("resolve", address)
                if "ask" in answer:
                    assert (
                        clock - asked.get(address, -(10**18)) >= SECOND or replied >= asked[address]
                    )
                    asked[address] = clock
                if address == THEM and clock - replied < 30 * SECOND:
                    assert answer.startswith("ready")
            case ("succeed", str() as how):
                neighbours.ask("succeed", how)


lane_steps = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(0, 6), st.integers(0, 99), st.integers(0, 9)),
        st.tuples(st.just("take"), st.just(0)),
        st.tuples(st.just("schedule"), st.integers(0, 6), st.integers(0, 9)),
        st.tuples(st.just("close"), st.integers(0, 6)),
    ), max_size=60,
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lane_steps)
def test_lanes_against_a_dictionary(
    neighbours: Conversation, steps: list[tuple[object, ...]]
) -> None:
    neighbours.ask("lane", "reserve", 8)
    model: dict[int, tuple[int, list[int]]] = {}  # when due, items
    for step in steps:
        answer = neighbours.ask("lane", *step)
        match step:
            case ("add", int() as key, int() as item, int() as due):
                held = sum(len(items) for _, items in model.values())
                assert answer == ("full" if held == 8 else "ok")
                if held < 8:
                    model.setdefault(key, (due, []))[1].append(item)
            case ("take", _):
                if not model:
                    assert answer == "none"
                    continue
                key, item = map(int, answer.split())
                assert model[key][0] == min(due for due, _ in model.values())
                assert model[key][1].pop(0) == item
                if not model[key][1]:
                    del model[key]
            case ("schedule", int() as key, int() as due):
                assert answer == ("ok" if key in model else "none")
                if key in model:
                    model[key] = (due, model[key][1])
            case ("close", int() as key):
                assert answer == ("ok" if model.pop(key, None) else "none")
