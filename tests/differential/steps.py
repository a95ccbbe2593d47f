"""What a scenario is made of: packets, and between whom they go."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from tests.packets import Segment, ipv4


@dataclass(frozen=True)
class Step:
    """A packet to send; `note` tells what is peculiar about it."""

    packet: bytes
    inwards: bool
    """From who answers, and not from who asks."""
    note: str = ""
    pieces: tuple[bytes, ...] = ()
    """Its fragments in the order in which they are sent, where it does not go in one piece."""
    from_outside: bool = False


@dataclass(frozen=True)
class Ends:
    """Who asks, what stands for it where it goes, and whom it talks to."""

    host: str
    outside: str
    server: str
    port: int
    server_port: int
    behind: tuple[str, int] = ("", 0)
    """Address and port of who answers, where a forward leads there."""
    from_outside: tuple[bool, bool] = (False, True)
    """Who asks, who answers."""

    def addresses(self, inwards: bool) -> tuple[str, str]:
        """Sender and receiver."""
        if inwards:
            return self.behind[0] or self.server, self.outside
        return self.host, self.server

    def ports(self, inwards: bool) -> tuple[int, int]:
        if inwards:
            return self.behind[1] or self.server_port, self.port
        return self.port, self.server_port

    def step(self, inwards: bool, segment: Segment, note: str = "") -> Step:
        return self.sent(ipv4(*self.addresses(inwards), segment), inwards, note)

    def sent(self, packet: bytes, inwards: bool, note: str = "") -> Step:
        return Step(packet, inwards, note, from_outside=self.from_outside[inwards])


Scenario = Generator[Step, bool | None, None]
"""Sent True when the packet got through, else False."""
