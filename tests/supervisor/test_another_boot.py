"""Every state of the library, restored by a device that has rebooted: times before the boot keep
their age, and whatever is measured from them continues.
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from reconciler.checkpoints.file import read_checkpoint
from tests.elements.streams import CLIENT, SERVER, Piece, handshake
from tests.netns import needs_sandbox
from tests.packets import write_pcap
from tests.reconciler.checkpoints.writing import write_checkpoint
from tests.supervisor.conftest import Start
from tests.supervisor.running import Supervised, until
from tests.supervisor.saving import checkpoint, path_of, pull_the_plug

pytestmark = needs_sandbox

MOST = 80_000
"""Most seconds of downtime: FlowTable keeps flows for little more than a day."""
PATIENCE = 300
"""Seconds that the test may take."""
BURST = 1_000_000
NEIGHBOUR = "192.0.2.7"
GRAPH = f"""
sessions :: SessionTable(CAPACITY 64, TCP_UNACKNOWLEDGED 864000);
streams :: StreamTable(CAPACITY 64, SEGMENTS 64, FOUND 64);
nat :: Nat(EXTERNAL 203.0.113.1, CAPACITY 64, TCP_OPENING 864000, TCP_ESTABLISHED 864000);
web :: BalanceTable(SERVICES "tcp {SERVER}:80", BACKENDS "10.9.0.1; 10.9.0.2; 10.9.0.3",
  CAPACITY 64, TCP_OPENING 864000, TCP_ESTABLISHED 864000);
limits :: TokenBuckets(RATE 1bps, BURST 1Mbit, CAPACITY 64, WAITING 16);
flows :: FlowTable(CAPACITY 64, ACTIVE 86400, IDLE 86400);
export :: ExportFlows(flows, COLLECTOR 198.51.100.7, SOURCE 192.0.2.9) -> Discard;
stations :: StationTable(CAPACITY 64, AGEING 1000000);
neighbours :: NeighbourTable(CAPACITY 64, TIMEOUT 864000, WAITING 16);

in :: FromDump({{file}}, ACTIVE false) -> Queue -> Unqueue(BURST 1) -> all :: Counter -> t :: Tee;
t[0] -> bridge :: LearnBridge(stations, lan, wan) -> Discard; Idle -> [1]bridge[1] -> Discard;
t[1] -> Strip(14) -> CheckIPHeader -> MeterFlows(flows) -> Police(limits, KEY source)
  -> check :: CheckSession(sessions);
match :: MatchPatterns(sessions, streams, RULES "1 \\"attack\\"");
check[0] -> match;
check[1] -> opened :: Counter -> OpenSession(sessions) -> match;
match[0] -> way :: IPClassifier(src host {CLIENT}, -); match[1] -> found :: Counter -> way;
way[0] -> both :: Tee; way[1] -> Discard;
both[0] -> TranslateOut(nat) -> Discard;
both[1] -> Balance(web) -> Discard;
"""
BEFORE = [*handshake(), *(Piece(True, 1400 * n, bytes(1400)).frame() for n in range(20)),
          Piece(True, 28_000, b"....att").frame()]  # fmt: skip
AFTER = [Piece(True, 28_007, b"ack").frame()]
TABLES = {
    "sessions.table": (4, -1), "nat.table": (5, -1), "web.table": (5, -1),
    "stations.table": (3, -1), "neighbours.table": (3, 1), "flows.table": (7, 1),
}  # fmt: skip
"""Index of the word of a line that is seconds, and whether they are left or passed."""


def begin(supervised: Supervised, name: str, frames: list[bytes]) -> None:
    file = supervised.directory / f"{name}.pcap"
    write_pcap(file, frames)
    supervised.confirmed(name, GRAPH.replace("{file}", str(file)))


def tell(supervised: Supervised, handler: str, value: str) -> None:
    code, answer = supervised.write(handler, value, "control.sock")
    assert code == 200, answer


def play(supervised: Supervised, packets: int) -> None:
    tell(supervised, "in.active", "true")
    until(lambda: supervised.worker("all.count") == str(packets), "all packets have come")


def lines(supervised: Supervised, handler: str) -> list[list[str]]:
    return sorted(line.split() for line in supervised.worker(handler).splitlines())


def tokens(supervised: Supervised) -> int:
    """Return the tokens of the client's bucket."""
    found = {key: int(left) for key, left in lines(supervised, "limits.table")}
    return found[f"{CLIENT}/32"]


def as_of_another_boot(path: Path) -> int:
    """Change the file as if the device had been off before it booted: some times lie before the
    boot, unless that was long ago. Return the seconds of downtime.
    """
    written = read_checkpoint(path)
    off = min(int(time.clock_gettime(time.CLOCK_BOOTTIME)) + 600, MOST)
    write_checkpoint(path, replace(
        written, boot_id=UUID(int=5), real_time_ns=written.real_time_ns - off * 10**9
    ))  # fmt: skip
    return off


@pytest.fixture
def running(start: Start, session_driver: Path) -> Supervised:
    supervised = start(driver=session_driver)
    begin(supervised, "one", BEFORE)
    for rate in ("2bps", "1bps"):  # so that the limit has a history
        tell(supervised, "limits.rate", rate)
    tell(supervised, "neighbours.insert", f"{NEIGHBOUR} 02:00:00:00:00:07")
    play(supervised, len(BEFORE))
    return supervised


def test_all_states_go_on(running: Supervised, start: Start, session_driver: Path) -> None:
    before = {handler: lines(running, handler) for handler in TABLES}
    assert all(before.values())
    spent = BURST - tokens(running)
    path = path_of(running, checkpoint(running)["file"])
    pull_the_plug(running)
    off = as_of_another_boot(path)
    again = start(driver=session_driver)
    begin(again, "two", AFTER)
    assert tokens(again) - (BURST - spent + off) in range(PATIENCE)
    until(lambda: again.worker("export.messages") == "1", "templates are sent again")
    for handler, (word, sign) in TABLES.items():
        assert aged(before[handler], lines(again, handler), word, sign * off), handler
    play(again, len(AFTER))
    assert again.worker("found.count") == "1", "half of the pattern was seen before"
    assert again.worker("opened.count") == "0"
    assert [len(lines(again, handler)) for handler in TABLES] == list(map(len, before.values()))


def aged(before: list[list[str]], after: list[list[str]], word: int, by: int) -> bool:
    """Return whether the lines differ only in seconds, which passed for all."""

    def others(line: list[str]) -> list[str]:
        return line[:word] + line[word + 1 :]

    return list(map(others, before)) == list(map(others, after)) and all(
        abs(int(new[word]) - int(old[word]) - by) < PATIENCE
        for old, new in zip(before, after, strict=True)
    )
