"""The results of the walk-through: report.json, and the raw figures behind it."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from reconciler.devices.reports import TakeoverReport
from reconciler.testbed.measure import TrafficResult
from reconciler.testbed.places import Keeping, Places
from reconciler.testbed.traffic.turns import Priority

StrategyName = Literal["cold", "stateless", "click-up"]
Built = Literal["missing", "firewall", "library"]
PAUSE_BAR_MS = 1.0


class _Figures(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Strategy(_Figures):
    """One way to upgrade. `tcp_resets` counts sessions reset or stalled until the client gave up.

    `sessions_after` are those of `sessions_before` that the firewall still knows afterwards.

    `pauses_ms` is time out of service: for click-up as the supervisor measured it, for the others
    the time without a packet of the stream.

    `ring_dropped` are packets of any kind for which the firewall's own rings had no room, None
    where no single firewall lived through it all. `built` is what was compiled: the missing
    classes, or from scratch those of the firewall or of the whole library.
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
    built: Built = "missing"
    ring_dropped: int | None = None
    udp_lost_at: Places = Places()
    measuring: Keeping = Keeping()

    @property
    def clean(self) -> bool:
        """Whether the upgrade lost nothing."""
        lost = (self.udp_lost_at.firewall, self.ring_dropped, self.http_failures, self.tcp_resets)
        return not any(lost)


class Revert(_Figures):
    """The release that fails verification, and the revert; fields as of a strategy."""

    pause_ms: float
    udp_lost: int
    tcp_resets: int
    revision_rejected: bool
    http_failures: int = 0
    ring_dropped: int | None = None
    udp_lost_at: Places = Places()
    measuring: Keeping = Keeping()

    @property
    def clean(self) -> bool:
        """Whether it lost nothing, and the revision is not tried again."""
        lost = (self.udp_lost_at.firewall, self.ring_dropped, self.http_failures, self.tcp_resets)
        return self.revision_rejected and not any(lost)


class Converge(_Figures):
    """Seconds from commit to confirmed release, soak time aside; the slowest of each kind."""

    no_build: float
    with_build: float


class Priorities(_Figures):
    """The lowest priorities that click-up's worker and the measuring programs had on
    this machine.
    """

    worker: Priority
    measuring: Priority


class Report(_Figures):
    """The whole of report.json."""

    strategies: tuple[Strategy, ...]
    revert: Revert
    converge_seconds: Converge
    priorities: Priorities

    def failures(self) -> tuple[str, ...]:
        """Return the promises of click-up that this run did not keep; empty when all is well.

        Packets lost elsewhere, or while a measuring program got no turn, are not counted.
        """
        row = next(strategy for strategy in self.strategies if strategy.name == "click-up")
        broken = []
        if not row.clean:
            broken.append(f"click-up lost {_lost(row)}")
        if (median := statistics.median(row.pauses_ms)) >= PAUSE_BAR_MS:
            broken.append(f"the median pause was {median:.3f} ms, not below {PAUSE_BAR_MS:g} ms")
        if not self.revert.clean:
            rejected = self.revert.revision_rejected
            broken.append(f"the revert lost {_lost(self.revert)}; revision rejected: {rejected}")
        return tuple(broken)


def _lost(figures: Strategy | Revert) -> str:
    return (
        f"{figures.udp_lost_at.firewall:,} packets of the stream, {figures.ring_dropped or 0:,} "
        f"packets of any kind in its rings, {figures.tcp_resets} TCP sessions and "
        f"{figures.http_failures} HTTP requests"
    )


class Measured(_Figures):
    """Raw figures of one run under traffic; marks and takeovers are (seconds since the epoch,
    event).
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
