"""Sessions restored after their hosts went on: the firewall learns their current numbers."""

from __future__ import annotations

from random import Random

import pytest

from tests.kernels.conversation import Conversation
from tests.kernels.firewall import CLIENT, SERVER, Connection, Firewall, packet, scale_option
from tests.packets import ACK, FIN, RST, SYN, tcp

ESTABLISHED = "established 432000 assured"
FAR = 3_000_000_000
"""Bytes: more than half of the space of sequence numbers."""


def save(connection: Connection) -> None:
    connection.firewall.kernel.ask("save")


def restore(connection: Connection) -> None:
    kept = len(connection.firewall.lines())
    assert connection.firewall.kernel.ask("restore").startswith(f"adopted {kept}")


@pytest.fixture
def saved(connection: Connection) -> Connection:
    """A connection in use, with its session in a checkpoint."""
    connection.connect(scale_option(7))
    connection.client_sends(100)
    connection.server_sends(1000)
    connection.from_client()
    save(connection)
    return connection


@pytest.mark.parametrize("by_client", [0, 1, 500, 70_000, 10_000_000, FAR])
@pytest.mark.parametrize("by_server", [0, 1, 500, 70_000, 10_000_000, FAR])
@pytest.mark.parametrize("first", ["client", "server"])
def test_hosts_that_went_on_go_on(
    saved: Connection, by_client: int, by_server: int, first: str
) -> None:
    saved.c += by_client
    saved.s += by_server
    restore(saved)
    turns = [saved.client_sends, saved.server_sends]
    for turn in turns if first == "client" else reversed(turns):
        assert turn(10) == "established"
    for _ in range(3):
        assert saved.client_sends(1000) == saved.from_server() == "established"
        assert saved.server_sends(1000) == saved.from_client() == "established"
    assert saved.firewall.state() == ESTABLISHED


def test_who_only_waits_hears_the_answer(saved: Connection) -> None:
    """The client sent after the checkpoint: the server acknowledges what nobody recorded."""
    saved.c += 100
    restore(saved)
    for _ in range(50):
        assert saved.server_sends(1400) == "established"
    assert saved.from_client() == "established"


def test_numbers_count_again_once_both_were_heard(saved: Connection) -> None:
    saved.c, saved.s = saved.c + 10_000_000, saved.s + 20_000_000
    restore(saved)
    for _ in range(2):
        assert saved.client_sends(10) == saved.server_sends(10) == "established"
    for far in (-(2**30), 2**30, 2**31):
        assert saved.from_client(data=b"x", seq=saved.c + far) == "invalid"
        assert saved.from_server(data=b"x", seq=saved.s + far) == "invalid"
        assert saved.from_client(ack=saved.s + far) == "invalid"
        assert saved.from_server(ack=saved.c + far) == "invalid"
    assert saved.client_sends(10) == saved.server_sends(10) == "established"


def test_an_idle_session_is_watched_from_its_first_packets_on(saved: Connection) -> None:
    restore(saved)
    assert saved.client_sends(10) == saved.from_server() == "established"
    assert saved.from_client(data=b"x", seq=saved.c + 2**30) == "invalid"
    assert saved.from_server(data=b"x", seq=saved.s + 2**30) == "invalid"


@pytest.mark.parametrize("name", ["client", "server"])
def test_whoever_makes_segments_up_shuts_nobody_out(saved: Connection, name: str) -> None:
    saved.c, saved.s = saved.c + 100_000, saved.s + 200_000
    restore(saved)
    forge = saved.from_client if name == "client" else saved.from_server
    forge(data=b"x", seq=2_000_000_000, ack=2_500_000_000)
    for _ in range(3):
        assert saved.client_sends(10) == saved.server_sends(10) == "established"
    assert forge(data=b"x", seq=2_000_000_000, ack=2_500_000_000) == "invalid"
    assert saved.client_sends(10) == saved.server_sends(10) == saved.from_client() == "established"
    assert saved.firewall.state() == ESTABLISHED


def test_a_port_used_again_while_the_server_has_the_old_connection(saved: Connection) -> None:
    """The server's challenge has its current numbers; the client's reset answers it."""
    old = (saved.c + 300_000, saved.s + 5_000_000)
    restore(saved)
    saved.c = 77
    assert saved.from_client(SYN) == "established"
    assert saved.from_server(seq=old[1], ack=old[0]) == "established", "the challenge"
    assert saved.from_client(RST, seq=old[0]) == "established"
    assert saved.firewall.state().startswith("close ")
    saved.s = 99
    saved.connect()
    assert saved.firewall.state() == ESTABLISHED


