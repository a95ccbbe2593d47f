"""Shows the progress of the walk-through: on a terminal a growing table and a bar, else lines."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from reconciler.demo.pace import Pace, write
from reconciler.demo.report import Strategy
from reconciler.demo.table import row, table
from reconciler.testbed.measure import Traffic

REFRESH_SECONDS = 0.25
BAR_WIDTH = 28
# Without a terminal, a line reports progress no more often than this.
LINE_SECONDS = 10.0


class Teller:
    """Prints lines for events; while something takes time, shows a bar with what is being done."""

    def __init__(self, console: Console, pace: Pace | None = None, times: Path | None = None):
        """`times` is the file that keeps `pace` for the next run."""
        self._console = console
        self._pace = pace or Pace()
        self._times = times
        self._started = time.monotonic()
        self._rows: list[Strategy] = []
        self._part, self._part_began, self._said_at = "", 0.0, 0.0
        self._done, self._total, self._what, self._counts = 0, 0, "", ""
        self._steady = True
        self._live = Live(
            console=console, get_renderable=self._render, transient=True,
            refresh_per_second=1 / REFRESH_SECONDS,
        )  # fmt: skip

    def say(self, glyph: str, text: str) -> None:
        """Print a line: ► action, ◎ waiting, ✔ done, ✗ failed."""
        seconds = time.monotonic() - self._started
        self._console.print(
            f"[dim]{seconds:6.1f} s[/dim] {glyph} {escape(text)}", highlight=False, soft_wrap=True
        )

    def row(self, strategy: Strategy) -> None:
        """Add a row to the table."""
        self.say("✔", row(strategy))
        self._rows.append(strategy)
        self._live.refresh()

    @contextmanager
    def live(self) -> Iterator[None]:
        """On a terminal, show progress while the block runs."""
        if not self._console.is_terminal:
            yield
            return
        with self._live:
            yield

    @contextmanager
    def part(self, name: str, text: str, steady: bool = True) -> Iterator[None]:
        """Show a part of the run as `text` while the block runs.

        The steps of a `steady` part take about equally long, so that they predict how long it
        takes.
        """
        self._steady = steady
        self._part, self._part_began, self._said_at = name, time.monotonic(), time.monotonic()
        self.step(0, 0, "")
        before = self._pace.last.get(name)
        self.say("►", text if before is None else f"{text} ({_seconds(before)} the last time)")
        yield
        self._pace.taken[name] = time.monotonic() - self._part_began
        self._part = self._counts = ""
        if self._times is not None:
            write(self._times, self._pace)

    def step(self, done: int, total: int, what: str) -> None:
        """Report how much of the part is done, and what is being done."""
        self._done, self._total, self._what = done, total, what
        if self._console.is_terminal or time.monotonic() - self._said_at < LINE_SECONDS:
            return
        self._said_at = time.monotonic()
        how_far = f"{done} of {total}, " if total else ""
        self.say("◎", f"{self._part}: {how_far}{what}; {self._left()}")

    @asynccontextmanager
    async def watch_traffic(self, name: str, traffic: Traffic) -> AsyncIterator[None]:
        """Show the traffic's counts while the block runs."""
        task = asyncio.create_task(self._follow(traffic))
        try:
            yield
        finally:
            task.cancel()
            self._counts = ""

    async def _follow(self, traffic: Traffic) -> None:
        while True:
            counts = traffic.progress
            self._counts = (
                f"{counts.get('udp_received', 0):,} of {counts.get('udp_sent', 0):,} packets, "
                f"{counts.get('http_requests', 0)} downloads, "
                f"{counts.get('http_failures', 0)} failed, {counts.get('tcp_resets', 0)} "
                "sessions lost"
            )
            await asyncio.sleep(REFRESH_SECONDS)

    def _left(self) -> str:
        elapsed = time.monotonic() - self._part_began
        share = self._done / self._total if self._total and self._steady else 0.0
        whole = self._pace.seconds_left(self._part, elapsed, share)
        if whole is not None:
            return f"about {_seconds(whole)} to the end"
        expected = self._pace.expected(self._part, elapsed, share)
        if expected is None:
            return _seconds(elapsed)
        return f"{_seconds(elapsed)} of about {_seconds(max(elapsed, expected))}"

    def _render(self) -> RenderableType:
        shown: list[RenderableType] = [table(self._rows)] if self._rows else []
        if self._part:
            line = Table.grid(padding=(0, 1))
            line.add_row(
                Text(self._part, style="bold"),
                ProgressBar(total=self._total or None, completed=self._done, width=BAR_WIDTH,
                            pulse=not self._total),
                Text(f"{self._done} of {self._total}" if self._total else ""),
                Text(self._what, overflow="ellipsis", no_wrap=True),
                Text(self._left(), style="dim"),
            )  # fmt: skip
            shown.append(line)
        if self._counts:
            shown.append(Text(self._counts, style="dim"))
        return Group(*shown)


def _seconds(value: float) -> str:
    minutes, seconds = divmod(round(value), 60)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
