"""Devices that cannot let one release take over from another, or keep none parked."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from reconciler.apply import apply
from reconciler.apply.work import Contents, Work
from reconciler.devices.client import Release
from reconciler.devices.reports import TakeoverReport
from reconciler.errors import Superseded
from reconciler.outcome import OutcomeKind
from reconciler.reporters.observers import Observer
from schemas.capabilities import Capabilities
from schemas.plan import Plan
from schemas.steps import Start, Step, Stop, Takeover, Verify, WhenFailed
from tests.reconciler.devices.recorded import (
    PARKS_NONE,
    STOPS_AND_STARTS,
    RecordedDevice,
    Records,
)
from tests.reconciler.reconcile.house import House
from tests.reconciler.reconcile.pipeline import KEY

CLASSES = {"RatedSource", "Counter", "Discard"}
UPGRADES = {
    STOPS_AND_STARTS: ["Stage", "Stop", "Start", "Takeover", "Verify", "Confirm"],
    PARKS_NONE: ["Stage", "Takeover", "Verify", "Confirm"],
}
EVERY_KIND = pytest.mark.parametrize("can", UPGRADES, ids=["stops and starts", "parks none"])
NEVER = "gone.count >= 1"  # nothing is ever counted there


@dataclass
class Poor:
    """A house whose only device has fewer capabilities."""

    house: House
    can: Capabilities
    records: Records = field(default_factory=Records)
    classes: set[str] = field(default_factory=lambda: set(CLASSES))

    def __post_init__(self) -> None:
        self.house.open = lambda *_: RecordedDevice(
            KEY, self.records, frozenset(self.classes), self.can
        )

    @property
    def runs(self) -> str:
        """Return the active release, which must be confirmed."""
        active = self.records.active
        assert active is not None and not self.records.unconfirmed
        return active.release

    async def once(self) -> tuple[OutcomeKind, list[str]]:
        """Run a pass; return its outcome and its steps."""
        self.house.recorder.steps.clear()
        return (await self.house.once()).kind, list(self.house.recorder.steps)


@EVERY_KIND
async def test_a_release_is_replaced_as_the_device_can(house: House, can: Capabilities) -> None:
    poor = Poor(house, can)
    house.repository.commit()
    first = ["Stage", "Start", "Takeover", "Verify", "Confirm"]
    assert await poor.once() == (OutcomeKind.APPLIED, first)
    old = poor.runs
    house.repository.commit(counter="counted")
    assert await poor.once() == (OutcomeKind.APPLIED, UPGRADES[can])
    assert poor.runs != old
    assert await poor.once() == (OutcomeKind.UNCHANGED, [])


@EVERY_KIND
@pytest.mark.parametrize("drift", ["heal", "report"])
async def test_what_failed_is_replaced_by_what_was_good(
    house: House, can: Capabilities, drift: str
) -> None:
    poor = Poor(house, can)
    house.repository.commit(drift=drift)
    await poor.once()
    good = poor.runs
    house.repository.commit(counter="counted", probe=NEVER)
    assert await poor.once() == (OutcomeKind.REVERTED, UPGRADES[can][:-1])
    assert poor.records.unconfirmed
    assert await poor.once() == (OutcomeKind.REJECTED, UPGRADES[can])
    assert poor.runs == good
    assert await poor.once() == (OutcomeKind.REJECTED, [])


async def test_what_cannot_start_is_replaced_by_what_was_good(house: House) -> None:
    poor = Poor(house, STOPS_AND_STARTS)
    house.repository.commit()
    await poor.once()
    good = poor.runs
    house.repository.commit(counter="counted")
    poor.classes.remove("Counter")
    assert (await poor.once())[0] is OutcomeKind.REVERTED
    assert poor.records.active is None, "it was stopped, and nothing else could start"
    poor.classes.add("Counter")
    again = ["Stage", "Takeover", "Verify", "Confirm"]
    assert await poor.once() == (OutcomeKind.REJECTED, again)
    assert poor.runs == good


@EVERY_KIND
async def test_the_newest_replaces_what_nobody_confirmed(house: House, can: Capabilities) -> None:
    """A reconciler that died during a soak left it; no revert will come that could be awaited."""
    poor = Poor(house, can)
    house.repository.commit()
    await poor.once()
    poor.records.unconfirmed = True
    house.repository.commit(counter="counted")
    assert await poor.once() == (OutcomeKind.APPLIED, UPGRADES[can])


async def test_a_stop_is_followed_by_a_start_whatever_is_committed(
    house: House, tmp_path: Path
) -> None:
    records = Records(started=True)
    records.releases["new"] = Release("new", tmp_path / "driver", "i :: Idle;", "{}")
    device = RecordedDevice(KEY, records, capabilities=STOPS_AND_STARTS)
    verify = Verify(
        release="new", probes=(), settle=0, soak=60, interval=1, when_failed=WhenFailed.REPLACE
    )
    steps = (Stop(), Start(), Takeover(release="new", confirm_timeout=30), verify)
    plan = Plan(instance=KEY, release="new", running="old", steps=steps)
    superseded = asyncio.Event()
    work = Work(
        "1", plan, Contents(), device, house.planner.snapshots, house.builder,
        CommitsAtTheStop(superseded), Silent(), superseded,
    )  # fmt: skip
    with pytest.raises(Superseded, match="during verification"):
        await apply(work)
    assert records.active is not None and records.active.release == "new"


@dataclass
class CommitsAtTheStop(Observer):
    """Signals a newer revision at the worst time: during the Stop step."""

    superseded: asyncio.Event

    def step_started(self, key: str, step: Step) -> None:
        if isinstance(step, Stop):
            self.superseded.set()


class Silent:
    """A recorder that records nothing."""

    async def begin(self, step: Step) -> None: ...

    async def reject(self, reason: str) -> None: ...

    async def event(self, kind: str, reason: str, message: str) -> None: ...

    def report(self, report: TakeoverReport) -> None: ...
