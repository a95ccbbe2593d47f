"""What must not have been lost."""

from __future__ import annotations

from reconciler.testbed.measure import TrafficResult


def assert_nothing_lost(seen: TrafficResult) -> None:
    """Not a packet, not a session, not a request; and something was there to lose."""
    lost = (seen.udp_lost, seen.udp_duplicated, seen.tcp_resets, seen.http_failures)
    assert lost == (0, 0, 0, 0), seen.model_dump(exclude={"udp_samples", "http_samples"})
    assert seen.udp_sent > 1000
    assert seen.http_requests > 8
