"""Each rule of differences.py accounts for what its row says, and for nothing else."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from tests.differential.differences import DIFFERENCES, explain
from tests.differential.taken import Taken
from tests.objects import ROOT
from tests.packets import ACK, RST, SYN, UDP, icmp, ipv4, raw, tcp, udp

SERVER = "192.0.2.80"


def test_every_difference_has_its_row_and_every_row_its_rule() -> None:
    table = (ROOT / "docs" / "reference" / "differences.md").read_text()
    rows = re.findall(r"^\| `([a-z-]+)` ", table, re.MULTILINE)
    assert rows == [difference.name for difference in DIFFERENCES]


def client(flags: int, seq: int, ack: int = 0, **more: Any) -> Taken:
    packet = ipv4("10.0.0.1", SERVER, tcp(20_000, 80, flags, seq=seq, ack=ack))
    return Taken(packet, **{"inwards": False, "note": "", "linux": True, "ours": True, **more})


def server(flags: int, seq: int, ack: int = 0, **more: Any) -> Taken:
    return client(flags, seq, ack, inwards=True, **more)


LOWER_SYN = [client(SYN, 5000), client(SYN, 4000), server(SYN | ACK, 900_000, 4001)]
OTHER_ANSWER = [
    client(SYN, 5000),
    server(SYN | ACK, 800_000, 5001),
    server(SYN | ACK, 900_000, 5001),
]
OPEN = [client(SYN, 5000), server(SYN | ACK, 900_000, 5001), client(ACK, 5001, 900_001)]
WRONG = "seq ack"


@pytest.mark.parametrize(
    ("before", "fitting", "other", "row"),
    [
        (LOWER_SYN, client(ACK, 4001, 900_001), server(ACK, 900_001, 5001), "second-syn"),
        (OTHER_ANSWER, client(ACK, 5001, 900_001), server(ACK, 800_001, 5001), "second-syn"),
        (OTHER_ANSWER, server(ACK, 900_001, 5001), client(ACK, 5001, 1_000_000), "second-syn"),
        (OPEN, client(RST, 6000), client(ACK, 5001, 900_002), "wrong-numbers"),
        (OPEN, client(ACK, 70_536, 900_001), client(ACK, 70_537, 900_001), "wrong-numbers"),
        (OPEN, server(ACK, 900_001, 5001), server(ACK, 834_000, 5001), "wrong-numbers"),
    ],
)
def test_what_fits_by_our_numbers_is_let_through_by_us_alone(
    before: list[Taken], fitting: Taken, other: Taken, row: str
) -> None:
    note = "" if row == "second-syn" else WRONG
    for last, passes in ((fitting, True), (other, False)):
        expected = replace(last, note=note, ours=passes, linux=not passes)
        assert explain("edge-firewall", [*before, expected]) == row
        unexpected = replace(last, note=note, ours=not passes, linux=passes)
        assert explain("edge-firewall", [*before, unexpected]) is None


REFUSED = [client(SYN, 5000), server(RST | ACK, 0, 5001)]
CLOSED = [*OPEN, server(RST, 900_001)]
REOPENED = [*CLOSED, client(SYN, 7000)]
BOTH_ASK = [client(SYN, 5000), server(SYN, 900_000)]


@pytest.mark.parametrize(
    ("before", "excused", "fault", "row"),
    [
        (OPEN[:1], server(RST, 900_000), server(ACK, 900_000, 4000), "early-answer"),
        (OPEN[:2], client(SYN | ACK, 5001, 1), client(ACK, 5001, 900_001), "syn-ack-of-the-opener"),
        (REFUSED, server(SYN | ACK, 9, 5001), client(RST, 5001), "after-a-reset"),
        (CLOSED, client(ACK, 80_000, 900_001), client(ACK, 5001, 900_001), "after-a-reset"),
        (REOPENED, client(ACK, 5001, 900_001), server(ACK, 900_001, 7001), "after-a-reset"),
        (REOPENED, client(ACK, 5001, 1), server(SYN | ACK, 9, 7001), "after-a-reset"),
        (BOTH_ASK, client(ACK, 5001, 900_001), client(RST, 5001), "simultaneous-open"),
        (BOTH_ASK, server(SYN, 900_001), server(SYN, 900_000), "simultaneous-open"),
        (
            BOTH_ASK,
            server(SYN | ACK, 9, 5001),
            server(SYN | ACK, 900_000, 5001),
            "simultaneous-open",
        ),
    ],
)
def test_linux_alone_lets_through_what_the_row_says(
    before: list[Taken], excused: Taken, fault: Taken, row: str
) -> None:
    assert explain("edge-firewall", [*before, replace(excused, ours=False)]) == row
    assert explain("edge-firewall", [*before, replace(fault, ours=False)]) is None


def test_after_a_reset_that_is_not_exact_nothing_is_excused() -> None:
    challenged = [*OPEN, server(RST, 900_500)]
    for last in (client(ACK, 80_000, 900_001), client(ACK, 5001, 900_001)):
        assert explain("edge-firewall", [*challenged, replace(last, ours=False)]) is None


def test_after_one_answer_of_a_simultaneous_open_only_the_other_is_awaited() -> None:
    answered = [*BOTH_ASK, server(SYN | ACK, 900_000, 5001)]
    for last, row in (
        (client(SYN | ACK, 5001, 900_001), "syn-ack-of-the-opener"),
        (client(SYN | ACK, 5000, 900_001), None),
        (client(ACK, 5001, 900_001), None),
    ):
        assert explain("edge-firewall", [*answered, replace(last, ours=False)]) == row
    other = [*BOTH_ASK, client(SYN | ACK, 5000, 900_001)]
    for last, row in (
        (server(SYN | ACK, 900_001, 5001), "simultaneous-open"),
        (server(SYN | ACK, 900_000, 5001), None),
        (server(ACK, 900_001, 5001), None),
    ):
        assert explain("edge-firewall", [*other, replace(last, ours=False)]) == row


def test_a_syn_after_a_reset_opens_another_connection_here() -> None:
    challenge = server(ACK, 900_001, 7001, linux=False)
    assert explain("edge-firewall", [*REOPENED, challenge]) == "after-a-reset"
    of_the_old_one = client(ACK, 5001, 900_001, linux=False)
    assert explain("edge-firewall", [*REOPENED, of_the_old_one]) is None


def datagram(source: str, port: int, to: str = SERVER, **more: Any) -> Taken:
    packet = ipv4(source, to, udp(port, 53, b"query"))
    return Taken(packet, **{"inwards": False, "note": "", "linux": True, "ours": True, **more})


def test_fragments_in_order_are_let_through() -> None:
    whole = ipv4("10.0.0.1", SERVER, udp(20_000, 53, bytes(100)))
    ends, data = ("10.0.0.1", SERVER), whole[20:]
    first = ipv4(*ends, raw(UDP, data[:64]), more=True)
    second = ipv4(*ends, raw(UDP, data[64:]), offset=8)
    for pieces, row in (((second, first), "late-fragments"), ((first, second), None)):
        last = Taken(whole, False, "", True, False, pieces)
        assert explain("edge-firewall", [last]) == row
        assert explain("edge-firewall", [replace(last, linux=False, ours=True)]) is None


def test_two_hosts_differ_in_their_port_alone() -> None:
    linux, ours, lost = (
        ipv4("192.0.2.253", SERVER, udp(port, 53, data))
        for port, data in ((20_000, b"query"), (30_000, b"query"), (30_000, b"quary"))
    )
    second = datagram("10.0.0.2", 20_000, note="same port, other host", from_linux=linux)
    for came, row in ((ours, "port-per-host"), (lost, None), (linux, None)):
        assert explain("nat-gateway", [replace(second, from_us=came)]) == row
    assert explain("nat-gateway", [replace(second, from_us=b"", ours=False)]) is None


def test_a_hairpin_reaches_the_host_behind() -> None:
    outside = "192.0.2.253"
    first = datagram("10.0.0.1", 53, from_us=ipv4(outside, SERVER, udp(53, 53, b"query")))
    last = datagram("10.0.0.2", 20_001, outside, linux=False)
    for source, receiver, row in (
        (outside, "10.0.0.1", "hairpin"),
        (outside, "10.0.0.3", None),
        ("10.0.0.2", "10.0.0.1", None),
    ):
        came = ipv4(source, receiver, udp(20_001, 53, b"query"))
        assert explain("nat-gateway", [first, replace(last, from_us=came)]) == row


def test_bytes_that_differ_are_excused_by_rows_about_bytes_alone() -> None:
    error = ipv4(SERVER, "10.0.0.1", icmp(3, 1, 0, ipv4("10.0.0.1", SERVER, udp(1, 53))[:24]))
    assert explain("edge-firewall", [Taken(error, True, "", True, False)]) is not None
    assert explain("edge-firewall", [Taken(error, True, "", True, True)]) is None
    assert explain("edge-firewall", [*LOWER_SYN, client(ACK, 4001, 900_001)]) is None
