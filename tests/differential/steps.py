"""The steps of a scenario: packets, and the ends between which they go."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from tests.packets import Segment, ipv4


@dataclass(frozen=True)
class Step:
    """A packet to send; `note` describes any peculiarity."""

    packet: bytes
    inwards: bool
    """Sent by the server, not by the client."""
    note: str = ""
    pieces: tuple[bytes, ...] = ()
    """Its fragments in the order of sending, if it is fragmented."""
    from_outside: bool = False


@dataclass(frozen=True)
class Ends:
    """Client, its address on the server's side, and the server it talks to."""

    host: str
    outside: str
    server: str
    port: int
    server_port: int
    behind: tuple[str, int] = ("", 0)
    """Address and port of the server, if it is reached through a forward."""
    from_outside: tuple[bool, bool] = (False, True)
    """Whether the client is outside, whether the server is."""

    def addresses(self, inwards: bool) -> tuple[str, str]:
        """Return the addresses of sender and receiver."""
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
"""Yields steps; receives True when the packet got through, else False."""
