"""The states of a balanced flow, and how long it may be silent in each."""

from __future__ import annotations

import pytest

from tests.kernels.balancer import Balancer, Client
from tests.packets import ACK, FIN, RST, SYN

STEPS = [
    ([("c", SYN)], "opening 240"),
    ([("c", SYN), ("b", SYN | ACK)], "opening 240"),
    ([("c", SYN), ("c", SYN)], "opening 240"),
    ([("c", SYN), ("b", SYN | ACK), ("c", ACK)], "established 7440"),
    ([("c", ACK)], "opening 240"),
    ([("c", ACK), ("c", ACK)], "established 7440"),
    ([("c", SYN), ("c", ACK), ("c", FIN | ACK)], "client_done 240"),
    ([("c", SYN), ("c", ACK), ("b", FIN | ACK)], "server_done 240"),
    ([("c", SYN), ("c", ACK), ("c", FIN | ACK), ("b", FIN | ACK), ("c", ACK)], "closed 30"),
    ([("c", SYN), ("c", ACK), ("b", FIN | ACK), ("c", FIN | ACK)], "closed 30"),
    ([("c", SYN), ("b", RST | ACK)], "reset 240"),
    ([("c", SYN), ("c", ACK), ("c", RST)], "reset 240"),
    ([("c", SYN), ("c", ACK), ("b", RST), ("b", ACK)], "reset 240"),
    ([("c", SYN), ("c", ACK), ("c", RST), ("c", ACK)], "established 7440"),
    ([("c", SYN), ("c", ACK), ("c", RST), ("c", FIN | ACK), ("b", FIN | ACK)], "closed 30"),
    ([("c", SYN), ("c", ACK), ("c", FIN | ACK), ("b", FIN | ACK), ("c", RST)], "closed 30"),
    ([("c", SYN), ("c", ACK), ("c", RST), ("c", SYN)], "opening 240"),
    ([("c", SYN), ("c", ACK), ("c", FIN | ACK), ("c", SYN)], "opening 240"),
    ([("c", SYN), ("c", ACK), ("c", SYN)], "established 7440"),
    ([("c", RST)], "reset 240"),
]  # fmt: skip


@pytest.mark.parametrize(("steps", "state"), STEPS)
def test_states_of_tcp(balancer: Balancer, steps: list[tuple[str, int]], state: str) -> None:
    client = Client()
    for sender, flags in steps:
        if sender == "c":
            backend = balancer.send(client, flags)
        else:
            assert balancer.answer(client, backend, flags)
    assert balancer.state() == state


def test_udp(balancer: Balancer) -> None:
    client = Client(service_port=53)
    backend = balancer.send(client, data=b"?")
    assert balancer.state() == "first 300"
    assert balancer.answer(client, backend, data=b"!")
    assert balancer.state() == "stream 300"
    balancer.at(400)
    assert not balancer.answer(client, backend)
