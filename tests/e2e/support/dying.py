"""A reconciler that kills itself at a step boundary: `... DATA REPOSITORY CACHE BOUNDARY`.

Boundaries are printed as they are passed: `before Takeover`, `took over`, `after Takeover`; it dies
at the first one that equals BOUNDARY. Otherwise it ends when a pass has ended.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from reconciler.build import Builder
from reconciler.devices.reports import TakeoverReport
from reconciler.outcome import Outcome, OutcomeKind
from reconciler.reconcile import Dependencies, Planner
from reconciler.reconcile.loop import Loop
from reconciler.reporters.observers import Observer
from reconciler.source import GitSource, parse_reference
from reconciler.store import Ledger
from schemas.steps import Step
from tests.libraries import todays_library

UNDECIDED = (OutcomeKind.WAITING, OutcomeKind.SUPERSEDED, OutcomeKind.TRANSIENT)


class Dying(Observer):
    def __init__(self, boundary: str) -> None:
        self.boundary = boundary
        self.stop = asyncio.Event()

    def _pass(self, name: str) -> None:
        print(name, flush=True)
        if name == self.boundary:
            os.kill(os.getpid(), signal.SIGKILL)

    def step_started(self, key: str, step: Step) -> None:
        self._pass(f"before {step.kind.value}")

    def step_finished(self, key: str, step: Step) -> None:
        self._pass(f"after {step.kind.value}")

    def takeover(self, key: str, report: TakeoverReport) -> None:
        self._pass("took over")

    def pass_finished(self, key: str, outcome: Outcome) -> None:
        if outcome.kind not in UNDECIDED:
            print(f"outcome {outcome.kind.value}", flush=True)
            self.stop.set()


async def main(folder: Path, repository: str, cache: Path, boundary: str) -> None:
    library = todays_library()
    dying = Dying(boundary)
    planner = Planner(folder, library, Builder(cache, library))
    dependencies = Dependencies(planner, Ledger(folder / "ledger.db"), dying)
    source = GitSource(repository, parse_reference("main"), folder / "source.git")
    await Loop(source, dependencies).run(dying.stop)


if __name__ == "__main__":
    place, url, objects, dies_at = sys.argv[1:5]
    asyncio.run(main(Path(place), url, Path(objects), dies_at))
