"""Random traffic between a client, mostly a host inside, and a server: one flow per scenario.

A scenario yields packets one after the other and is told which of them got through, so that it gets
far into the life of a connection; now and then it sends what no correct host would.
"""

from __future__ import annotations

import dataclasses
import itertools
import random
from collections.abc import Callable
from ipaddress import IPv4Address

from tests.differential.connections import (
    simultaneous_scenario,
    tcp_scenario,
    wrong_numbers_scenario,
)
from tests.differential.datagrams import (
    error_scenario,
    icmp_scenario,
    malformed_scenario,
    other_scenario,
    udp_scenario,
)
from tests.differential.steps import Ends, Scenario
from tests.packets import ipv4, raw, udp

Flow = Callable[[random.Random, Ends], Scenario]
FORWARDED_PORT, BEHIND = 8080, ("10.0.0.198", 80)
"""Forwarded port of the outside address, TCP and UDP; and the endpoint it leads to."""
NEIGHBOUR = "10.0.0.199"


def fragment_scenario(chance: random.Random, ends: Ends) -> Scenario:
    """Packets of another scenario in fragments, in order or not, up to one with a fragment missing:
    one box sends its other fragments on, which may open a session, and the other box does not.
    """
    flow = chance.choice([udp_scenario, udp_scenario, icmp_scenario, tcp_scenario])(chance, ends)
    size = chance.choice([64, 256, 800])
    step = next(flow)
    for ident in itertools.count(ends.port * 16):
        pieces = _pieces(step.packet, size, ident % 2**16) if chance.random() < 0.8 else []
        if chance.random() < 0.5:
            chance.shuffle(pieces)
        incomplete = len(pieces) > 1 and chance.random() < 0.15
        if incomplete:
            pieces.pop(chance.randrange(len(pieces)))
        passed = yield dataclasses.replace(step, pieces=tuple(pieces))
        if incomplete:
            return
        try:
            step = flow.send(passed)
        except StopIteration:
            return


def _pieces(packet: bytes, size: int, ident: int) -> list[bytes]:
    header, data = packet[:20], packet[20:]
    source, destination = str(IPv4Address(header[12:16])), str(IPv4Address(header[16:20]))
    return [
        ipv4(
            source, destination, raw(header[9], data[at : at + size]),
            ident=ident, offset=at // 8, more=at + size < len(data),
        )
        for at in range(0, len(data), size)
    ]  # fmt: skip


def forwarded(scenario: Flow) -> Flow:
    """From outside to a host inside, by a forward."""

    def flow(chance: random.Random, ends: Ends) -> Scenario:
        return scenario(chance, dataclasses.replace(
            ends, host=ends.server, outside=ends.server, server=ends.outside,
            server_port=FORWARDED_PORT, behind=BEHIND, from_outside=(True, False),
        ))  # fmt: skip

    return flow


def turned_back(scenario: Flow) -> Flow:
    """From one host inside to another, by a forward."""

    def flow(chance: random.Random, ends: Ends) -> Scenario:
        return scenario(chance, dataclasses.replace(
            ends, server=ends.outside, server_port=FORWARDED_PORT, behind=BEHIND,
            from_outside=(False, False),
        ))  # fmt: skip

    return flow


def neighbours_scenario(chance: random.Random, ends: Ends) -> Scenario:
    """Two hosts with the same port, to one server and another."""
    yield ends.step(False, udp(ends.port, ends.server_port, b"one"))
    other = dataclasses.replace(ends, host=NEIGHBOUR, server="192.0.2.81")
    yield other.step(False, udp(ends.port, ends.server_port, b"two"), "same port, other host")


def hairpin_scenario(chance: random.Random, ends: Ends) -> Scenario:
    """A host sends to the outside endpoint of another one."""
    yield ends.step(False, udp(ends.port, ends.server_port, b"one"))
    other = dataclasses.replace(ends, host=NEIGHBOUR, server=ends.outside, server_port=ends.port)
    yield other.step(False, udp(ends.port + 1, ends.port, b"two"), "hairpin")


SCENARIOS: dict[str, Flow] = {
    "tcp": tcp_scenario,
    "wrong numbers": wrong_numbers_scenario,
    "simultaneous": simultaneous_scenario,
    "udp": udp_scenario,
    "icmp": icmp_scenario,
    "other": other_scenario,
    "error": error_scenario,
    "fragment": fragment_scenario,
    "malformed": malformed_scenario,
    "neighbours": neighbours_scenario,
    "hairpin": hairpin_scenario,
    "forwarded tcp": forwarded(tcp_scenario),
    "forwarded wrong numbers": forwarded(wrong_numbers_scenario),
    "forwarded udp": forwarded(udp_scenario),
    "forwarded error": forwarded(error_scenario),
    "turned back tcp": turned_back(tcp_scenario),
    "turned back udp": turned_back(udp_scenario),
}
