"""A driver with MatchPatterns, run over a capture."""

from __future__ import annotations

import json
import resource
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tests.packets import read_pcap, write_pcap

CLASSES = [
    *["CheckIP6Header", "CheckIPHeader", "CheckSession", "Classifier", "FromDump", "Idle"],
    *["MatchPatterns", "OpenSession", "SessionTable", "StreamTable", "Strip", "ToDump", "Unqueue"],
]
GRAPH = """
sessions :: SessionTable(CAPACITY 64);
streams :: StreamTable(CAPACITY 64, SEGMENTS {segments}, FOUND 64, WINDOW {window});
FromDump(in.pcap, STOP true) -> Unqueue(BURST 1) -> version :: Classifier(12/0800, 12/86dd);
check :: CheckSession(sessions);
version[0] -> Strip(14) -> CheckIPHeader -> check;
version[1] -> Strip(14) -> CheckIP6Header -> check;
match :: MatchPatterns(sessions, streams, RULES {rules}, ALERTS alerts.json{more});
check[0] -> match; check[1] -> OpenSession(sessions) -> match; check[2] -> match; check[3] -> match;
match[0] -> ToDump(clean.pcap, ENCAP IP);
match[1] -> ToDump(match.pcap, ENCAP IP);
match[2] -> ToDump(unseen.pcap, ENCAP IP);
"""
HANDLERS = ("clean", "match", "unseen", "suppressed", "lost", "jumps", "contradictions")


@dataclass(frozen=True)
class Seen:
    """Packets that left by each output, in order and without Ethernet header, and the alerts."""

    clean: list[bytes]
    match: list[bytes]
    unseen: list[bytes]
    alerts: list[dict[str, Any]]
    counts: dict[str, int]

    @property
    def rules(self) -> list[int]:
        return sorted(alert.get("rule", 0) for alert in self.alerts)


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def rules_of(patterns: dict[int, bytes], more: str = "") -> str:
    def hexadecimal(pattern: bytes) -> str:
        return "".join(f"\\x{byte:02x}" for byte in pattern)

    return "\n".join(f'{rule} "{hexadecimal(text)}" {more}' for rule, text in patterns.items())


def run(
    driver: Path,
    frames: Sequence[bytes],
    rules: str,
    *,
    segments: int = 4096,
    window: int = 131072,
    more: str = "",
    alerts: str = "",
    room: int | None = None,
) -> Seen:
    """Run MatchPatterns. The alerts file begins with `alerts`; the disk has `room` more bytes."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        write_pcap(place / "in.pcap", frames)
        graph = GRAPH.format(segments=segments, window=window, rules=quoted(rules), more=more)
        (place / "config.click").write_text(graph)
        (place / "alerts.json").write_text(alerts)
        command = [str(driver), "config.click"]
        for handler in HANDLERS:
            command += ["-h", f"match.{handler}"]
        done = subprocess.run(
            command, cwd=place, capture_output=True, text=True, timeout=60, check=False,
            restore_signals=False,  # a full disk is an error of write(), not a signal
            preexec_fn=None if room is None else partial(limit_files, len(alerts) + room),
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        told = (place / "alerts.json").read_text()
        assert told.startswith(alerts)
        files = {n: [c.data for c in read_pcap(place / f"{n}.pcap")] for n in HANDLERS[:3]}
        lines = [json.loads(line) for line in told.removeprefix(alerts).splitlines()]
        values = [line for line in done.stdout.splitlines() if line.isdigit()]
        counts = dict(zip(HANDLERS, map(int, values), strict=True))
    return Seen(**files, alerts=lines, counts=counts)


def limit_files(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
