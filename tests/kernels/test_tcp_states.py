"""Opening, closing, resetting and reopening TCP connections."""

from __future__ import annotations

import pytest

from tests.kernels.firewall import CLIENT6, SERVER, SERVER6, Connection, Firewall
from tests.packets import ACK, FIN, RST, SYN, ipv4, tcp


def test_handshake(connection: Connection) -> None:
    firewall = connection.firewall
    assert connection.from_client(SYN) == "new"
    assert firewall.state() == "syn_sent 120"
    connection.c += 1
    assert connection.from_server(SYN | ACK) == "established"
    assert firewall.state() == "syn_recv 60"
    connection.s += 1
    assert connection.from_client() == "established"
    assert firewall.state() == "established 432000 assured"
    assert firewall.lines()[0][:3] == ["tcp", "10.0.0.1:40000", "192.0.2.80:80"]


def test_handshake_over_ipv6(firewall: Firewall) -> None:
    connection = Connection(firewall, CLIENT6, SERVER6).connect()
    assert connection.server_sends(100) == "established"
    assert firewall.lines()[0][:3] == ["tcp", "[2001:db8::1]:40000", "[2001:db8:f::80]:80"]


def test_sequence_numbers_wrap_around(firewall: Firewall) -> None:
    connection = Connection(firewall, c=2**32 - 1, s=2**32 - 3).connect()
    for _ in range(4):
        assert connection.client_sends(1000) == "established"
        assert connection.server_sends(1000) == "established"


@pytest.mark.parametrize("flags", [ACK, SYN | ACK, FIN | ACK, RST, RST | ACK])
def test_only_a_syn_opens(connection: Connection, flags: int) -> None:
    assert connection.from_client(flags) == "invalid"
    segment = tcp(40000, 80, flags, seq=1, ack=1)
    assert connection.firewall.open(ipv4("10.0.0.1", SERVER, segment)) == "impossible"
    assert connection.firewall.lines() == []


@pytest.mark.parametrize("flags", [0, FIN, SYN | FIN, SYN | RST, SYN | FIN | ACK, FIN | RST | ACK])
def test_flags_that_nobody_sends_are_invalid(connection: Connection, flags: int) -> None:
    connection.connect()
    assert connection.from_client(flags) == "invalid"


def test_new_is_recorded_only_when_opened(firewall: Firewall) -> None:
    syn = ipv4("10.0.0.1", SERVER, tcp(40000, 80, SYN, seq=1))
    assert [firewall.check(syn) for _ in range(3)] == ["new"] * 3
    assert firewall.lines() == []
    assert firewall.open(syn) == "opened"
    assert firewall.check(syn) == "new", "unanswered: the policy is asked again"
    assert firewall.open(syn) == "known"
    assert len(firewall.lines()) == 1


def test_syn_answered_with_a_reset(connection: Connection) -> None:
    connection.from_client(SYN)
    assert connection.from_server(RST | ACK, seq=0, ack=connection.c + 7) == "invalid"
    assert connection.from_server(RST, seq=0) == "invalid"
    assert connection.from_server(RST | ACK, seq=0, ack=connection.c + 1) == "established"
    assert connection.firewall.state() == "close 10"


def test_syn_ack_must_acknowledge_the_syn(connection: Connection) -> None:
    connection.from_client(SYN)
    assert connection.from_server(SYN | ACK, ack=connection.c) == "invalid"
    assert connection.from_server(SYN | ACK, ack=connection.c + 2) == "invalid"
    assert connection.from_server(SYN | ACK, ack=connection.c + 1 + 2**31) == "invalid"
    assert connection.from_server(SYN | ACK, ack=connection.c + 1) == "established"


def test_handshake_completes_only_with_an_acknowledgment_of_the_answer(
    connection: Connection,
) -> None:
    connection.from_client(SYN)
    connection.c += 1
    connection.from_server(SYN | ACK)
    connection.from_client(ack=connection.s)
    assert connection.firewall.state().startswith("syn_recv")
    connection.from_client(ack=connection.s + 1)
    assert connection.firewall.state().startswith("established")


def test_repeated_syn_and_answer(connection: Connection) -> None:
    assert connection.from_client(SYN) == "new"
    assert connection.from_client(SYN) == "new"
    connection.c += 1
    assert connection.from_server(SYN | ACK) == "established"
    assert connection.from_client(SYN, seq=connection.c - 1) == "established"
    assert connection.from_server(SYN | ACK) == "established"
    connection.s = 90000  # a server with SYN cookies answers with another number
    assert connection.from_server(SYN | ACK) == "established"
    connection.s += 1
    assert connection.from_client() == "established"
    assert connection.firewall.state() == "established 432000 assured"


@pytest.mark.parametrize("number", [5000, 6000])
def test_a_repeated_answer_acknowledges_what_was_sent(connection: Connection, number: int) -> None:
    connection.from_client(SYN)
    connection.c += 1
    connection.from_server(SYN | ACK)
    connection.s = number
    assert connection.from_server(SYN | ACK, ack=connection.c + 5000) == "invalid"
    old = connection.from_server(SYN | ACK, ack=connection.c - 100)
    assert old == ("established" if number == 5000 else "invalid")
    assert connection.from_server(SYN | ACK) == "established"
    connection.s += 1
    assert connection.client_sends(100) == "established"


def test_data_in_the_syn(connection: Connection) -> None:
    assert connection.from_client(SYN, b"x" * 100) == "new"
    connection.c += 101
    assert connection.from_server(SYN | ACK) == "established"
    connection.s += 1
    assert connection.server_sends(1000) == "established"
    assert connection.from_client() == "established"
    assert connection.firewall.state() == "established 432000 assured"


