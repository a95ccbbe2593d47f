"""Tells where packets of the stream were lost, and how well the measuring programs kept up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from reconciler.testbed.traffic.turns import Priority

Spell = tuple[float, float]
# A server that got no turn for half the time that a client waited explains the silence.
PATIENCE_SECONDS, EXPLAINS_SECONDS = 5.0, 2.5


class Places(BaseModel):
    """Lost packets of the stream by the place where they were last seen.

    `before_firewall`: sent, and never at its interface. `firewall`: there, and neither at the
    receiver's interface nor dropped by the link to it (`after_firewall`). `receiver`: at its
    interface, while its own ring was full.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    before_firewall: int = 0
    firewall: int = 0
    after_firewall: int = 0
    receiver: int = 0

    @property
    def elsewhere(self) -> int:
        """Packets that the firewall never saw, or had forwarded."""
        return self.before_firewall + self.after_firewall + self.receiver


class Keeping(BaseModel):
    """How well the measuring programs kept up: the longest that each was late in milliseconds.

    `http_late_ms` is the later of client and server. `udp_skipped` is what the sender left out when
    it was late, `udp_refused` when the kernel took nothing. `tcp_starved` are sessions given up
    because the server had no turn, `receiver_fullest` the largest share of the receiver's ring that
    was taken.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    priority: Priority = "normal"
    sender_late_ms: float = 0
    receiver_late_ms: float = 0
    http_late_ms: float = 0
    udp_skipped: int = 0
    udp_refused: int = 0
    tcp_starved: int = 0
    receiver_fullest: float = 0


def locate_losses(sent: int, arrived: int, link_drops: int, seen: int, ring_drops: int) -> Places:
    """Compute losses from counts at the sender, the firewall's interface, the link behind it
    (packets of any kind), the receiver's interface and its ring.
    """
    beyond = max(0, arrived - seen)
    after = min(beyond, link_drops)
    return Places(
        before_firewall=max(0, sent - arrived),
        firewall=beyond - after,
        after_firewall=after,
        receiver=ring_drops,
    )


def combine_reports(
    sent: Mapping[str, Any],
    downloaded: Mapping[str, Any],
    received: Mapping[str, Any],
    served: Sequence[Mapping[str, Any]],
) -> Keeping:
    """Combine what the programs reported of themselves at their end."""
    late = [spell for one in served for spell in one["late"]]
    return Keeping(
        priority=lowest_priority(
            [one["priority"] for one in (sent, downloaded, received, *served)]
        ),
        sender_late_ms=sent["late_ms"],
        receiver_late_ms=received["late_ms"],
        http_late_ms=max(one["late_ms"] for one in (downloaded, *served)),
        udp_skipped=sent["udp_skipped"],
        udp_refused=sent["udp_refused"],
        tcp_starved=starved(downloaded["stalls"], late),
        receiver_fullest=received["ring_fullest"],
    )


def starved(stalls: Sequence[float], late: Sequence[Spell]) -> int:
    """Return how many of the sessions given up at `stalls` waited for a server that got no turn."""
    return sum(_late_within(at - PATIENCE_SECONDS, at, late) >= EXPLAINS_SECONDS for at in stalls)


def _late_within(start: float, end: float, late: Sequence[Spell]) -> float:
    return sum(max(0.0, min(end, until) - max(start, since)) for since, until in late)


def lowest_priority(priorities: Sequence[Priority]) -> Priority:
    """Return the lowest of several priorities."""
    order: tuple[Priority, ...] = ("normal", "high", "realtime")
    return min(priorities, key=order.index)
