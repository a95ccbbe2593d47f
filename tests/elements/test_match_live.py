"""Pattern sets and alert files that change while a driver forwards."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cpp import compile_driver
from tests.driver.running import ControlClient, RunningDriver
from tests.elements.matching import quoted
from tests.elements.streams import Piece, handshake
from tests.packets import write_pcap

CLASSES = [
    *["CheckIPHeader", "CheckSession", "Discard", "FromDump", "MatchPatterns", "OpenSession"],
    *["SessionTable", "StreamTable", "Strip", "Unqueue"],
]
GRAPH = """
sessions :: SessionTable(CAPACITY 64);
streams :: StreamTable(CAPACITY 64);
strip :: Strip(14) -> CheckIPHeader -> check :: CheckSession(sessions);
match :: MatchPatterns(sessions, streams, PATTERNS {folder}/one.rules, ALERTS {folder}/alerts.json);
check[0] -> match; check[1] -> OpenSession(sessions) -> match -> Discard; match[1] -> Discard;
"""
SOURCE = "{name} :: FromDump({folder}/{name}.pcap, ACTIVE false) -> Unqueue(BURST 1) -> strip;"
FILES = {
    "opening": [*handshake(), Piece(True, 0, b"...att").frame()],
    "rest": [Piece(True, 6, b"ack and default").frame()],
}


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_driver(tmp_path_factory.mktemp("live") / "driver", CLASSES)


class Running:
    def __init__(self, client: ControlClient, folder: Path) -> None:
        self.client = client
        self.folder = folder

    def write(self, handler: str, value: object) -> tuple[int, str]:
        self.client.send(f"WRITE {handler} {value}\r\n")
        return self.client.reply()

    def send(self, name: str) -> None:
        assert self.write(f"{name}.active", "true")[0] == 200
        while self.client.read(f"{name}.count") != str(len(FILES[name])):
            pass

    def rules(self, file: str, text: str) -> Path:
        path = self.folder / f"{file}.rules"
        path.write_text(text)
        return path

    def alerts(self, file: str = "alerts") -> list[dict[str, Any]]:
        lines = (self.folder / f"{file}.json").read_text().splitlines()
        return [json.loads(line) for line in lines]


@pytest.fixture
def running(driver: Path, tmp_path: Path) -> Iterator[Running]:
    (tmp_path / "one.rules").write_text('1 "attack"\n')
    text = GRAPH.format(folder=tmp_path)
    for name, frames in FILES.items():
        write_pcap(tmp_path / f"{name}.pcap", frames)
        text += SOURCE.format(name=name, folder=tmp_path)
    with RunningDriver(driver, text, tmp_path / "control") as process:
        yield Running(process.client(), tmp_path)


def test_another_set_goes_on_from_the_bytes_before(running: Running) -> None:
    running.send("opening")
    before = running.client.read("match.pattern_set")
    path = running.rules("two", '2 "tack a"\n3 ".att"\n4 "efa"\n')
    assert running.write("match.patterns", path) == (200, "Write handler 'match.patterns' OK")
    assert running.client.read("match.pattern_set") != before
    assert running.client.read("match.rule_count") == "3"
    assert str(path) in running.client.read("match.config")
    running.send("rest")
    assert [alert["rule"] for alert in running.alerts()] == [2, 4]


def test_further_rules_come_beside_the_file(running: Running) -> None:
    assert running.write("match.rules", quoted('9 "default"'))[0] == 200
    assert running.client.read("match.rules") == '9 "default"'
    assert running.client.read("match.rule_count") == "2"
    running.send("opening")
    running.send("rest")
    assert [alert["rule"] for alert in running.alerts()] == [1, 9]


@pytest.mark.parametrize(
    ("text", "message"),
    [('2 "ok"\n3 wrong\n', "bad.rules, line 2: the pattern comes behind"), (None, "No such file")],
)
def test_a_set_that_is_wrong_changes_nothing(running: Running, text: str, message: str) -> None:
    before = running.client.read("match.config"), running.client.read("match.pattern_set")
    path = running.rules("bad", text) if text else running.folder / "bad.rules"
    code, said = running.write("match.patterns", path)
    assert code == 520
    assert message in said
    assert (running.client.read("match.config"), running.client.read("match.pattern_set")) == before


def test_one_set_at_a_time(running: Running) -> None:
    lines = "".join(f'{n} "pattern number {n:06}"\n' for n in range(1, 20_001))
    path = running.rules("many", lines)
    running.client.send(f"WRITE match.patterns {path}\r\nWRITE match.patterns {path}\r\n")
    codes = [running.client.reply()[0] for _ in range(2)]
    assert codes in ([200, 200], [200, 520])
    assert running.client.read("match.rule_count") == "20000"
    assert int(running.client.read("match.pause_ns")) > 0


def test_alerts_go_to_another_file(running: Running) -> None:
    other = running.folder / "other.json"
    assert running.write("match.alerts", other)[0] == 200
    assert running.write("match.alerts", running.folder / "no" / "where")[0] == 520
    assert running.client.read("match.alerts") == str(other)
    running.send("opening")
    running.send("rest")
    assert [alert["rule"] for alert in running.alerts("other")] == [1]
    assert running.alerts() == []


MOST = 64 << 20


@pytest.mark.parametrize("first", [True, False])
def test_a_large_file_of_alerts_is_begun_anew(running: Running, first: bool) -> None:
    """By the first of several drivers that append to it; the others go on with what it began."""
    file, old = running.folder / "alerts.json", running.folder / "alerts.json.1"
    old.write_text("the one before\n")
    os.truncate(file, MOST)
    assert running.write("match.alerts", file)[0] == 200
    if not first:
        file.rename(old)
        file.write_text("")
    running.send("opening")
    running.send("rest")
    assert [alert["rule"] for alert in running.alerts()] == [1]
    assert old.stat().st_size == MOST


def test_streams_can_be_forgotten(running: Running) -> None:
    running.send("opening")
    assert running.client.read("streams.count") == "2"
    assert running.write("streams.window", 3000)[0] == 200
    assert running.client.read("streams.config") == "CAPACITY 64, WINDOW 3000\n"
    assert running.write("streams.flush", "")[0] == 200
    assert running.client.read("streams.count") == "0"
    running.send("rest")
    assert running.alerts() == [], "the first half was forgotten"
