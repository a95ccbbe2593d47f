"""Messages of neighbours: those believed and answered, and our own (RFC 826, RFC 4861)."""

from __future__ import annotations

import struct
from ipaddress import IPv6Address

import pytest

from tests.kernels.conversation import Conversation
from tests.kernels.neighbours import (
    LOCAL6,
    OTHER_MAC,
    OUR_MAC,
    OURS,
    OURS6,
    OVERRIDE,
    ROUTER,
    SOLICITED,
    THEIR_MAC,
    THEM,
    THEM6,
    advertisement,
    arp_frame,
    hear,
    option,
    solicitation,
    wait,
)
from tests.packets import BROADCAST, ETHERTYPE_ARP, arp, ether, icmp6, ipv6


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


def test_the_advertisements_of_these_tests_are_right() -> None:
    assert struct.unpack("!B", NA[54:55]) == (136,)
    assert NA[78:80] == b"\x02\x01"
