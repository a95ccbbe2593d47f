"""CoDel's decision against the pseudocode of RFC 8289 run on a queue."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from math import sqrt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.kernels.conversation import Conversation
from tests.kernels.programs import compile_named

MS = 1_000_000


@pytest.fixture(scope="module")
def delays(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Conversation]:
    with Conversation(compile_named("delays", tmp_path_factory.mktemp("delays"))) as delays:
        yield delays


@dataclass
class Codel:
    """Section 5 of RFC 8289; `queue` holds times of arrival, deque() returns what was dropped."""

    target: int
    interval: int
    queue: deque[int] = field(default_factory=deque)
    first_above: int = 0
    drop_next: int = 0
    count: int = 0
    last_count: int = 0
    dropping: bool = False

    def _dodeque(self, now: int) -> tuple[int | None, bool]:
        if not self.queue:
            self.first_above = 0
            return None, False
        arrived = self.queue.popleft()
        if now - arrived < self.target or not self.queue:
            self.first_above = 0
        elif self.first_above == 0:
            self.first_above = now + self.interval
        elif now >= self.first_above:
            return arrived, True
        return arrived, False

    def _control_law(self, start: int, count: int) -> int:
        return start + int(self.interval / sqrt(count))

    def deque(self, now: int) -> list[tuple[int, bool]]:
        """Return the packets that leave the queue up to one that passes, and if each was lost."""
        out: list[tuple[int, bool]] = []
        arrived, ok_to_drop = self._dodeque(now)
        if arrived is None:
            self.dropping = False
            return out
        if self.dropping:
            if not ok_to_drop:
                self.dropping = False
            while now >= self.drop_next and self.dropping:
                assert arrived is not None
                out.append((arrived, True))
                self.count += 1
                arrived, ok_to_drop = self._dodeque(now)
                if not ok_to_drop:
                    self.dropping = False
                else:
                    self.drop_next = self._control_law(self.drop_next, self.count)
        elif ok_to_drop:
            out.append((arrived, True))
            arrived, _ = self._dodeque(now)
            self.dropping = True
            delta = self.count - self.last_count
            self.count = 1
            if delta > 1 and now - self.drop_next < 16 * self.interval:
                self.count = delta
            self.drop_next = self._control_law(now, self.count)
            self.last_count = self.count
        if arrived is not None:
            out.append((arrived, False))
        return out


steps = st.lists(
    st.tuples(st.integers(0, 3 * MS), st.integers(0, 3), st.integers(0, 2)),
    min_size=1,
    max_size=200,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=steps, backlog=st.integers(0, 300))
def test_drops_as_the_standard_says(
    delays: Conversation, steps: list[tuple[int, int, int]], backlog: int
) -> None:
    """In every step, time advances, some packets arrive and some leave."""
    model = Codel(target=2 * MS, interval=20 * MS, queue=deque([0] * backlog))
    delays.ask("start", model.target, model.interval)
    now = 1
    for passed, arriving, leaving in steps:
        now += passed
        model.queue.extend([now] * arriving)
        for _ in range(leaving):
            stored = deque(model.queue)
            for arrived, dropped in model.deque(now):
                stored.popleft()
                answer = delays.ask("leave", now, now - arrived, int(not stored))
                assert answer == ("drop" if dropped else "keep")


def test_the_frequency_of_drops_grows_while_the_queue_stands(delays: Conversation) -> None:
    delays.ask("start", 5 * MS, 100 * MS)
    answers = [delays.ask("leave", now * MS, 50 * MS, 0) for now in range(1, 2001)]
    drops = [now for now, answer in enumerate(answers, 1) if answer == "drop"]
    between = [later - earlier for earlier, later in pairwise(drops)]
    assert drops[0] == 101
    assert between[0] == 100 and between[-1] < 30
    assert all(later <= earlier + 1 for earlier, later in pairwise(between))
