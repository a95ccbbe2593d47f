"""report.json has the published shape; the table and the picture show its content."""

import json
import xml.etree.ElementTree as ElementTree
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from reconciler.demo.picture import picture, rates
from reconciler.demo.report import (
    Converge,
    Measured,
    Priorities,
    Report,
    Revert,
    Strategy,
    write_report,
)
from reconciler.demo.table import milliseconds, row, summary, table
from reconciler.testbed.measure import TrafficResult
from reconciler.testbed.places import Keeping, Places


def traffic_result(**changed: object) -> TrafficResult:
    values = {
        "udp_sent": 2_000, "udp_received": 2_000, "udp_duplicated": 0, "udp_reordered": 0,
        "missing": (), "gaps": ((10.5, 10.75),), "ring_drops": 0, "http_requests": 9,
        "http_failures": 0, "tcp_sessions": 5, "tcp_resets": 0, "tcp_stalled": 0,
        "connect_failures": 0, "udp_arrived": 2_000, "link_drops": 0, "keeping": Keeping(),
        "http_samples": tuple((10 + i / 20, 100_000) for i in range(40)),
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


ALLOWED = Priorities(worker="realtime", measuring="realtime")


def report(priorities: Priorities = ALLOWED, **changed: object) -> Report:
    revert = Revert(pause_ms=0.2, udp_lost=0, tcp_resets=0, revision_rejected=True)
    cold = strategy(
        name="cold", pauses_ms=(41_000.0,), udp_lost=9, built="firewall", classes_compiled=19,
        udp_lost_at=Places(firewall=9),
    )  # fmt: skip
    return Report(
        strategies=(strategy(**changed), cold),
        revert=revert,
        converge_seconds=Converge(no_build=0.5, with_build=4.0),
        priorities=priorities,
    )


def test_report_json_has_the_published_keys(tmp_path: Path) -> None:
    write_report(tmp_path, report(), ())
    written = json.loads((tmp_path / "report.json").read_text())
    assert list(written) == ["strategies", "revert", "converge_seconds", "priorities"]
    assert list(written["strategies"][0]) == [
        "name", "pauses_ms", "udp_sent", "udp_lost", "http_requests", "http_failures",
        "tcp_sessions", "tcp_resets", "sessions_before", "sessions_after", "build_seconds",
        "classes_compiled", "built", "ring_dropped", "udp_lost_at", "measuring",
    ]  # fmt: skip
    assert list(written["revert"]) == [
        "pause_ms", "udp_lost", "tcp_resets", "revision_rejected", "http_failures", "ring_dropped",
        "udp_lost_at", "measuring",
    ]  # fmt: skip
    assert list(written["priorities"]) == ["worker", "measuring"]
    assert list(written["converge_seconds"]) == ["no_build", "with_build"]


def test_a_clean_run_has_no_failures() -> None:
    assert report().failures() == ()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"udp_lost": 1, "udp_lost_at": Places(firewall=1)}, "lost 1 packets of the stream"),
        ({"ring_dropped": 4}, "4 packets of any kind in its rings"),
        ({"tcp_resets": 2}, "2 TCP sessions"),
        ({"http_failures": 3}, "3 HTTP requests"),
        ({"pauses_ms": (0.1, 1.5, 1.6)}, "1.500 ms"),
    ],
)
def test_each_broken_promise_is_named(changed: dict[str, object], said: str) -> None:
    (failure,) = report(**changed).failures()
    assert said in failure


def test_what_others_lost_is_told_and_is_no_failure_of_ours() -> None:
    lost_at = Places(before_firewall=3, after_firewall=2, receiver=1)
    late = Keeping(sender_late_ms=312.0, udp_skipped=40, tcp_starved=1)
    told = report(udp_lost=6, udp_lost_at=lost_at, measuring=late)
    assert told.failures() == ()
    text = "\n".join(summary(told))
    for said in ("3 packets dropped on the way to it", "2 packets dropped on the way from it",
                 "1 packets that found", "40 packets left out", "1 TCP sessions"):  # fmt: skip
        assert f"{said}" in text
    assert "312 ms" in printed(told)
    assert "6 of 2,000 packets (0 at the firewall, 6 elsewhere)" in row(told.strategies[0])


def test_what_the_machine_did_not_allow_is_said() -> None:
    assert not any("does not allow" in line for line in summary(report()))
    refused = report(Priorities(worker="normal", measuring="normal"))
    assert any("does not allow real-time priority" in line for line in summary(refused))


def printed(shown: Report) -> str:
    console = Console(width=120, record=True, file=StringIO())
    console.print(table(shown.strategies))
    return console.export_text()


def test_table_and_summary_show_every_figure() -> None:
    text = printed(report())
    for shown in ("41.0 s", "0.100 ms (median of 10)", "9 of 2,000", "3.0 s", "click-up"):
        assert shown in text
    assert "19, from nothing" in text
    assert "0.50 s without a build, 4.00 s with one" in summary(report())[1]


def test_durations_have_readable_units() -> None:
    assert [milliseconds(v) for v in (0.0421, 12.3, 41_234.0)] == ["0.042 ms", "12 ms", "41.2 s"]


def test_gap_is_looked_for_in_its_time() -> None:
    assert traffic_result().gap_ms(10.0, 11.0) == pytest.approx(250)
    assert traffic_result().gap_ms(11.0, 12.0) == 0


def test_missing_samples_are_drawn_as_nothing() -> None:
    values = rates(((0.0, 10), (0.05, 10), (0.6, 10)), 0.0, 0.8)
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
