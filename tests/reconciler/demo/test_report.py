"""report.json has the published shape, the table and the picture show what is in it."""

import json
import xml.etree.ElementTree as ElementTree
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from reconciler.demo.measure import TrafficResult
from reconciler.demo.picture import grouped, picture
from reconciler.demo.report import (
    Converge,
    Measured,
    Report,
    Revert,
    Strategy,
    milliseconds,
    summary,
    table,
    write_report,
)


def traffic_result(**changed: object) -> TrafficResult:
    values = {
        "udp_sent": 2_000, "udp_received": 2_000, "udp_duplicated": 0, "udp_reordered": 0,
        "missing": (), "gaps": ((10.5, 10.75),), "ring_drops": 0, "http_requests": 9,
        "http_failures": 0, "tcp_sessions": 5, "tcp_resets": 0, "tcp_stalled": 0,
        "connect_failures": 0, "http_samples": tuple((10 + i / 20, 100_000) for i in range(40)),
        "udp_samples": tuple((10 + i / 20, 50) for i in range(40)),
    }  # fmt: skip
    return TrafficResult.model_validate(values | changed)


def strategy(**changed: object) -> Strategy:
    values = {
        "name": "click-up", "pauses_ms": (0.1,) * 10, "udp_sent": 2_000, "udp_lost": 0,
        "http_requests": 9, "http_failures": 0, "tcp_sessions": 5, "tcp_resets": 0,
        "sessions_before": 5, "sessions_after": 5, "build_seconds": 3.0, "classes_compiled": 2,
    }  # fmt: skip
    return Strategy.model_validate(values | changed)


def report(**changed: object) -> Report:
    revert = Revert(pause_ms=0.2, udp_lost=0, tcp_resets=0, revision_rejected=True)
    return Report(
        strategies=(strategy(name="cold", pauses_ms=(41_000.0,), udp_lost=9), strategy(**changed)),
        revert=revert,
        converge_seconds=Converge(no_build=0.5, with_build=4.0),
    )


def test_report_json_has_the_published_keys(tmp_path: Path) -> None:
    write_report(tmp_path, report(), ())
    written = json.loads((tmp_path / "report.json").read_text())
    assert list(written) == ["strategies", "revert", "converge_seconds"]
    assert list(written["strategies"][0]) == [
        "name", "pauses_ms", "udp_sent", "udp_lost", "http_requests", "http_failures",
        "tcp_sessions", "tcp_resets", "sessions_before", "sessions_after", "build_seconds",
        "classes_compiled",
    ]  # fmt: skip
    assert list(written["revert"]) == ["pause_ms", "udp_lost", "tcp_resets", "revision_rejected"]
    assert list(written["converge_seconds"]) == ["no_build", "with_build"]


def test_a_clean_run_has_no_failures() -> None:
    assert report().failures() == ()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"udp_lost": 1}, "lost 1 packets"),
        ({"tcp_resets": 2}, "2 TCP sessions"),
        ({"http_failures": 3}, "3 HTTP requests"),
        ({"pauses_ms": (0.1, 1.5, 1.6)}, "1.500 ms"),
    ],
)
def test_each_broken_promise_is_named(changed: dict[str, object], said: str) -> None:
    (failure,) = report(**changed).failures()
    assert said in failure


def test_table_and_summary_show_every_figure() -> None:
    console = Console(width=120, record=True, file=StringIO())
    console.print(table(report()))
    text = console.export_text()
    for shown in ("41.0 s", "0.100 ms (median of 10)", "9 of 2,000", "3.0 s", "click-up"):
        assert shown in text
    assert "0.50 s without a build, 4.00 s with one" in summary(report())[1]


def test_durations_have_readable_units() -> None:
    assert [milliseconds(v) for v in (0.0421, 12.3, 41_234.0)] == ["0.042 ms", "12 ms", "41.2 s"]


def test_gap_is_looked_for_in_its_time() -> None:
    assert traffic_result().gap_ms(10.0, 11.0) == pytest.approx(250)
    assert traffic_result().gap_ms(11.0, 12.0) == 0


def test_missing_samples_are_drawn_as_nothing() -> None:
    values = grouped(((0.0, 10), (0.05, 10), (0.6, 10)), 0.0, 0.8)
    assert values == pytest.approx([100, 0, 0, 50])


def test_picture_is_svg_with_a_panel_and_a_mark_for_each_run() -> None:
    runs = [
        Measured(name=name, traffic=traffic_result(), marks=((11.0, "upgrade <2>"),))
        for name in ("cold", "click-up")
    ]
    root = ElementTree.fromstring(picture(runs))
    space = "{http://www.w3.org/2000/svg}"
    assert len(root.findall(f"{space}polygon")) == len(root.findall(f"{space}polyline")) == 2
    texts = [text.text for text in root.findall(f"{space}text")]
    assert {"cold", "click-up", "upgrade <2>"} <= set(texts)
