"""Sessions in a full table, and across workers that stop or are killed."""

from __future__ import annotations

import json

from tests.kernels.conversation import Conversation
from tests.kernels.firewall import CLIENT, SERVER, Connection, Firewall
from tests.packets import SYN, ipv4, tcp, udp


def connections(firewall: Firewall, count: int) -> list[Connection]:
    return [Connection(firewall, cport=20000 + port).connect() for port in range(count)]


def syn(port: int) -> bytes:
    return ipv4(CLIENT, SERVER, tcp(port, 80, SYN, seq=1))


def test_half_open_connections_make_room_for_new_ones(kernel: Conversation) -> None:
    firewall = Firewall(kernel, 16)
    complete = connections(firewall, 8)
    flood = [firewall.open(syn(port)) for port in range(1000, 1100)]
    assert set(flood) == {"opened"}
    assert all(one.client_sends(10) == "established" for one in complete)
    assert kernel.ask("counters") == "16 0 92 0"


def test_established_connections_are_never_evicted(kernel: Conversation) -> None:
    firewall = Firewall(kernel, 16)
    complete = connections(firewall, 16)
    assert firewall.open(syn(1000)) == "full"
    assert kernel.ask("counters") == "16 0 0 1"
    complete[3].reset_by_server()
    assert firewall.open(syn(1000)) == "opened", "a closed connection is not assured any more"
    assert complete[3].client_sends(10) == "invalid"


def test_expired_sessions_make_room_first(kernel: Conversation) -> None:
    firewall = Firewall(kernel, 16)
    firewall.take(ipv4(CLIENT, SERVER, udp(5353, 53)))
    firewall.at(20)
    for port in range(1000, 1015):
        firewall.open(syn(port))
    firewall.at(40)
    assert firewall.open(syn(2000)) == "opened"
    assert kernel.ask("counters") == "16 1 0 0"
    assert len(firewall.lines()) == 16


def test_adoption_keeps_all_sessions(kernel: Conversation) -> None:
    firewall = Firewall(kernel)
    complete = connections(firewall, 50)
    before = firewall.lines()
    assert kernel.ask("succeed", "clean") == "adopted 0 0"
    assert firewall.lines() == before
    for one in complete:
        assert one.client_sends(100) == "established"
        assert one.server_sends(100) == "established"


def test_a_killed_worker_loses_only_the_session_it_was_writing(kernel: Conversation) -> None:
    firewall = Firewall(kernel)
    complete = connections(firewall, 50)
    kernel.ask("break", 17)
    assert kernel.ask("succeed", "torn") == "rebuilt 49 1"
    verdicts = [one.client_sends(100) for one in complete]
    assert verdicts.index("invalid") == 17 and verdicts.count("established") == 49
    assert complete[17].connect().client_sends(100) == "established"


def test_other_processes_read_the_sessions_by_their_descriptor(kernel: Conversation) -> None:
    firewall = Firewall(kernel)
    connections(firewall, 3)
    live, descriptor = kernel.ask("read").split(" ", 1)
    assert live == "3"
    layout = json.loads(descriptor)
    assert layout["table"] == "sessions" and layout["version"] == 2
    assert layout["fields"][0] == {
        "name": "first_address", "type": "bytes[16]", "offset": 0, "size": 16,
        "unit": "", "default": 0, "key": True,
    }  # fmt: skip


def test_states_are_counted(kernel: Conversation) -> None:
    firewall = Firewall(kernel)
    connections(firewall, 3)
    firewall.take(ipv4(CLIENT, SERVER, udp(5353, 53)))
    assert kernel.ask("states") == "established 3|unreplied 1|"


def test_table_shows_a_bounded_number_of_lines(kernel: Conversation) -> None:
    firewall = Firewall(kernel, 2048)
    for port in range(1, 1011):
        firewall.open(syn(port))
    *lines, last = kernel.ask("table").rstrip("|").split("|")
    assert len(lines) == 1000 and last.startswith("... 10 more")
