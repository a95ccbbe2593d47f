"""Without a terminal, lines report progress; a terminal shows the rows so far and a bar."""

import json
from io import StringIO
from pathlib import Path

from rich.console import Console

from reconciler.demo.pace import Pace
from reconciler.demo.telling import Teller
from tests.reconciler.demo.test_report import strategy


def test_a_part_says_what_it_took_the_last_time_and_leaves_what_it_took(tmp_path: Path) -> None:
    out, times = StringIO(), tmp_path / "times.json"
    tell = Teller(Console(file=out, width=100), Pace(("driver",), {"driver": 83.0}), times)
    with tell.live(), tell.part("driver", "building a driver"):
        tell.step(1, 53, "CheckIPHeader")
    assert "► building a driver (1 min 23 s the last time)" in out.getvalue()
    assert json.loads(times.read_text())["driver"] < 83.0


def test_a_row_is_a_line_as_soon_as_it_is_there() -> None:
    out = StringIO()
    Teller(Console(file=out, width=100)).row(strategy())
    assert "✔ click-up: out of service 0.100 ms (median of 10)" in out.getvalue()
    assert "0 of 2,000 packets, 0 of 5 TCP sessions, 0 of 9 HTTP requests" in out.getvalue()


def test_a_terminal_has_the_rows_so_far_and_what_is_being_done() -> None:
    out = StringIO()
    console = Console(file=out, width=120, height=40, force_terminal=True)
    tell = Teller(console, Pace(("driver", "cold"), {"driver": 40.0, "cold": 50.0}))
    with tell.live(), tell.part("driver", "building a driver"):
        tell.step(12, 53, "CheckIPHeader")
        tell.row(strategy())
    shown = out.getvalue()
    for text in ("edge-firewall 1.0.0 -> 2.0.0", "0.100 ms (median of 10)", "12 of 53",
                 "CheckIPHeader", "about 1 min 30 s to the end"):  # fmt: skip
        assert text in shown
