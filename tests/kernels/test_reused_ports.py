"""A TCP connection that its ends have forgotten, and another one between the same ports.

The firewall cannot know that they forgot it: it passes the SYN and learns it from the answer.
"""

from __future__ import annotations

import pytest

from tests.kernels.firewall import CLIENT, SERVER, Connection, Firewall, scale_option
from tests.libraries import todays_library
from tests.packets import ACK, FIN, RST, SYN, ipv4, tcp
from tests.records import Record, unpack

ESTABLISHED = "established 432000 assured"


@pytest.fixture
def forgotten(firewall: Firewall) -> Connection:
    """A connection whose ends have forgotten it."""
    connection = Connection(firewall, s=90_000).connect()
    connection.client_sends(500)
    connection.server_sends(500)
    connection.c, connection.s = 3_000_000_000, 700_000
    return connection


def record(connection: Connection) -> Record:
    """Return the only session's fields."""
    (sessions,) = todays_library().elements["SessionTable"].states
    return unpack(sessions.current, bytes.fromhex(connection.firewall.kernel.ask("records")))


def test_a_connection_that_both_ends_forgot_begins_anew(forgotten: Connection) -> None:
    forgotten.firewall.at(50)
    assert forgotten.from_client(SYN) == "established"
    forgotten.c += 1
    assert forgotten.from_server(SYN | ACK) == "established"
    assert forgotten.firewall.state() == "syn_recv 60", "not assured before the handshake is over"
    forgotten.s += 1
    assert forgotten.from_client() == "established"
    assert forgotten.firewall.state() == ESTABLISHED
    assert forgotten.client_sends(1000) == forgotten.server_sends(1000) == "established"
    session = record(forgotten)
    assert session["opened"] == 50 * 10**9
    assert (session["first_packets"], session["second_packets"]) == (2, 2), "counted anew"


@pytest.mark.parametrize("closing", [False, True])
def test_ports_may_be_reused_while_the_session_is_closing(
    connection: Connection, closing: bool
) -> None:
    connection.connect()
    connection.from_client(FIN | ACK)
    connection.c += 1
    connection.from_server(FIN | ACK if closing else ACK)
    connection.c, connection.s = 3_000_000_000, 700_000
    assert connection.from_client(SYN) == "established"
    connection.c += 1
    assert connection.from_server(SYN | ACK) == "established"
    connection.s += 1
    assert connection.from_client() == "established"
    assert connection.firewall.state() == ESTABLISHED


def test_a_half_open_connection_may_begin_anew(connection: Connection) -> None:
    connection.from_client(SYN)
    connection.c += 1
    connection.from_server(SYN | ACK)
    connection.c, connection.s = 3_000_000_000, 700_000
    assert connection.from_client(SYN) == "established"
    connection.c += 1
    assert connection.from_server(SYN | ACK) == "established"
    connection.s += 1
    assert connection.from_client() == "established"
    assert connection.firewall.state() == ESTABLISHED


@pytest.mark.parametrize("scale", [0, 7, 14])
def test_the_scale_of_the_new_connection_counts(forgotten: Connection, scale: int) -> None:
    options = scale_option(scale)
    forgotten.from_client(SYN, options=options)
    forgotten.c += 1
    forgotten.from_server(SYN | ACK, options=options)
    forgotten.s += 1
    forgotten.from_client(window=1000)
    reach = max(1000 << scale, 65535)
    beyond = forgotten.s + reach + 1
    assert forgotten.from_server(data=b"x", seq=beyond - 1) == "established"
    assert forgotten.from_server(data=b"x", seq=beyond) == "invalid"


def test_without_an_offer_windows_are_not_scaled(forgotten: Connection) -> None:
    forgotten.from_client(SYN)
    forgotten.c += 1
    forgotten.from_server(SYN | ACK, options=scale_option(7))
    forgotten.s += 1
    forgotten.from_client(window=1000)
    assert forgotten.from_server(data=b"x", seq=forgotten.s + 70_000) == "invalid"


