"""Checks that nothing was lost."""

from __future__ import annotations

from reconciler.testbed.measure import TrafficResult


def assert_nothing_lost(seen: TrafficResult) -> None:
    """Check that no packet, session or request was lost, and that there were any."""
    lost = (seen.udp_lost, seen.udp_duplicated, seen.tcp_resets, seen.http_failures)
    assert lost == (0, 0, 0, 0), seen.model_dump(exclude={"udp_samples", "http_samples"})
    assert seen.udp_sent > 1000
    assert seen.http_requests > 8