def test_a_port_used_again_when_both_have_forgotten(saved: Connection) -> None:
    restore(saved)
    saved.c, saved.s = 77, 99
    assert saved.from_client(SYN) == "established"
    saved.c += 1
    assert saved.from_server(SYN | ACK) == "established"
    saved.s += 1
    assert saved.from_client() == "established"
    assert saved.client_sends(10) == saved.server_sends(10) == "established"
    assert saved.from_server(data=b"x", seq=saved.s + 2**30) == "invalid", "nothing is old here"


@pytest.mark.parametrize("name", ["client", "server"])
def test_resets_reach_their_host(saved: Connection, name: str) -> None:
    """The host can judge a reset; the session ends only by one that is known to be right."""
    saved.c, saved.s = saved.c + 10_000_000, saved.s + 20_000_000
    restore(saved)
    reset, number = (
        (saved.from_client, saved.c) if name == "client" else (saved.from_server, saved.s)
    )
    assert reset(RST, seq=number) == "established"
    assert saved.firewall.state().startswith("established")
    assert saved.client_sends(10) == saved.server_sends(10) == "established"
    saved.client_sends(10)
    assert saved.from_server(RST) == "established"
    assert saved.firewall.state().startswith("close ")


def test_the_end_is_seen(saved: Connection) -> None:
    saved.c, saved.s = saved.c + 10_000_000, saved.s + 20_000_000
    restore(saved)
    assert saved.from_client(FIN | ACK) == "established"
    saved.c += 1
    assert saved.from_server(FIN | ACK) == "established"
    saved.s += 1
    assert saved.from_client() == "established"
    assert saved.firewall.state() == "time_wait 120 assured"


@pytest.mark.parametrize("answered", [False, True])
@pytest.mark.parametrize("first", ["client", "server"])
def test_saved_in_the_middle_of_the_handshake(
    connection: Connection, answered: bool, first: str
) -> None:
    connection.from_client(SYN, options=scale_option(7))
    connection.c += 1
    if answered:
        connection.from_server(SYN | ACK, options=scale_option(7))
    save(connection)
    connection.s += 1
    connection.c, connection.s = connection.c + 1_000_000, connection.s + 2_000_000
    restore(connection)
    turns = [connection.client_sends, connection.server_sends]
    for turn in turns if first == "client" else reversed(turns):
        assert turn(10) == "established"
    for _ in range(2):
        assert connection.client_sends(60_000) == "established"
        assert connection.server_sends(60_000) == "established"
    assert connection.from_client() == "established"
    assert connection.firewall.state() == ESTABLISHED


def test_a_handshake_that_was_saved_goes_on(connection: Connection) -> None:
    connection.from_client(SYN)
    save(connection)
    restore(connection)
    connection.c += 1
    assert connection.from_server(SYN | ACK) == "established"
    connection.s += 1
    assert connection.from_client() == "established"
    assert connection.firewall.state() == ESTABLISHED


@pytest.mark.parametrize("seed", range(20))
def test_whatever_hosts_did_meanwhile(connection: Connection, seed: int) -> None:
    random = Random(seed)
    connection.connect(scale_option(7))
    turns = (connection.client_sends, connection.server_sends)
    for _ in range(random.randrange(10)):
        random.choice(turns)(random.randrange(1400))
    save(connection)
    for _ in range(random.randrange(60)):
        random.choice(turns)(random.randrange(1400))
    restore(connection)
    for _ in range(60):
        assert random.choice(turns)(random.randrange(1400)) == "established"


def test_a_full_table_keeps_what_was_heard(kernel: Conversation) -> None:
    """Restored sessions without packets since may have ended: they make way."""
    firewall = Firewall(kernel, 16)
    connections = [Connection(firewall, cport=40000 + number).connect() for number in range(16)]
    save(connections[0])
    restore(connections[0])
    for heard in connections[:8]:
        assert heard.client_sends(10) == "established"
    for number in range(8):
        Connection(firewall, cport=50000 + number).connect()
    ports = {int(line[1].rpartition(":")[2]) for line in firewall.lines()}
    assert ports == {*range(40000, 40008), *range(50000, 50008)}
    assert firewall.open(packet(CLIENT, SERVER, tcp(60000, 80, SYN))) == "full"