def test_a_repeated_syn_is_answered_once_more(forgotten: Connection) -> None:
    for _ in range(3):
        assert forgotten.from_client(SYN) == "established"
    forgotten.c += 1
    assert forgotten.from_server(SYN | ACK) == "established"
    assert forgotten.from_client(SYN, seq=forgotten.c - 1) == "established"
    assert forgotten.from_server(SYN | ACK) == "established"
    forgotten.s += 1
    assert forgotten.from_client() == "established"
    assert forgotten.firewall.state() == ESTABLISHED


def test_a_blind_syn_does_not_tear_a_session_down(connection: Connection) -> None:
    connection.connect()
    connection.client_sends(100)
    connection.from_server()
    for seq in (0, 99, connection.c, connection.c + 5000, 2**31, 2**32 - 1):
        assert connection.from_client(SYN, seq=seq) == "established"
        assert connection.firewall.state().startswith("established")
        assert connection.from_server() == "established", "the challenge acknowledgment"
        assert connection.client_sends(100) == "established"
        assert connection.server_sends(100) == "established"
        assert connection.from_client() == "established"
    assert connection.firewall.state() == ESTABLISHED


def test_a_live_session_forgets_the_syn(connection: Connection) -> None:
    """Once either end goes on with the connection, nothing counts as an answer to that SYN."""
    connection.connect()
    for go_on in (connection.client_sends, connection.server_sends):
        connection.from_client(SYN, seq=3_000_000_000)
        go_on(100)
        assert connection.from_server(SYN | ACK, seq=700_000, ack=3_000_000_001) == "invalid"
    assert connection.client_sends(100) == connection.server_sends(100) == "established"


@pytest.mark.parametrize("off", [-1, 1, 1000, 2**31])
def test_only_the_exact_answer_begins_anew(connection: Connection, off: int) -> None:
    connection.connect()
    connection.from_client(SYN, seq=3_000_000_000)
    answer = connection.from_server(SYN | ACK, seq=700_000, ack=3_000_000_001 + off)
    assert answer == "invalid"
    assert connection.firewall.state() == ESTABLISHED
    assert connection.client_sends(10) == "established"


def test_the_originator_cannot_answer_itself(connection: Connection) -> None:
    connection.connect()
    connection.from_client(SYN, seq=3_000_000_000)
    assert connection.from_client(SYN | ACK, seq=1, ack=3_000_000_001) == "invalid"
    assert connection.firewall.state() == ESTABLISHED


def test_the_other_side_cannot_begin_inside_a_session(connection: Connection) -> None:
    connection.connect()
    assert connection.from_server(SYN, seq=700_000) == "invalid"
    assert connection.from_client(SYN | ACK, seq=99, ack=700_001) == "invalid"
    assert connection.firewall.state() == ESTABLISHED


def test_an_answer_without_a_syn_is_invalid(connection: Connection) -> None:
    connection.connect()
    assert connection.from_server(SYN | ACK, seq=700_000, ack=1) == "invalid"
    assert connection.firewall.state() == ESTABLISHED


def test_a_refused_syn_reaches_its_sender_and_ends_nothing(forgotten: Connection) -> None:
    """Whoever forges a SYN may forge the reset as well."""
    real = (1501, 90_501)
    forgotten.from_client(SYN)
    refusal = {"seq": 0, "ack": forgotten.c + 1}
    assert forgotten.from_server(RST | ACK, **refusal) == "established"
    assert forgotten.from_server(RST | ACK, **refusal) == "invalid", "one answer to one SYN"
    assert forgotten.firewall.state().startswith("established")
    forgotten.c, forgotten.s = real
    assert forgotten.client_sends(10) == forgotten.server_sends(10) == "established"


def test_bytes_are_counted_by_direction_as_ip_says(connection: Connection) -> None:
    connection.connect()
    before = record(connection)
    connection.client_sends(1000)
    segment = tcp(80, 40000, ACK, b"y" * 7, seq=connection.s, ack=connection.c)
    padded = ipv4(SERVER, CLIENT, segment) + bytes(13)
    assert connection.firewall.take(padded) == "established"
    after = record(connection)
    grown = {name: int(after[name]) - int(before[name]) for name in before if "_bytes" in name}
    assert grown == {"first_bytes": 1040, "second_bytes": 47}
    assert (after["first_packets"], after["second_packets"]) == (3, 2)
