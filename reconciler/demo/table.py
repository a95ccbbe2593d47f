"""Prints the report for people: the table, notes on it, and a line for each row."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from rich.table import Table

from reconciler.demo.report import Priorities, Report, Revert, Strategy
from reconciler.testbed.places import Keeping, Places

BUILT = {"missing": "", "firewall": ", from nothing", "library": ", the library, from nothing"}


def milliseconds(value: float) -> str:
    """Write a duration in the unit that suits it."""
    if value >= 1000:
        return f"{value / 1000:.1f} s"
    return f"{value:.0f} ms" if value >= 10 else f"{value:.3f} ms"


def table(strategies: Sequence[Strategy]) -> Table:
    """Return the table, with a column for each way to upgrade that was measured so far."""
    result = Table(title="edge-firewall 1.0.0 -> 2.0.0 under traffic", title_justify="left")
    result.add_column("")
    for strategy in strategies:
        result.add_column(strategy.name, justify="right", style="bold" * strategy.clean)
    for name, cells in _rows(strategies):
        result.add_row(name, *cells)
    return result


def _rows(strategies: Sequence[Strategy]) -> list[tuple[str, list[str]]]:
    return [
        ("out of service", [_pause(s) for s in strategies]),
        ("packets lost", [f"{s.udp_lost:,} of {s.udp_sent:,}" for s in strategies]),
        ("  at the firewall", [f"{s.udp_lost_at.firewall:,}" for s in strategies]),
        ("  in the network beside it", [f"{_network(s.udp_lost_at):,}" for s in strategies]),
        ("  by the receiver, too slow", [f"{s.udp_lost_at.receiver:,}" for s in strategies]),
        ("full rings of the firewall", [_rings(s) for s in strategies]),
        ("TCP sessions lost", [f"{s.tcp_resets} of {s.tcp_sessions}" for s in strategies]),
        ("HTTP failures", [f"{s.http_failures} of {s.http_requests}" for s in strategies]),
        ("sessions before", [str(s.sessions_before) for s in strategies]),
        ("of them known after", [str(s.sessions_after) for s in strategies]),
        ("build time", [f"{s.build_seconds:.1f} s" for s in strategies]),
        ("element classes compiled", [f"{s.classes_compiled}{BUILT[s.built]}" for s in strategies]),
        ("measuring late by at most", [milliseconds(_late(s.measuring)) for s in strategies]),
    ]


def _pause(strategy: Strategy) -> str:
    text = milliseconds(statistics.median(strategy.pauses_ms))
    count = len(strategy.pauses_ms)
    return f"{text} (median of {count})" if count > 1 else text


def _rings(strategy: Strategy) -> str:
    return "-" if strategy.ring_dropped is None else f"{strategy.ring_dropped:,}"


def _network(lost_at: Places) -> int:
    return lost_at.before_firewall + lost_at.after_firewall


def _late(measuring: Keeping) -> float:
    return max(measuring.sender_late_ms, measuring.receiver_late_ms, measuring.http_late_ms)


def row(strategy: Strategy) -> str:
    """Sum up one way to upgrade in a line."""
    return (
        f"{strategy.name}: out of service {_pause(strategy)}; lost: {strategy.udp_lost:,} of "
        f"{strategy.udp_sent:,} packets{_elsewhere(strategy.udp_lost_at)}, "
        f"{strategy.tcp_resets} of {strategy.tcp_sessions} TCP sessions, "
        f"{strategy.http_failures} of {strategy.http_requests} HTTP requests"
    )


def revert_row(revert: Revert) -> str:
    """Sum up the bad release in a line."""
    return (
        f"bad release: reverted after a pause of {milliseconds(revert.pause_ms)}; lost: "
        f"{revert.udp_lost:,} packets{_elsewhere(revert.udp_lost_at)}, "
        f"{revert.tcp_resets} TCP sessions, {revert.http_failures} HTTP requests; revision "
        + ("rejected" if revert.revision_rejected else "NOT rejected")
    )


def _elsewhere(lost_at: Places) -> str:
    if not lost_at.elsewhere:
        return ""
    return f" ({lost_at.firewall:,} at the firewall, {lost_at.elsewhere:,} elsewhere)"


def summary(report: Report) -> tuple[str, ...]:
    """Return notes on the table, one line each."""
    converge = report.converge_seconds
    rows: list[tuple[str, Strategy | Revert]] = [(s.name, s) for s in report.strategies]
    rows.append(("bad release", report.revert))
    told = [(name, _other_losses(figures.udp_lost_at, figures.measuring)) for name, figures in rows]
    return (
        revert_row(report.revert),
        f"commit to confirmed release, soak aside: {converge.no_build:.2f} s without a build, "
        f"{converge.with_build:.2f} s with one",
        *allowance(report.priorities),
        *(f"{name}, not lost by the firewall: {text}" for name, text in told if text),
    )


def _other_losses(lost_at: Places, measuring: Keeping) -> str:
    """Return what was lost or not sent for other reasons, if anything."""
    parts = (
        (lost_at.before_firewall, "packets dropped on the way to it"),
        (lost_at.after_firewall, "packets dropped on the way from it"),
        (lost_at.receiver, "packets that found the receiver's ring full"),
        (measuring.udp_skipped, "packets left out by the sender, which was late"),
        (measuring.udp_refused, "packets not sent, as nobody answered for the address"),
        (measuring.tcp_starved, "TCP sessions that waited for a server without a turn"),
    )
    return ", ".join(f"{count:,} {what}" for count, what in parts if count)


def allowance(priorities: Priorities) -> tuple[str, ...]:
    """Return which priorities the machine did not allow, if any."""
    if priorities.measuring == "realtime":
        return ()
    return (
        "this machine does not allow real-time priority to this user (no CAP_SYS_NICE, and "
        f"RLIMIT_RTPRIO is 0): click-up's worker ran at {priorities.worker}, the measuring "
        f"programs at {priorities.measuring} priority, among all else that runs here",
    )