def test_simultaneous_open(connection: Connection) -> None:
    assert connection.from_client(SYN) == "new"
    assert connection.from_server(SYN) == "established"
    assert connection.firewall.state() == "syn_sent2 120"
    assert connection.from_client(SYN | ACK, ack=connection.s + 1) == "established"
    assert connection.firewall.state() == "syn_recv 60"
    assert connection.from_server(SYN | ACK, ack=connection.c + 1) == "established"
    assert connection.firewall.state() == "established 432000 assured"
    connection.c, connection.s = connection.c + 1, connection.s + 1
    assert connection.client_sends(10) == "established"
    assert connection.server_sends(10) == "established"


def test_reset_in_a_simultaneous_open(connection: Connection) -> None:
    connection.from_client(SYN)
    connection.from_server(SYN)
    connection.c, connection.s = connection.c + 1, connection.s + 1
    assert connection.reset_by_server(0) == "invalid"
    assert connection.reset_by_server(connection.s + 1) == "invalid"
    assert connection.reset_by_server() == "established"
    assert connection.firewall.state() == "close 10"


def test_close_by_both_sides(connection: Connection) -> None:
    connection.connect()
    connection.from_client(FIN | ACK)
    assert connection.firewall.state() == "fin_wait 120 assured"
    connection.c += 1
    connection.from_server()
    assert connection.firewall.state() == "close_wait 60 assured"
    connection.from_server(FIN | ACK)
    assert connection.firewall.state() == "last_ack 30 assured"
    connection.s += 1
    connection.from_client()
    assert connection.firewall.state() == "time_wait 120 assured"
    assert connection.from_client() == "established", "a repeated last acknowledgment"


def test_half_closed_connection_goes_on_in_the_other_direction(connection: Connection) -> None:
    connection.connect()
    connection.from_client(FIN | ACK)
    connection.c += 1
    connection.from_server()
    for _ in range(20):
        assert connection.server_sends(5000) == "established"
        assert connection.from_client() == "established"
    assert connection.firewall.state() == "close_wait 60 assured"


def test_simultaneous_close(connection: Connection) -> None:
    connection.connect()
    connection.from_client(FIN | ACK)
    connection.from_server(FIN | ACK)
    assert connection.firewall.state() == "last_ack 30 assured"
    connection.c, connection.s = connection.c + 1, connection.s + 1
    connection.from_client()
    assert connection.firewall.state() == "last_ack 30 assured"
    connection.from_server()
    assert connection.firewall.state() == "time_wait 120 assured"


def test_reset_with_the_exact_number_closes(connection: Connection) -> None:
    connection.connect()
    assert connection.reset_by_server() == "established"
    assert connection.firewall.state() == "close 10 assured"


def test_reset_within_the_window_only_asks_for_a_challenge(connection: Connection) -> None:
    connection.connect()
    connection.server_sends(100)
    connection.from_client()
    assert connection.reset_by_server(connection.s + 500) == "established"
    assert connection.firewall.state() == "established 432000 assured"


def test_reset_with_a_wrong_number_is_invalid(connection: Connection) -> None:
    connection.connect()
    assert connection.reset_by_server(connection.s + 200_000) == "invalid"
    assert connection.reset_by_server(connection.s - 200_000) == "invalid"
    assert connection.firewall.state() == "established 432000 assured"
    assert connection.client_sends(10) == "established"


def close(connection: Connection) -> None:
    connection.connect()
    connection.from_client(FIN | ACK)
    connection.c += 1
    connection.from_server(FIN | ACK)
    connection.s += 1
    connection.from_client()


def test_a_syn_reopens_after_time_wait(connection: Connection) -> None:
    close(connection)
    connection.c, connection.s = 700_000, 3_000_000_000
    connection.connect()
    assert connection.firewall.state() == "established 432000 assured"


def test_a_syn_reopens_after_a_reset(connection: Connection) -> None:
    connection.connect().reset_by_server()
    connection.c, connection.s = 700_000, 3_000_000_000
    connection.connect()
    assert connection.firewall.state() == "established 432000 assured"


def test_the_other_side_may_reopen(connection: Connection) -> None:
    close(connection)
    assert connection.from_server(SYN, seq=77) == "new"
    assert connection.firewall.lines()[0][1:4] == ["192.0.2.80:80", "10.0.0.1:40000", "syn_sent"]


def test_a_syn_inside_a_connection_changes_nothing(connection: Connection) -> None:
    connection.connect()
    assert connection.from_client(SYN, seq=99) == "established"
    assert connection.from_server(SYN, seq=99) == "invalid"
    assert connection.firewall.state() == "established 432000 assured"
    assert connection.client_sends(10) == "established"


def test_a_client_that_forgot_its_connection_gets_a_new_one(connection: Connection) -> None:
    """RFC 9293 3.5.1: challenge of the old connection, reset, and the SYN again."""
    connection.from_client(SYN)
    assert connection.from_server(seq=999_999, ack=888_888) == "established"
    assert connection.firewall.state().startswith("syn_sent")
    assert connection.from_client(RST, seq=888_888) == "established"
    connection.connect()
    assert connection.firewall.state() == "established 432000 assured"


def test_sessions_end_with_their_timeout(connection: Connection) -> None:
    connection.connect()
    connection.firewall.at(432_002)
    assert connection.from_client() == "invalid"
    assert connection.firewall.lines() == []
    connection.connect()


def test_a_changed_timeout_holds_from_the_next_packet(connection: Connection) -> None:
    connection.connect()
    connection.firewall.kernel.ask("timeout", "tcp_established", 60)
    connection.from_client()
    assert connection.firewall.state() == "established 60 assured"
