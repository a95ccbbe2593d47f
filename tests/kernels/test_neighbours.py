"""Neighbours: whom we ask and when, what we believe, and what we answer (RFC 826, RFC 4861)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from ipaddress import IPv6Address
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cpp import compile_program
from tests.kernels.conversation import Conversation, sanitizers
from tests.packets import BROADCAST, ETHERTYPE_ARP, arp, ether, icmp6, ipv6, mac

SECOND = 1_000_000_000
OURS, OUR_MAC = "192.0.2.1", "02:00:00:00:00:01"
OURS6, LOCAL6 = "2001:db8::1", "fe80::1"
THEM, THEIR_MAC, OTHER_MAC = "192.0.2.7", "02:00:00:00:00:07", "02:00:00:00:00:08"
THEM6 = "2001:db8::7"
SOLICITED, OVERRIDE, ROUTER = 0x40, 0x20, 0x80


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Conversation]:
    out = tmp_path_factory.mktemp("neighbours") / "neighbours"
    source = Path(__file__).with_name("neighbours.cc")
    compiled = compile_program(out, [source], ["NeighbourTable"], sanitizers())
    with Conversation(compiled) as conversation:
        yield conversation


@pytest.fixture
def table(program: Conversation) -> Conversation:
    assert program.ask("start", 64) == "adopted 0"
    program.ask("side", OUR_MAC, f"{OURS}/24", f"{OURS6}/64", f"{LOCAL6}/64")
    return program


def option(kind: int, address: str) -> bytes:
    return bytes([kind, 1]) + mac(address)


def advertisement(
    flags: int, address: str | None = THEIR_MAC, *, target: str = THEM6, to: str = OURS6,
    hops: int = 255,
) -> bytes:  # fmt: skip
    body = IPv6Address(target).packed + (option(2, address) if address else b"")
    packet = ipv6(target, to, icmp6(136, rest=flags << 24, payload=body), hop_limit=hops)
    return ether(packet, source=address or THEIR_MAC, destination=OUR_MAC)


def solicitation(source: str, target: str, to: str, link: str | None = THEIR_MAC) -> bytes:
    body = IPv6Address(target).packed + (option(1, link) if link else b"")
    packet = ipv6(source, to, icmp6(135, payload=body), hop_limit=255)
    return ether(packet, source=THEIR_MAC, destination="33:33:ff:00:00:01")


def arp_frame(
    operation: str, sender: str, target: str, *, sender_mac: str = THEIR_MAC, to: str = OUR_MAC
) -> bytes:
    message = arp(operation, sender, target, sender_mac=sender_mac)  # type: ignore[arg-type]
    return ether(message, source=sender_mac, destination=to, ethertype=ETHERTYPE_ARP)


def hear(table: Conversation, frame: bytes) -> tuple[str, bytes]:
    told, _, answer = table.ask("hear", frame.hex()).partition(" ")
    return told, bytes.fromhex(answer)


def wait(table: Conversation, seconds: float) -> None:
    table.ask("wait", int(seconds * SECOND))


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
    """It is asked again when it would have been, and not believed for longer."""
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
    ("flags", "address", "then"),
    [  # RFC 4861 7.2.5, for a neighbour that is reachable
        (SOLICITED, THEIR_MAC, f"ready {THEIR_MAC}"),
        (0, THEIR_MAC, f"ready {THEIR_MAC}"),
        (SOLICITED, OTHER_MAC, f"ready {THEIR_MAC} ask"),
        (0, OTHER_MAC, f"ready {THEIR_MAC} ask"),
        (SOLICITED | OVERRIDE, OTHER_MAC, f"ready {OTHER_MAC}"),
        (OVERRIDE, OTHER_MAC, f"ready {OTHER_MAC} ask"),
        (SOLICITED, None, f"ready {THEIR_MAC}"),
    ],
)
def test_flags_of_advertisements(
    table: Conversation, flags: int, address: str | None, then: str
) -> None:
    table.ask("resolve", THEM6)
    hear(table, advertisement(SOLICITED | OVERRIDE))
    wait(table, 1)
    assert hear(table, advertisement(flags, address))[0] == "learned"
    assert table.ask("resolve", THEM6) == then


def test_an_advertisement_without_an_address_completes_nothing(table: Conversation) -> None:
    table.ask("resolve", THEM6)
    assert hear(table, advertisement(SOLICITED, None))[0] == "ignored"
    assert table.ask("resolve", THEM6) == "waits"


def changed(frame: bytes, at: int, value: int) -> bytes:
    return frame[:at] + bytes([value]) + frame[at + 1 :]


NA, REPLY = advertisement(SOLICITED | OVERRIDE), arp_frame("reply", THEM, OURS)
WRONG = {
    "hop limit": advertisement(SOLICITED | OVERRIDE, hops=254),
    "checksum": changed(NA, 57, NA[57] ^ 1),
    "code": changed(NA, 55, 1),
    "solicited to a group": advertisement(SOLICITED, to="ff02::1"),
    "target a group": advertisement(SOLICITED, target="ff02::9"),
    "option of no length": changed(NA, 79, 0),
    "option too long": changed(NA, 79, 2),
    "short": NA[:77],
    "a group's Ethernet address": advertisement(SOLICITED, "03:00:00:00:00:07"),
    "solicitation from nobody to one": solicitation("::", OURS6, OURS6, None),
    "solicitation from nobody with an address": solicitation("::", OURS6, "ff02::1:ff00:1"),
    "ARP hardware": changed(REPLY, 15, 6),
    "ARP protocol": changed(REPLY, 16, 0x86),
    "ARP lengths": changed(REPLY, 18, 8),
    "ARP from a group": changed(REPLY, 22, 3),
    "ARP of a group": changed(REPLY, 28, 224),
    "ARP short": REPLY[:41],
    "nothing": b"",
    "IPv4": ether(b"\x45" + bytes(60)),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_no_neighbour_may_send_is_ignored(table: Conversation, what: str) -> None:
    table.ask("resolve", THEM)
    table.ask("resolve", THEM6)
    assert table.ask("hear", WRONG[what].hex() or "-") == "nothing"
    assert table.ask("resolve", THEM) == table.ask("resolve", THEM6) == "waits"


def test_questions_for_us_are_answered_and_their_senders_remembered(table: Conversation) -> None:
    told, answer = hear(table, arp_frame("request", THEM, OURS, to=BROADCAST))
    assert told == "learned"
    assert answer == ether(
        arp("reply", OURS, THEM, sender_mac=OUR_MAC, target_mac=THEIR_MAC),
        source=OUR_MAC, destination=THEIR_MAC, ethertype=ETHERTYPE_ARP,
    )  # fmt: skip
    assert table.ask("resolve", THEM) == f"ready {THEIR_MAC} ask"


def test_solicitations_for_us_are_answered(table: Conversation) -> None:
    told, answer = hear(table, solicitation(THEM6, OURS6, "ff02::1:ff00:1"))
    body = IPv6Address(OURS6).packed + option(2, OUR_MAC)
    flags = (ROUTER | SOLICITED | OVERRIDE) << 24
    packet = ipv6(OURS6, THEM6, icmp6(136, rest=flags, payload=body), hop_limit=255)
    assert told == "learned"
    assert answer == ether(packet, source=OUR_MAC, destination=THEIR_MAC)
    assert table.ask("resolve", THEM6) == f"ready {THEIR_MAC} ask"


def test_who_tries_our_address_hears_that_it_is_taken(table: Conversation) -> None:
    """Duplicate address detection (RFC 4862 5.4), of IPv4 too (RFC 5227)."""
    told, answer = hear(table, solicitation("::", OURS6, "ff02::1:ff00:1", None))
    body = IPv6Address(OURS6).packed + option(2, OUR_MAC)
    packet = ipv6(OURS6, "ff02::1", icmp6(136, rest=(ROUTER | OVERRIDE) << 24, payload=body),
                  hop_limit=255)  # fmt: skip
    assert (told, answer) == (
        "ignored", ether(packet, source=OUR_MAC, destination="33:33:00:00:00:01"),
    )  # fmt: skip
    _, answer = hear(table, arp_frame("request", "0.0.0.0", OURS, to=BROADCAST))
    assert answer[28:32] == bytes([192, 0, 2, 1])


def test_questions_for_others_are_not_answered(table: Conversation) -> None:
    for frame in (
        arp_frame("request", THEM, "192.0.2.9", to=BROADCAST),
        solicitation(THEM6, "2001:db8::9", "ff02::1:ff00:9"),
    ):
        assert hear(table, frame) == ("ignored", b"")


def test_our_questions(table: Conversation) -> None:
    question = arp("request", OURS, THEM, sender_mac=OUR_MAC)
    assert (
        table.ask("ask", THEM)
        == ether(question, source=OUR_MAC, destination=BROADCAST, ethertype=ETHERTYPE_ARP).hex()
    )
    body = IPv6Address(THEM6).packed + option(1, OUR_MAC)
    packet = ipv6(OURS6, "ff02::1:ff00:7", icmp6(135, payload=body), hop_limit=255)
    assert (
        table.ask("ask", THEM6)
        == ether(packet, source=OUR_MAC, destination="33:33:ff:00:00:07").hex()
    )
    local = ether(ipv6(LOCAL6, "ff02::1:ff00:9", icmp6(135)))
    assert bytes.fromhex(table.ask("ask", "fe80::9"))[22:38] == local[22:38], "from its own prefix"
    table.ask("side", OUR_MAC, f"{OURS}/24")
    assert table.ask("ask", THEM6) == "cannot"


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


def test_a_scan_displaces_nobody_who_answered(program: Conversation) -> None:
    program.ask("start", 16)
    program.ask("side", OUR_MAC, f"{OURS}/24")
    for number in range(1, 9):
        program.ask("resolve", f"192.0.2.{number}")
        hear(program, arp_frame("reply", f"192.0.2.{number}", OURS))
    for number in range(1000):
        assert program.ask("resolve", f"10.0.{number >> 8}.{number & 255}") == "waits ask all"
    for number in range(1, 9):
        assert program.ask("resolve", f"192.0.2.{number}") == f"ready {THEIR_MAC}"
    for number in range(9, 17):
        program.ask("resolve", f"192.0.2.{number}")
        hear(program, arp_frame("reply", f"192.0.2.{number}", OURS))
    assert program.ask("resolve", "10.9.9.9") == "unreachable"


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
    program: Conversation, steps: list[tuple[object, ...]]
) -> None:
    program.ask("start", 64)
    program.ask("side", OUR_MAC, f"{OURS}/24")
    clock, asked, replied = 0, {}, -(10**18)
    for step in steps:
        match step:
            case ("wait", int() as time):
                program.ask("wait", time)
                clock += time
            case ("reply",):
                if hear(program, arp_frame("reply", THEM, OURS))[0] == "learned":
                    replied = clock
            case ("resolve", str() as address):
                answer = program.ask("resolve", address)
                if "ask" in answer:
                    assert (
                        clock - asked.get(address, -(10**18)) >= SECOND or replied >= asked[address]
                    )
                    asked[address] = clock
                if address == THEM and clock - replied < 30 * SECOND:
                    assert answer.startswith("ready")
            case ("succeed", str() as how):
                program.ask("succeed", how)


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
def test_lanes_against_a_dictionary(program: Conversation, steps: list[tuple[object, ...]]) -> None:
    program.ask("lane", "reserve", 8)
    model: dict[int, tuple[int, list[int]]] = {}  # when due, items
    for step in steps:
        answer = program.ask("lane", *step)
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


def test_the_advertisements_of_these_tests_are_right() -> None:
    assert struct.unpack("!B", NA[54:55]) == (136,)
    assert NA[78:80] == b"\x02\x01"
