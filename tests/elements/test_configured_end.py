"""A run that ends by itself (STOP) lets everything that is under way finish first."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.elements.frames import Drive
from tests.packets import read_pcap, write_pcap

CLICK = shutil.which("click")
FRAMES = [number.to_bytes(2, "big") * 30 for number in range(525)]
"""Eight batches of 64 packets, and 13 packets more."""
SINK_FIRST = """
d :: ToDump(out.pcap);
q :: Queue;
s :: FromDump(in.pcap, STOP true);
s -> q -> d;
"""
CHAIN = """
d :: ToDump(out.pcap);
q3 :: Queue -> Unqueue(BURST 1) -> q4 :: Queue -> d;
q2 :: Queue -> Unqueue -> q3;
q1 :: Queue -> Unqueue -> q2;
s :: FromDump(in.pcap, STOP true);
s -> q1;
"""
COUNTED = """
d :: Discard;
q :: Queue;
c :: Counter;
s :: InfiniteSource(LIMIT 5, STOP true);
s -> q -> c -> d;
"""


@pytest.mark.parametrize("text", [SINK_FIRST, CHAIN], ids=["sink-first", "chain"])
def test_all_packets_of_a_file_are_written(drive: Drive, tmp_path: Path, text: str) -> None:
    write_pcap(tmp_path / "in.pcap", FRAMES)
    done = drive(text)
    assert (done.returncode, done.stderr) == (0, "")
    assert [record.data for record in read_pcap(tmp_path / "out.pcap")] == FRAMES


def test_all_packets_of_a_source_are_counted(drive: Drive) -> None:
    assert drive(COUNTED, "c.count").stdout == "5\n"


@pytest.mark.parametrize(
    "endless",
    [
        "InfiniteSource -> Queue -> Unqueue -> Discard;",
        "InfiniteSource -> Unqueue -> Discard;",
        "InfiniteSource(LIMIT 10) -> ring :: Queue -> Unqueue -> ring;",
    ],
    ids=["pushed", "pulled", "ring"],
)
def test_what_never_gets_empty_holds_up_no_end(drive: Drive, tmp_path: Path, endless: str) -> None:
    write_pcap(tmp_path / "in.pcap", FRAMES)
    done = drive(endless + SINK_FIRST)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(read_pcap(tmp_path / "out.pcap")) == len(FRAMES)


@pytest.mark.skipif(CLICK is None, reason="needs Click's program `click` on PATH")
def test_click_agrees(tmp_path: Path) -> None:
    write_pcap(tmp_path / "in.pcap", FRAMES)
    subprocess.run([str(CLICK), "-e", SINK_FIRST], cwd=tmp_path, timeout=60, check=True)
    assert [record.data for record in read_pcap(tmp_path / "out.pcap")] == FRAMES
    counted = [str(CLICK), "-e", COUNTED, "-h", "c.count"]
    done = subprocess.run(counted, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "5\n"
