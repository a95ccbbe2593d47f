"""Passes over spoiled revisions: none ends with an exception, none removes what was not deleted.

CLICKUP_THOROUGH=1 makes 10,000 passes; CLICKUP_SEED=N makes those of a run before.
"""

from __future__ import annotations

import os
import resource
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random, SystemRandom

import pytest

from reconciler.outcome import OutcomeKind
from reconciler.reconcile.loop import Loop
from tests.reconciler.devices.recorded import PARKS_NONE
from tests.reconciler.reconcile.house import House
from tests.reconciler.reconcile.pipeline import KEY
from tests.reconciler.reconcile.spoiling import Tree, commit_all, says_whole, spoiled
from tests.reconciler.reconcile.test_poor_devices import Poor

THOROUGH = bool(os.environ.get("CLICKUP_THOROUGH"))
PASSES = 10_000 if THOROUGH else 40
SEED = int(os.environ.get("CLICKUP_SEED") or (SystemRandom().randrange(1 << 32) if THOROUGH else 1))
pytestmark = pytest.mark.timeout(300 + PASSES)
MEMORY = 256 << 20
"""Bytes that the reconciler itself may take in addition, over all passes."""


@dataclass
class Passes:
    """A loop that is led from revision to revision, and its device."""

    house: House
    loop: Loop
    device: Poor

    async def follow(self, revision: str) -> OutcomeKind | None:
        """Make this the newest revision and run a pass; return what came of the instance."""
        self.house.repository.git("update-ref", "refs/heads/main", revision)
        outcomes = await self.loop._converge_all()
        (kind,) = {one.kind for key, one in outcomes.items() if key == KEY} or {None}
        return kind

    @property
    def runs(self) -> bool:
        return self.device.records.active is not None


def peak() -> int:
    """Return the most memory that this process had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


async def test_no_spoiled_revision_ends_the_loop_or_removes_what_runs(house: House) -> None:
    device = Poor(house, PARKS_NONE)
    passes = Passes(house, house.loop(), device)
    random = Random(f"{SEED}")
    house.repository.commit(soak="0s", settle="0s")
    await passes.loop.run_once()
    assert passes.runs
    folder = house.repository.folder
    good = {path.name: path.read_bytes() for path in folder.glob("*.yaml")}
    trees = [spoiled(random, good) for _ in range(PASSES)]
    before = peak()
    with passes.loop._reader.processes:  # the same for all passes, as in a loop that runs on
        await follow_all(passes, good, trees, commit_all(folder, trees))
    assert peak() - before < MEMORY


async def follow_all(
    passes: Passes, good: dict[str, bytes], trees: Sequence[Tree], revisions: Sequence[str]
) -> None:
    again = f"to see it again: CLICKUP_SEED={SEED}, pass"
    for number, (tree, revision) in enumerate(zip(trees, revisions, strict=True)):
        kind = await passes.follow(revision)
        assert kind is not OutcomeKind.BROKEN, f"{again} {number}"
        if says_whole(tree, good):
            assert passes.runs, f"{again} {number}"
