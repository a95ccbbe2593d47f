"""A NAT in a page of Python: what a translated packet must look like, given all packets before.

It handles UDP, ICMP echo and TCP SYNs. Where the NAT is free to choose a port, any choice that the
rules allow is accepted and remembered.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.packets import ICMP, TCP, UDP

Endpoint = tuple[str, int]
TIMEOUTS = {UDP: 300.0, ICMP: 60.0, TCP: 240.0}
HOLD_DOWN = 120.0
ECHO = 8
"""Stands for the port of the pinged host."""


@dataclass
class Mapping:
    """An inside endpoint's outside one, and its sessions: remote endpoint -> time of the end."""

    inside: Endpoint
    outside: Endpoint
    sessions: dict[Endpoint, float] = field(default_factory=dict)
    held_until: float = 0.0

    @property
    def in_use(self) -> bool:
        return bool(self.sessions)


@dataclass
class NatModel:
    """Mappings by protocol and inside endpoint, in use or held down."""

    external: frozenset[str]
    open_to_all: bool = False
    now: float = 1.0
    mappings: dict[tuple[int, Endpoint], Mapping] = field(default_factory=dict)

    def at(self, seconds: float) -> None:
        """Advance to a time: end expired sessions, and hold down mappings without any."""
        self.now = seconds
        for key, mapping in list(self.mappings.items()):
            was_in_use = mapping.in_use
            mapping.sessions = {
                remote: end for remote, end in mapping.sessions.items() if end > seconds
            }
            if was_in_use and not mapping.in_use:
                mapping.held_until = seconds + HOLD_DOWN
            if not mapping.in_use and mapping.held_until <= seconds:
                del self.mappings[key]

    def behind(self, protocol: int, outside: Endpoint) -> Mapping | None:
        """Return the mapping of an outside endpoint, if it is in use."""
        for (known, _), mapping in self.mappings.items():
            if known == protocol and mapping.outside == outside and mapping.in_use:
                return mapping
        return None

    def out(self, protocol: int, inside: Endpoint, remote: Endpoint) -> str:
        """Return the verdict on a packet from inside; if it passes, call chose() next."""
        if remote[0] not in self.external:
            return "translated"
        target = None if protocol == ICMP else self.behind(protocol, remote)
        return "hairpin" if target else "unsolicited"

    def chose(self, protocol: int, inside: Endpoint, remote: Endpoint, outside: Endpoint) -> None:
        """Check that the rules allow the new source of a packet, and remember it."""
        mapping = self.mappings.get((protocol, inside))
        if mapping is None:
            self._check_choice(protocol, inside, outside)
            mapping = self.mappings[protocol, inside] = Mapping(inside, outside)
        assert outside == mapping.outside, "an endpoint has one mapping for all destinations"
        mapping.sessions[remote] = self.now + TIMEOUTS[protocol]
        target = self.behind(protocol, remote) if remote[0] in self.external else None
        if target and (outside not in target.sessions or protocol == TCP):
            target.sessions[outside] = self.now + TIMEOUTS[protocol]

    def _check_choice(self, protocol: int, inside: Endpoint, outside: Endpoint) -> None:
        address, port = outside
        assert address in self.external
        taken = {m.outside for (known, _), m in self.mappings.items() if known == protocol}
        assert outside not in taken, "in use, or held down for somebody else"
        of_host = {m.outside[0] for m in self.mappings.values() if m.inside[0] == inside[0]}
        assert not of_host or address in of_host, "all endpoints of a host have one address"
        if (address, inside[1]) not in taken:
            assert port == inside[1], "its own port was free"
        if protocol != ICMP:
            assert (port % 2, port < 1024) == (inside[1] % 2, inside[1] < 1024)

    def in_(self, protocol: int, remote: Endpoint, outside: Endpoint) -> Endpoint | None:
        """Return the inside endpoint for a packet from outside; None: it is unsolicited."""
        mapping = self.behind(protocol, outside)
        if mapping is None:
            return None
        known = remote in mapping.sessions
        if not known and (not self.open_to_all or protocol == ICMP):
            return None
        if not known or protocol == TCP:
            mapping.sessions[remote] = self.now + TIMEOUTS[protocol]
        return mapping.inside
