"""The place of a loss follows from five counts; who waited for whom from who was late."""

import pytest

from reconciler.testbed.places import Places, locate_losses, lowest_priority, starved
from reconciler.testbed.traffic.udp_counter import transmit_drops
from reconciler.testbed.traffic.udp_sender import BATCH, Dues

TABLE = """Inter-|   Receive                            |  Transmit
 face |bytes packets errs drop fifo frame compressed multicast|bytes packets errs drop fifo colls
  eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16
  eth1:1 2 3 4 5 6 7 8 9 10 11 90 13 14 15 16
"""


@pytest.mark.parametrize(
    ("counts", "lost_at"),
    [
        ((10, 10, 0, 10, 0), Places()),
        ((10, 7, 0, 7, 0), Places(before_firewall=3)),
        ((10, 10, 0, 6, 0), Places(firewall=4)),
        ((10, 10, 3, 6, 0), Places(firewall=1, after_firewall=3)),
        ((10, 10, 9, 6, 0), Places(after_firewall=4)),
        ((10, 10, 0, 10, 2), Places(receiver=2)),
        ((10, 10, 0, 11, 0), Places()),  # one came twice
    ],
)
def test_every_lost_packet_has_its_place(counts: tuple[int, ...], lost_at: Places) -> None:
    assert locate_losses(*counts) == lost_at


def test_a_late_server_explains_only_who_waited_meanwhile() -> None:
    late = [(100.0, 104.0), (200.0, 200.5)]
    assert starved([105.0, 201.0], late) == 1
    assert starved([110.0], late) == 0


def test_drops_of_the_link_are_those_of_transmission() -> None:
    assert transmit_drops("eth1", TABLE) == 90
    assert transmit_drops("eth0", TABLE) == 12
    assert transmit_drops("eth2", TABLE) == 0


def test_the_lowest_priority_is_told() -> None:
    assert lowest_priority(["realtime", "normal", "high"]) == "normal"
    assert lowest_priority(["realtime", "high"]) == "high"


def test_a_short_delay_is_made_up_for_and_a_long_one_told_by_its_cause() -> None:
    dues = Dues(rate=1_000, now=0.0)
    assert dues.of(0.1, sent=0) == 100
    assert dues.of(1.1, sent=100) == BATCH  # not scheduled for a second
    assert (dues.late, dues.refused) == (1_000 - BATCH, 0)
    turns = [dues.of(1.1 + tick / 1_000, sent=100) for tick in range(1, 300)]
    assert max(turns) == 250
    assert dues.late == 1_000 - BATCH
    assert dues.refused > 0
