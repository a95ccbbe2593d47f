"""The memory of a table follows its use, and is mapped before packets need it."""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.testbed.network import Network
from tests.netns import needs_sandbox
from tests.supervisor.running import Supervised

pytestmark = needs_sandbox
RECORD_SIZE_OFFSET = 32  # StateHeader::record_size
AT_ONCE = 50_000
"""Sessions that are opened between two beats of the worker."""


@pytest.fixture
def supervised(
    supervisor_program: Path, session_driver: Path, tmp_path: Path, network: Network
) -> Iterator[Supervised]:
    with Supervised(supervisor_program, session_driver, tmp_path, network.firewall.path) as started:
        yield started


def sessions(capacity: int) -> str:
    return f"sessions :: SessionTable(CAPACITY {capacity}, UDP 3600); fill :: Sessions(sessions);"


def opened(supervised: Supervised, count: int) -> None:
    for some in range(AT_ONCE, count + AT_ONCE, AT_ONCE):
        asked = str(min(some, count))
        assert supervised.write("fill.open", asked, "control.sock")[0] == 200


def memory(supervised: Supervised) -> tuple[int, int]:
    """Return the bytes that the newest table of sessions takes up, and those of one record."""
    newest = supervised.memory_of("sessions/sessions")
    with newest.open("rb") as file:
        (size,) = struct.unpack("<I", os.pread(file.fileno(), 4, RECORD_SIZE_OFFSET))
    return newest.stat().st_blocks * 512, size


def mapped(supervised: Supervised) -> int:
    """Return the bytes of its newest table that the forwarding worker has mapped."""
    maps = Path(f"/proc/{supervised.pid()}/smaps").read_text()
    _, _, table = maps.partition("click-up sessions/sessions")
    (resident,) = re.findall(r"^Rss: +(\d+) kB", table, re.MULTILINE)[:1]
    return int(resident) * 1024


def test_few_sessions_in_a_huge_table_take_little_memory(supervised: Supervised) -> None:
    supervised.confirmed("one", sessions(1_000_000))
    opened(supervised, 1000)
    assert memory(supervised)[0] < 5_000_000
    supervised.confirmed("two", sessions(1_000_000))
    assert memory(supervised)[0] < 5_000_000, "a takeover maps nothing that was not there"
    supervised.takeover("three", sessions(4_000_000))
    assert supervised.status()["tables"]["sessions/sessions"]["records"] == 1000
    assert memory(supervised)[0] < 5_000_000


@pytest.mark.parametrize("carried", [False, True])
def test_a_full_table_takes_little_more_than_its_records(
    supervised: Supervised, carried: bool
) -> None:
    count = 1_000_000
    supervised.confirmed("one", sessions(count + 5 * carried))
    opened(supervised, count)
    if carried:
        report = supervised.takeover("two", sessions(count))
        assert report["states"]["sessions/sessions"]["migrated"] == count
    taken, record = memory(supervised)
    assert count * record < taken <= 1.5 * count * record


@pytest.mark.parametrize("carried", [False, True])
def test_no_packet_waits_for_a_page_after_a_takeover(supervised: Supervised, carried: bool) -> None:
    count = 50_000
    supervised.confirmed("one", sessions(4 * count))
    opened(supervised, count)
    supervised.takeover("two", sessions(4 * count + carried))
    assert mapped(supervised) > count * memory(supervised)[1], "every record, and more"
    opened(supervised, 2 * count)
    supervised.write("revert")
    assert supervised.status()["tables"]["sessions/sessions"]["records"] == 2 * count
    assert mapped(supervised) > 2 * count * memory(supervised)[1]
