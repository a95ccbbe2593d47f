"""Revisions that are too much to read: each is refused by the name of its limit, what runs stays,
and the next good one is applied.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.errors import Stalled
from reconciler.library import Library
from reconciler.load.desired_state import read_desired_state
from reconciler.outcome import OutcomeKind
from reconciler.reconcile.reading import Reader
from reconciler.resolve import resolve
from reconciler.yaml.limits import DEFAULT, Limits
from tests.reconciler.confined.processes import server_of, until_below
from tests.reconciler.reconcile.house import House
from tests.reconciler.reconcile.pipeline import DEVICE, ELEMENT, KEY, ROLLOUT

MUCH = "- 1\n" * 90_000
"""Less than every other limit."""
VALUES = {"version": "1.0.0", "rate": 9, "counter": "seen", "settle": "1s", "soak": "1s"} | {
    "probe": "gone.count >= 0", "confirm": "20s", "drift": "heal"
}  # fmt: skip
FILES = {"device.yaml": DEVICE, "rollout.yaml": ROLLOUT % VALUES, "element.yaml": ELEMENT % VALUES}


def replace_all_by_much(house: House) -> None:
    for file in house.repository.folder.glob("*.yaml"):
        file.unlink()
    (house.repository.folder / "much.yaml").write_text(MUCH)
    house.repository.commit_all()


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        (replace(DEFAULT, read_memory=24 << 20), "than 25165824 (limit read-memory)."),
        (replace(DEFAULT, read_seconds=1), "takes more seconds than 1 (limit read-seconds)."),
    ],
    ids=["memory", "seconds"],
)
async def test_a_revision_beyond_a_limit_is_refused(
    house: House, limits: Limits, told: str
) -> None:
    house.limits = limits
    async with house.running() as loop:
        await house.applied(house.repository.commit())
        running = await house.supervisor()
        replace_all_by_much(house)
        await loop_refused(house, told)
        assert loop.desired_state is not None and loop.desired_state.desired(KEY) is not None
        assert await house.supervisor() == running
        (house.repository.folder / "much.yaml").unlink()
        await house.applied(house.repository.commit(rate=2000))
    assert OutcomeKind.REMOVED not in {outcome.kind for outcome in house.recorder.outcomes}


async def test_a_reading_that_is_killed_is_refused_and_tried_again(house: House) -> None:
    async with house.running() as loop:
        await house.applied(house.repository.commit())
        server = server_of(loop._reader.processes)
        (house.repository.folder / "much.yaml").write_text(MUCH)
        house.repository.commit(rate=2000)
        *_, worker = await until_below(server, 2)
        os.kill(worker, signal.SIGKILL)
        await loop_refused(house, "was killed by SIGKILL, within 2147483648 (limit read")
        await house.applied(house.repository.commit())


async def test_an_instance_beyond_a_limit_stalls_alone(library: Library) -> None:
    many = "".join(f"    a{number}: {{use: Discard}}\n" for number in range(4000))
    element = FILES["element.yaml"].replace("  atoms:\n", f"  atoms:\n{many}")
    desired = read_desired_state("main", {**FILES, "element.yaml": element}, DEFAULT).desired(KEY)
    assert desired is not None
    told = pytest.raises(Stalled, match="resolving box/stream takes more bytes")
    reader = Reader(library, replace(DEFAULT, read_memory=1 << 20))
    with reader.processes, told as raised:
        await reader.resolve(desired)
    (mistake,) = raised.value.diagnostics
    assert (mistake.file, mistake.line, mistake.summary) == ("element.yaml", 6, "Too much to read")


async def loop_refused(house: House, told: str) -> None:
    async def is_told() -> bool:
        return any(told in message for _, message in house.recorder.events)

    await house.until(is_told, 60.0)


@pytest.fixture
def reader(library: Library) -> Iterator[Reader]:
    made = Reader(library, DEFAULT)
    with made.processes:
        yield made


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(changed=st.sampled_from(sorted(FILES)), place=st.integers(0, 400), put=st.text(max_size=9))
def test_what_is_read_elsewhere_is_what_is_read_here(
    reader: Reader, changed: str, place: int, put: str
) -> None:
    text = FILES[changed]
    files = {**FILES, changed: text[:place] + put + text[place:]}
    here = read_desired_state("main", files, DEFAULT)
    there = asyncio.run(reader.read("main", files))
    assert there == here
    assert [*there.digests.items()] == [*here.digests.items()]
    assert str(there.repository.diagnostics) == str(here.repository.diagnostics)


async def test_what_is_resolved_elsewhere_is_what_is_resolved_here(
    reader: Reader, library: Library
) -> None:
    desired = read_desired_state("main", FILES, DEFAULT).desired(KEY)
    assert desired is not None
    there = await reader.resolve(desired)
    assert await reader.resolve(desired) is there
    assert there.graph.elements
    assert there == resolve(desired, library)
