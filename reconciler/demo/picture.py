"""Draws report.svg: throughput over time for each way to upgrade, with the upgrade marked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from reconciler.demo.report import Measured
from reconciler.testbed.traffic.reporting import BIN_SECONDS

WIDTH, PANEL, TOP, LEFT, RIGHT, GAP = 960, 150, 84, 64, 24, 58
PLOT = WIDTH - LEFT - RIGHT
GROUP = 4  # bins of 50 ms in one point of the picture
# Readable on white and on black, and distinct to colour-blind eyes (Okabe and Ito's palette).
STYLE = """
  text { font: 12px system-ui, sans-serif; fill: #555 }
  .title { font-size: 16px; font-weight: 600; fill: #222 }
  .name { font-size: 13px; font-weight: 600; fill: #222 }
  .axis { stroke: #999; stroke-width: 1 }
  .grid { stroke: #999; stroke-opacity: .25 }
  .udp { fill: #0072b2; fill-opacity: .25; stroke: #0072b2; stroke-width: 1.5 }
  .http { fill: none; stroke: #d55e00; stroke-width: 1.5 }
  .mark { stroke: #009e73; stroke-width: 1.5; stroke-dasharray: 4 3 }
  .marked { fill: #009e73 }
  @media (prefers-color-scheme: dark) {
    text { fill: #bbb } .title, .name { fill: #eee } .udp { stroke: #56b4e9; fill: #56b4e9 }
  }
"""


def rates(samples: Sequence[tuple[float, int]], start: float, end: float) -> list[float]:
    """Return amounts per second for every GROUP of bins between two times; 0 where
    nothing arrived.
    """
    width = BIN_SECONDS * GROUP
    amounts = [0.0] * max(1, int((end - start) / width))
    for at, amount in samples:
        index = int((at - start) / width + 1e-6)  # 0.6 / 0.2 is 2.99...
        if 0 <= index < len(amounts):
            amounts[index] += amount / width
    return amounts


def _points(values: Sequence[float], top: float, base: float) -> str:
    step = PLOT / max(1, len(values) - 1)
    return " ".join(
        f"{LEFT + index * step:.1f},{base - min(1.0, value / top) * PANEL:.1f}"
        for index, value in enumerate(values)
    )


def _marks(measured: Measured, start: float, end: float, base: float) -> list[str]:
    parts = []
    free = 0.0  # no label over another one: the next one is moved into the panel
    for at, text in measured.marks:
        x = LEFT + (at - start) / (end - start) * PLOT
        y = base - PANEL - 5 if x >= free else base - PANEL + 14
        line = f'x1="{x:.1f}" x2="{x:.1f}" y1="{base - PANEL}" y2="{base}"'
        parts.append(f'<line class="mark" {line}/>')
        parts.append(f'<text class="marked" x="{x + 4:.1f}" y="{y}">{escape(text)}</text>')
        free = x + 8 + 6.5 * len(text)
    return parts


def _axes(base: float, seconds: float, packets: float) -> list[str]:
    parts = [f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{base}" y2="{base}"/>']
    for share in (0.5, 1.0):
        y = base - share * PANEL
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>')
        label = f"{share * packets / 1000:g}k"
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{label}</text>')
    step = next(s for s in (1, 2, 5, 10, 20, 60, 600) if seconds / s <= 12 or s == 600)
    for second in range(0, int(seconds) + 1, step):
        x = LEFT + second / seconds * PLOT
        parts.append(f'<text x="{x:.1f}" y="{base + 16}" text-anchor="middle">{second} s</text>')
    return parts


def _panel(measured: Measured, index: int, packets_top: float, bytes_top: float) -> list[str]:
    base = TOP + PANEL + index * (PANEL + GAP)
    seen = measured.traffic
    # Downloads that finish after the stream has ended are not a loss of throughput.
    start = min(seen.udp_samples[0][0], seen.http_samples[0][0])
    end = min(seen.udp_samples[-1][0], seen.http_samples[-1][0])
    udp = rates(seen.udp_samples, start, end)
    http = rates(seen.http_samples, start, end)
    area = f"{LEFT},{base} {_points(udp, packets_top, base)} {WIDTH - RIGHT},{base}"
    return [
        f'<text class="name" x="{LEFT}" y="{base - PANEL - 22}">{escape(measured.name)}</text>',
        *_axes(base, end - start, packets_top),
        f'<polygon class="udp" points="{area}"/>',
        f'<polyline class="http" points="{_points(http, bytes_top, base)}"/>',
        *_marks(measured, start, end, base),
    ]


def picture(runs: Sequence[Measured]) -> str:
    """Return the SVG text: a panel for each run, all to the same scale."""
    width = BIN_SECONDS * GROUP
    packets = 1.2 * _typical([run.traffic.udp_samples for run in runs])
    packets_top = math.ceil(packets / 5000) * 5000.0
    bytes_top = 1.4 * _typical([run.traffic.http_samples for run in runs])
    height = TOP + len(runs) * (PANEL + GAP)
    panels = [
        part
        for index, run in enumerate(runs)
        for part in _panel(run, index, packets_top, bytes_top)
    ]
    legend = (
        f"packets/s of the numbered stream (area, full scale {packets_top / 1000:.0f}k) and HTTP "
        f"downloads (line, full scale {bytes_top * 8 / 1e6:.0f} Mbit/s), each over {width:.1f} s"
    )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
            f"<style>{STYLE}</style>",
            f'<text class="title" x="{LEFT}" y="18">A firewall upgraded under traffic</text>',
            f'<text x="{LEFT}" y="34">{escape(legend)}</text>',
            *panels,
            "</svg>\n",
        ]
    )


def _typical(series: Sequence[Sequence[tuple[float, int]]]) -> float:
    amounts = sorted(amount for samples in series for _, amount in samples)
    return max(1.0, amounts[len(amounts) * 9 // 10] / BIN_SECONDS) if amounts else 1.0
