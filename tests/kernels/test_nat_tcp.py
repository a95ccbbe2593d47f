"""TCP through the NAT: states, resets, simultaneous open, unsolicited SYNs (RFC 5382, 7857)."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.kernels.gateway import HOST, OUTSIDE, SERVER, Gateway, Seen
from tests.packets import ACK, FIN, RST, SYN, ipv4, tcp


@dataclass
class Connection:
    """Both ends: c* is the inside host's, s* the server's next number."""

    gateway: Gateway
    port: int = 40000
    c: int = 1000
    s: int = 5000

    def out(self, flags: int, data: bytes = b"", seq: int | None = None) -> Seen:
        number = (self.c if seq is None else seq) % 2**32
        segment = tcp(self.port, 80, flags, data, seq=number, ack=self.s if flags & ACK else 0)
        return self.gateway.out(ipv4(HOST, SERVER, segment))

    def in_(self, flags: int, data: bytes = b"", seq: int | None = None) -> Seen:
        number = (self.s if seq is None else seq) % 2**32
        segment = tcp(80, self.port, flags, data, seq=number, ack=self.c if flags & ACK else 0)
        return self.gateway.in_(ipv4(SERVER, OUTSIDE, segment))

    def connect(self) -> Connection:
        assert self.out(SYN).verdict == "translated"
        self.c += 1
        assert self.in_(SYN | ACK).to == (HOST, self.port)
        self.s += 1
        assert self.out(ACK).verdict == "translated"
        assert self.state() == "established 7440"
        return self

    def close(self) -> None:
        assert self.out(FIN | ACK).verdict == "translated"
        self.c += 1
        assert self.in_(FIN | ACK).verdict == "translated"
        self.s += 1
        assert self.out(ACK).verdict == "translated"

    def state(self) -> str:
        (line,) = self.gateway.sessions()
        return " ".join(line[4:])


def test_timeouts(gateway: Gateway) -> None:
    """RFC 5382 REQ-5, RFC 7857 section 2.1."""
    connection = Connection(gateway)
    connection.out(SYN)
    assert connection.state() == "syn_sent 240"
    connection = Connection(Gateway(gateway.kernel)).connect()
    assert connection.out(ACK, b"data").verdict == "translated"
    connection.c += 4
    gateway.at(7440)
    assert connection.in_(ACK, b"more").verdict == "translated", "both directions keep it"
    connection.s += 4
    assert connection.state() == "established 7440"
    connection.close()
    assert connection.state() == "time_wait 240"


def test_timeouts_are_apart_from_each_other(gateway: Gateway) -> None:
    """RFC 7857 section 2.1."""
    for name, seconds in (("tcp_opening", 100), ("tcp_established", 1000), ("tcp_closing", 50)):
        gateway.set(name, f"{seconds}s")
    connection, other = Connection(gateway), Connection(gateway, port=40001)
    connection.out(SYN)
    assert connection.state() == "syn_sent 100"
    connection.c += 1
    connection.in_(SYN | ACK)
    assert connection.state() == "syn_recv 100"
    connection.s += 1
    connection.out(ACK)
    assert connection.state() == "established 1000"
    states = []
    for take, flags in ((connection.out, FIN | ACK), (connection.in_, ACK)):
        take(flags)
        connection.c += bool(flags & FIN)
        states.append(connection.state())
    connection.in_(FIN | ACK)
    connection.s += 1
    states.append(connection.state())
    connection.out(ACK)
    assert [*states, connection.state()] == [
        f"{state} 50" for state in ("fin_wait", "close_wait", "last_ack", "time_wait")
    ]
    gateway.at(52)
    other.out(SYN)
    other.c += 1
    other.in_(RST | ACK)
    assert other.state() == "close 50"


def test_a_reset_is_translated_and_the_session_stays_four_minutes(gateway: Gateway) -> None:
    """RFC 7857 section 2.2; a reset without the next number ends nothing (RFC 5961)."""
    connection = Connection(gateway).connect()
    assert connection.in_(RST, seq=connection.s + 10).verdict == "translated"
    assert connection.state() == "established 7440"
    assert connection.in_(RST, seq=connection.s + 10_000_000).verdict == "invalid"
    assert connection.in_(RST).verdict == "translated"
    assert connection.state() == "close 240"
    gateway.at(200)
    assert connection.in_(ACK, b"late").verdict == "translated"
    assert connection.state() == "close 240"
    gateway.at(441)
    assert gateway.sessions() == []


@pytest.mark.parametrize("from_inside", [True, False])
def test_hosts_that_went_on_while_nobody_saved_go_on(gateway: Gateway, from_inside: bool) -> None:
    """A session that is restored is as old as its checkpoint."""
    connection = Connection(gateway).connect()
    connection.c, connection.s = connection.c + 10_000_000, connection.s + 3_000_000_000
    gateway.succeed("restored")
    turns = [connection.out, connection.in_]
    for turn in turns if from_inside else reversed(turns):
        assert turn(ACK, b"data").verdict == "translated"
    connection.c, connection.s = connection.c + 4, connection.s + 4
    assert connection.out(ACK).verdict == connection.in_(ACK).verdict == "translated"
    assert connection.in_(ACK, b"x", seq=connection.s + 2**30).verdict == "invalid"
    assert connection.state() == "established 7440"


@pytest.mark.parametrize("from_inside", [True, False])
def test_resets_keep_no_session(gateway: Gateway, from_inside: bool) -> None:
    """RFC 7857 section 7.1: neither an ended one nor, without the exact number, a live one."""
    connection = Connection(gateway).connect()
    reset = connection.out if from_inside else connection.in_
    number = connection.c if from_inside else connection.s
    gateway.at(101)
    assert reset(RST, seq=number + 10).verdict == "translated"
    assert connection.state() == "established 7340"
    assert reset(RST).verdict == "translated"
    assert connection.state() == "close 240"
    gateway.at(201)
    assert reset(RST).verdict == "translated"
    assert connection.state() == "close 140"


def test_who_goes_on_after_a_reset_still_has_the_connection(gateway: Gateway) -> None:
    """RFC 7857 section 2: the reset was forged or stray. Only inside hosts can prove that."""
    connection = Connection(gateway).connect()
    for flags, data, state in (
        (ACK, b"more", "established 7440"),
        (ACK, b"", "established 7440"),
        (RST, b"", "close 240"),
        (FIN | ACK, b"", "close 240"),
    ):
        assert connection.in_(RST).verdict == "translated"
        assert connection.out(flags, data).verdict == "translated"
        connection.c += len(data)
        assert connection.state() == state


def test_simultaneous_open(gateway: Gateway) -> None:
    """RFC 5382 REQ-2a."""
    connection = Connection(gateway)
    assert connection.out(SYN).verdict == "translated"
    assert connection.in_(SYN).to == (HOST, 40000)
    connection.c += 1
    connection.s += 1
    assert connection.out(SYN | ACK, seq=connection.c - 1).verdict == "translated"
    assert connection.in_(SYN | ACK, seq=connection.s - 1).verdict == "translated"
    assert connection.state() == "established 7440"
    assert connection.out(ACK, b"x").verdict == "translated"


def syn(gateway: Gateway, port: int = 40000) -> bytes:
    data = ipv4(SERVER, OUTSIDE, tcp(80, port, SYN, seq=1))
    assert gateway.in_(data).verdict == "held"
    return data


def late(gateway: Gateway) -> list[bytes]:
    return [bytes.fromhex(word) for word in gateway.kernel.ask("late").split()]


def test_an_unsolicited_syn_waits_six_seconds(gateway: Gateway) -> None:
    """RFC 5382 REQ-4."""
    data = syn(gateway)
    assert syn(gateway) == data, "sent again: still one"
    gateway.at(6.9)
    assert late(gateway) == []
    gateway.at(7.1)
    assert late(gateway) == [data]
    assert late(gateway) == []


def test_an_unsolicited_syn_waits_six_seconds_through_a_reboot(gateway: Gateway) -> None:
    """The time at which it is answered lies before the boot."""
    data = syn(gateway)
    gateway.kernel.ask("reboot", 8 * 10**9, 10**9)
    assert late(gateway) == [data]


def test_an_unsolicited_syn_is_forgotten_when_the_connection_is_opened_from_inside(
    gateway: Gateway,
) -> None:
    """RFC 5382 REQ-4."""
    syn(gateway)
    other = syn(gateway, 40001)
    gateway.at(4)
    assert Connection(gateway).out(SYN).verdict == "translated"
    gateway.at(9)
    assert late(gateway) == [other]


def test_more_unsolicited_syns_than_there_is_room_are_dropped(gateway: Gateway) -> None:
    for port in range(300):
        syn(gateway, 1024 + port)
    gateway.at(8)
    assert len(late(gateway)) == 256


def test_a_host_may_use_its_port_again(gateway: Gateway) -> None:
    connection = Connection(gateway).connect()
    connection.close()
    again = Connection(gateway, c=900_000, s=70_000)
    assert again.out(SYN).from_ == (OUTSIDE, 40000)
    assert again.state() == "syn_sent 240"
    again.c += 1
    assert again.in_(SYN | ACK).verdict == "translated"
    assert gateway.counts()["opened"] == 1


def test_nobody_opens_a_closed_session_again_from_outside(gateway: Gateway) -> None:
    connection = Connection(gateway).connect()
    connection.close()
    assert connection.in_(SYN, seq=9_000_000).verdict == "held"
    gateway.set("filtering", "endpoint_independent")
    assert connection.in_(SYN, seq=9_000_000).verdict == "translated"


def test_segments_outside_the_window_are_invalid(gateway: Gateway) -> None:
    connection = Connection(gateway).connect()
    assert connection.in_(ACK, b"x", seq=connection.s + 1_000_000).verdict == "invalid"
    assert connection.out(ACK, b"x", seq=connection.c - 1_000_000).verdict == "invalid"
    assert connection.in_(ACK, b"x").verdict == "translated"


def test_flags_that_no_sender_may_send_are_invalid(gateway: Gateway) -> None:
    for flags in (0, SYN | FIN, SYN | RST, FIN, SYN | ACK):
        assert Connection(gateway).out(flags).verdict == "invalid"
    assert gateway.counts()["sessions"] == 0
