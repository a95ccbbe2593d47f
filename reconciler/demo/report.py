"""What the walk-through found: report.json, the table, and the raw figures behind both."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict
from rich.table import Table

from reconciler.demo.measure import TrafficResult
from reconciler.devices.status import TakeoverReport

StrategyName = Literal["cold", "stateless", "click-up"]
PAUSE_BAR_MS = 1.0


class _Figures(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Strategy(_Figures):
    """One way to upgrade. `tcp_resets` counts sessions reset or stalled until the client gave up.

    `sessions_after` are those of `sessions_before` that the firewall still knows afterwards.

    `pauses_ms` is time out of service: for click-up as the supervisor measured it, for the others
    the time without a packet of the stream.
    """

    name: StrategyName
    pauses_ms: tuple[float, ...]
    udp_sent: int
    udp_lost: int
    http_requests: int
    http_failures: int
    tcp_sessions: int
    tcp_resets: int
    sessions_before: int
    sessions_after: int
    build_seconds: float
    classes_compiled: int

    @property
    def clean(self) -> bool:
        """Nobody noticed anything."""
        return self.udp_lost == self.http_failures == self.tcp_resets == 0


class Revert(_Figures):
    """The release whose verification fails, and the way back."""

    pause_ms: float
    udp_lost: int
    tcp_resets: int
    revision_rejected: bool

    @property
    def clean(self) -> bool:
        """Nothing was lost, and the revision is not tried again."""
        return self.revision_rejected and self.udp_lost == self.tcp_resets == 0


class Converge(_Figures):
    """Commit to confirmed release in seconds, soak time aside; the slowest of each kind."""

    no_build: float
    with_build: float


class Report(_Figures):
    """The whole of report.json."""

    strategies: tuple[Strategy, ...]
    revert: Revert
    converge_seconds: Converge

    def failures(self) -> tuple[str, ...]:
        """What click-up promises and this run did not show; empty when all is well."""
        row = next(strategy for strategy in self.strategies if strategy.name == "click-up")
        broken = []
        if not row.clean:
            broken.append(
                f"click-up lost {row.udp_lost} packets, {row.tcp_resets} TCP sessions and "
                f"{row.http_failures} HTTP requests"
            )
        if (median := statistics.median(row.pauses_ms)) >= PAUSE_BAR_MS:
            broken.append(f"the median pause was {median:.3f} ms, not below {PAUSE_BAR_MS:g} ms")
        if not self.revert.clean:
            broken.append(
                f"the revert lost {self.revert.udp_lost} packets and {self.revert.tcp_resets} TCP "
                f"sessions; revision rejected: {self.revert.revision_rejected}"
            )
        return tuple(broken)


class Measured(_Figures):
    """Raw figures of one run under traffic; marks and takeovers are (seconds since the epoch, what
    happened).
    """

    name: str
    traffic: TrafficResult
    marks: tuple[tuple[float, str], ...]
    takeovers: tuple[tuple[float, TakeoverReport], ...] = ()
    converge_seconds: tuple[float, ...] = ()
    soak_seconds: float = 0.0


def write_report(folder: Path, report: Report, raw: tuple[Measured, ...]) -> None:
    """Write report.json and raw.json into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(report.model_dump_json(indent=2) + "\n")
    lines = ",\n".join(measured.model_dump_json() for measured in raw)
    (folder / "raw.json").write_text(f"[{lines}]\n")


def milliseconds(value: float) -> str:
    """A duration with the unit in which people read it."""
    if value >= 1000:
        return f"{value / 1000:.1f} s"
    return f"{value:.0f} ms" if value >= 10 else f"{value:.3f} ms"


def table(report: Report) -> Table:
    """The one table: a column for each way to upgrade."""
    result = Table(title="edge-firewall 1.0.0 -> 2.0.0 under traffic", title_justify="left")
    result.add_column("")
    for strategy in report.strategies:
        result.add_column(strategy.name, justify="right", style="bold" * strategy.clean)
    for name, cells in _rows(report.strategies):
        result.add_row(name, *cells)
    return result


def _rows(strategies: tuple[Strategy, ...]) -> list[tuple[str, list[str]]]:
    def pause(strategy: Strategy) -> str:
        text = milliseconds(statistics.median(strategy.pauses_ms))
        count = len(strategy.pauses_ms)
        return f"{text} (median of {count})" if count > 1 else text

    return [
        ("out of service", [pause(s) for s in strategies]),
        ("packets lost", [f"{s.udp_lost:,} of {s.udp_sent:,}" for s in strategies]),
        ("TCP sessions lost", [f"{s.tcp_resets} of {s.tcp_sessions}" for s in strategies]),
        ("HTTP failures", [f"{s.http_failures} of {s.http_requests}" for s in strategies]),
        ("sessions before", [str(s.sessions_before) for s in strategies]),
        ("of them known after", [str(s.sessions_after) for s in strategies]),
        ("build time", [f"{s.build_seconds:.1f} s" for s in strategies]),
        ("element classes compiled", [str(s.classes_compiled) for s in strategies]),
    ]


def summary(report: Report) -> tuple[str, ...]:
    """What the table does not say, one line each."""
    revert, converge = report.revert, report.converge_seconds
    return (
        f"bad release: reverted after a pause of {milliseconds(revert.pause_ms)}, "
        f"{revert.udp_lost} packets and {revert.tcp_resets} TCP sessions lost, revision "
        + ("rejected" if revert.revision_rejected else "NOT rejected"),
        f"commit to confirmed release, soak aside: {converge.no_build:.2f} s without a build, "
        f"{converge.with_build:.2f} s with one",
    )
