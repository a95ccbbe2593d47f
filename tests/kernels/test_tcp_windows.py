"""Sequence numbers and acknowledgments of TCP segments within and outside the window."""

from __future__ import annotations

import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.kernels.firewall import SACK_OK, Connection, Firewall, scale_option

SACK_PERMITTED = bytes([SACK_OK, 2, 1, 1])


def sack(left: int, right: int) -> bytes:
    return bytes([1, 1, 5, 10]) + struct.pack("!II", left % 2**32, right % 2**32)


def test_a_whole_window_fits_and_nothing_beyond(connection: Connection) -> None:
    connection.connect()
    start = connection.c
    for _ in range(8):
        assert connection.client_sends(1024) == "established"
    assert connection.c == start + connection.window
    assert connection.from_client(data=b"x", seq=connection.c + 1) == "invalid"
    assert connection.from_client(data=b"x") == "established", "a zero-window probe"


def test_data_older_than_a_window_is_invalid(connection: Connection) -> None:
    connection.connect()
    for _ in range(100):
        connection.client_sends(1000)
        connection.from_server()
    assert connection.from_client(data=b"x" * 500, seq=connection.c - 4000) == "established"
    assert connection.from_client(data=b"x" * 500, seq=connection.c - 20_000) == "invalid"


def test_acknowledgment_of_what_was_never_sent_is_invalid(connection: Connection) -> None:
    connection.connect()
    assert connection.from_server(ack=connection.c + 1) == "invalid"
    connection.client_sends(100)
    assert connection.from_server(ack=connection.c) == "established"


def test_very_old_acknowledgment_is_invalid(connection: Connection) -> None:
    connection.connect()
    first = connection.c
    for _ in range(100):
        connection.client_sends(1000)
        connection.from_server()
    assert connection.from_server(ack=connection.c - 60_000) == "established"
    assert connection.from_server(ack=first) == "invalid"


def test_invalid_segments_change_nothing(connection: Connection) -> None:
    connection.connect()
    connection.firewall.at(100)
    before = connection.firewall.lines()
    connection.from_client(data=b"x" * 1400, seq=connection.c + 1_000_000)
    connection.from_server(ack=connection.c + 1_000_000)
    assert connection.firewall.lines() == before


def test_windows_are_scaled_when_both_sides_offer_it(connection: Connection) -> None:
    connection.connect(scale_option(7))
    connection.from_server()
    assert connection.from_client(data=b"x", seq=connection.c + 1_000_000) == "established"
    assert connection.from_client(data=b"x", seq=connection.c + 1_100_000) == "invalid"


def test_windows_are_not_scaled_when_one_side_does_not_offer_it(connection: Connection) -> None:
    connection.from_client(2, options=scale_option(7))
    connection.c += 1
    connection.from_server(18)
    connection.s += 1
    connection.from_client()
    connection.from_server()
    assert connection.from_client(data=b"x", seq=connection.c + 10_000) == "invalid"


def test_the_newest_answer_says_whether_windows_are_scaled(connection: Connection) -> None:
    connection.from_client(2, options=scale_option(7))
    connection.c += 1
    connection.from_server(18)  # made from a SYN cookie, without options; it never arrives
    connection.s = 90_000
    connection.from_server(18, options=scale_option(7))
    connection.s += 1
    connection.from_client()
    assert connection.from_server(data=b"x", seq=connection.s + 1_000_000) == "established"


def test_windows_of_syn_segments_are_not_scaled(connection: Connection) -> None:
    connection.connect(scale_option(7))
    assert connection.from_client(data=b"x", seq=connection.c + 10_000) == "invalid"


@pytest.mark.parametrize(
    ("options", "verdict"), [(SACK_PERMITTED, "invalid"), (b"", "established")]
)
def test_selective_acknowledgments_count_where_both_sides_permit_them(
    firewall: Firewall, options: bytes, verdict: str
) -> None:
    connection = Connection(firewall).connect(options)
    first = connection.c
    for _ in range(4):
        connection.client_sends(1000)
    sent = sack(first + 1000, connection.c)
    assert connection.from_server(ack=first, options=sent) == "established"
    never_sent = sack(first + 1000, connection.c + 1)
    assert connection.from_server(ack=first, options=never_sent) == verdict


def test_data_without_acknowledgment_shortens_the_timeout(connection: Connection) -> None:
    connection.connect()
    connection.client_sends(100)
    assert connection.firewall.state() == "established 300 assured"
    connection.from_server()
    assert connection.firewall.state() == "established 432000 assured"


def test_three_retransmissions_shorten_the_timeout(connection: Connection) -> None:
    firewall = connection.firewall
    firewall.kernel.ask("timeout", "tcp_unacknowledged", 10_000)
    connection.connect().client_sends(100)
    repeat = connection.c - 100
    for _ in range(2):
        assert connection.from_client(data=b"x" * 100, seq=repeat) == "established"
    assert firewall.state() == "established 10000 assured"
    connection.from_client(data=b"x" * 100, seq=repeat)
    assert firewall.state() == "established 300 assured"
    connection.from_server()
    assert firewall.state() == "established 432000 assured"


def test_keepalive_passes(connection: Connection) -> None:
    connection.connect().client_sends(100)
    connection.from_server()
    assert connection.from_client(seq=connection.c - 1) == "established"
    assert connection.from_server() == "established"


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    data=st.lists(st.tuples(st.booleans(), st.integers(0, 1400), st.booleans()), max_size=40),
    start=st.integers(0, 2**32 - 1),
    scale=st.integers(0, 14),
)
def test_what_well_behaved_hosts_send_always_passes(
    firewall: Firewall, data: list[tuple[bool, int, bool]], start: int, scale: int
) -> None:
    """Each side sends within the window; acknowledgments get lost, last segments are repeated."""
    firewall.kernel.ask("start", 64)
    connection = Connection(firewall, c=start, s=2**32 - 5, window=60_000)
    connection.connect(scale_option(scale))
    for by_client, size, again in data:
        send = connection.from_client if by_client else connection.from_server
        assert send(data=b"x" * size) == "established"
        if again:
            assert send(data=b"x" * size) == "established"
        if by_client:
            connection.c += size
        else:
            connection.s += size
    assert firewall.state().startswith("established")


def test_keepalives_do_not_shorten_an_idle_connection(connection: Connection) -> None:
    """Some hosts probe with one byte that was acknowledged before (RFC 9293 3.8.4)."""
    connection.connect()
    connection.client_sends(100)
    connection.from_server()
    for _ in range(5):
        assert connection.from_client(data=b"x", seq=connection.c - 1) == "established"
        assert connection.from_server() == "established"
    assert connection.firewall.state() == "established 432000 assured"
