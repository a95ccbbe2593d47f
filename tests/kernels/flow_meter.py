"""The flow meter as a conversation: packets in, reports out."""

from __future__ import annotations

from dataclasses import dataclass

from tests.kernels.conversation import Conversation
from tests.packets import (
    ipv4,
    udp,
)

SECOND = 1_000_000_000


@dataclass(frozen=True)
class Report:
    flow: str  # protocol, source, destination, mark
    packets: int
    bytes: int
    flags: int
    why: int
    first: int
    last: int

    @classmethod
    def all(cls, text: str) -> list[Report]:
        return [cls.of(line) for line in text.split("|") if line]

    @classmethod
    def of(cls, line: str) -> Report:
        *flow, packets, size, flags, _, why, first, last = line.split()
        numbers = (int(packets), int(size), int(flags, 16), int(why), int(first), int(last))
        return cls(" ".join(flow), *numbers)


def start(
    flows: Conversation, capacity: int = 64, active: int = 60 * SECOND, idle: int = 15 * SECOND
) -> None:
    assert flows.ask("start", capacity, active, idle) == "adopted 0"


def meter(flows: Conversation, packet: bytes, mark: int = 0) -> list[Report]:
    verdict, _, reports = flows.ask("count", mark, packet.hex()).partition(" ")
    assert verdict == "metered"
    return Report.all(reports)


def sweep(flows: Conversation) -> list[Report]:
    return Report.all(flows.ask("sweep", 1000, 1000))


def query(number: int, payload: bytes = b"?") -> bytes:
    return ipv4("10.0.0.1", "192.0.2.1", udp(4000 + number, 53, payload))


def of_query(number: int) -> str:
    return f"17 10.0.0.1:{4000 + number} 192.0.2.1:53 0"
