"""State survives supervisor and device, and what keeps it from being saved stops no packet."""

from __future__ import annotations

import asyncio
import ctypes
import os
import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from reconciler.demo.walkthrough import Scenario
from reconciler.library import Library
from reconciler.outcome import OutcomeKind
from reconciler.testbed.here import checkpoints_of, directory_of
from reconciler.testbed.measure import traffic
from reconciler.testbed.merges import Witness
from reconciler.testbed.site import Site, sessions_of
from schemas.plan import Fate
from schemas.steps import Step, StepKind
from tests.e2e.support.loads import ENOUGH_REQUESTS, SMALL
from tests.e2e.support.losses import assert_nothing_lost
from tests.e2e.support.place import TABLE, Place, place, with_checkpoints
from tests.e2e.support.processes import kill, runs
from tests.e2e.support.waiting import eventually
from tests.e2e.test_crash import forwards_again

MS_RDONLY, MS_REMOUNT, MNT_DETACH = 1, 32, 2
LIBC = ctypes.CDLL(None, use_errno=True)


async def saved(here: Place) -> None:
    """Have the device save a checkpoint with every present session."""
    now, number = len(await sessions_of(here.device)), await last(here)

    async def written() -> bool:
        said = (await here.device.status()).checkpoints
        known = said is not None and said.last is not None and said.last.records >= now
        return known and await last(here) > number

    await eventually(written, 20)


async def last(here: Place) -> int:
    """Sequence number of the newest checkpoint."""
    return max((int(path.stem) for path in checkpoints_of(here.device)), default=0)


async def killed(here: Place) -> None:
    """Kill the supervisor, and with it every worker and all memory."""
    pid = (await here.device.status()).pid
    await asyncio.to_thread(kill, pid)

    async def gone() -> bool:
        return not runs(pid)

    await eventually(gone, 10)


async def test_sessions_outlive_the_supervisor(
    site: Site, scenario: Scenario, library: Library
) -> None:
    async with place(site, with_checkpoints(scenario.first, interval="1s")) as here:
        await here.reconcile(library)
        async with traffic(site.network, SMALL) as flow:
            before = await sessions_of(here.device)
            assert len(before) > SMALL.downloaders
            await saved(here)
            await saved(here)
            await killed(here)
            damaged, good, *_ = checkpoints_of(here.device)
            damage(damaged)
            assert (await here.reconcile(library)).kind is OutcomeKind.APPLIED
            assert await sessions_of(here.device) >= before
            await forwards_again(flow)
            await flow.finish()  # what was opened since the checkpoint is lost
        [state] = here.plan.states
        assert state.fate is Fate.RESTORED
        assert f"records from checkpoint {good.name} of " in state.why
        table = here.report.states[TABLE]
        assert (table.fate, Path(table.source).name) == ("restored", good.name)
        assert {"StateRestored", "CheckpointDamaged"} <= set(here.events())


def damage(file: Path) -> None:
    """Flip one bit, as failing disks do."""
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


async def test_a_device_that_lost_everything_gets_its_newest_snapshot(
    site: Site, scenario: Scenario, library: Library
) -> None:
    async with place(site, with_checkpoints(scenario.first, interval="1s")) as here:
        await here.reconcile(library)
        async with traffic(site.network, SMALL) as flow:
            before = await sessions_of(here.device)
            await saved(here)
            assert (await here.reconcile(library)).kind is OutcomeKind.UNCHANGED
            newest = here.snapshots.all()[-1]
            assert newest.records >= len(before)
            await killed(here)
            shutil.rmtree(directory_of(here.device))
            assert (await here.reconcile(library)).kind is OutcomeKind.APPLIED
            assert await sessions_of(here.device) >= before
            await forwards_again(flow)
            await flow.finish()
        steps = [step.kind.value for step in here.plan.steps]
        assert steps == ["Stage", "RestoreState", "Start", "Takeover", "Verify", "Confirm"]
        assert f"records from snapshot {newest.name} of " in here.plan.states[0].why


@dataclass(frozen=True)
class Disk:
    """A small disk for checkpoints that fills up, becomes read-only and disappears."""

    path: Path

    def mount(self, flags: int = 0) -> None:
        self.path.mkdir(exist_ok=True)
        done = LIBC.mount(b"none", str(self.path).encode(), b"tmpfs", flags, b"size=64m")
        assert done == 0, os.strerror(ctypes.get_errno())

    def fill(self) -> None:
        (self.path / "full").write_bytes(bytes(60 << 20))

    def forbid(self) -> None:
        (self.path / "full").unlink()
        self.mount(MS_REMOUNT | MS_RDONLY)

    def remove(self) -> None:
        LIBC.umount2(str(self.path).encode(), MNT_DETACH)
        self.path.rmdir()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    made = Disk(tmp_path / "disk")
    made.mount()
    yield made
    LIBC.umount2(str(made.path).encode(), MNT_DETACH)


async def test_a_disk_that_fails_is_a_condition_and_stops_nothing(
    site: Site, scenario: Scenario, library: Library, library_1: Library, disk: Disk
) -> None:
    files = with_checkpoints(scenario.first, interval="1s", directory=str(disk.path))
    async with place(site, files) as here:
        await here.reconcile(library)
        async with traffic(site.network, SMALL) as flow:
            await reported(here, library, "True", "Written")
            for damage, reason in (
                (disk.fill, "DirectoryFull"),
                (disk.forbid, "DirectoryReadOnly"),
                (disk.remove, "DirectoryMissing"),
            ):
                damage()
                await reported(here, library, "False", reason)
            for number, change in enumerate(scenario.variants()[:2]):
                here.commits.commit(f"change {number}", change)
                assert (await here.reconcile(library)).kind is OutcomeKind.APPLIED
            # A plan that would lose fields of required sessions for good waits.
            outcome = await here.reconcile(library_1)
            assert (outcome.kind, outcome.reason) == (OutcomeKind.STALLED, "CheckpointFailed")
            assert "lets state go that has to be saved first" in outcome.message
            disk.mount()
            (disk.path / directory_of(here.device).name).mkdir()
            await reported(here, library, "True", "Written")
            await flow.requested(ENOUGH_REQUESTS)
            seen = await flow.finish()
        assert_nothing_lost(seen)
        told = [event for event in here.events() if event in ("CheckpointFailed", "Checkpointed")]
        assert told[-1] == "Checkpointed" and told.count("CheckpointFailed") >= 3


@dataclass
class Assassin(Witness):
    """Kills a supervisor when it is about to be asked for a checkpoint."""

    pid: int = 0

    def step_started(self, key: str, step: Step) -> None:
        super().step_started(key, step)
        if step.kind is StepKind.CHECKPOINT and runs(self.pid):
            os.kill(self.pid, signal.SIGKILL)


async def test_a_supervisor_that_dies_before_it_saves_is_not_waited_for(
    site: Site, scenario: Scenario, library: Library, library_1: Library
) -> None:
    async with place(site, scenario.first) as first:
        await first.reconcile(library)
        pid = (await first.device.status()).pid
        here = replace(first, witness=Assassin(pid=pid))
        assert (await here.reconcile(library_1)).kind is OutcomeKind.APPLIED
        assert not runs(pid)
        assert here.events().count("DeviceUnreachable") == 1
        assert await here.version() == 1


async def reported(here: Place, library: Library, status: str, reason: str) -> None:
    async def is_so() -> bool:
        await here.reconcile(library)
        found = here.condition()
        return (found.status.value, found.reason) == (status, reason)

    await eventually(is_so, 30)


async def test_settings_change_while_it_runs(
    site: Site, scenario: Scenario, library: Library
) -> None:
    async with place(site, scenario.first) as here:
        await here.reconcile(library)
        before = await here.device.status()
        assert before.checkpoints is not None
        assert (before.checkpoints.interval_ms, before.checkpoints.keep) == (60_000, 5)
        elsewhere = site.folder / "elsewhere"
        elsewhere.mkdir()
        files = with_checkpoints(scenario.first, interval="0s", keep=2, directory=str(elsewhere))
        here.commits.commit("settings", files)
        assert (await here.reconcile(library)).kind is OutcomeKind.UNCHANGED
        after = await here.device.status()
        assert after.checkpoints is not None
        assert (after.checkpoints.interval_ms, after.checkpoints.keep) == (0, 2)
        assert after.checkpoints.directory == str(elsewhere / "edge-firewall")
        assert (after.pid, after.takeovers) == (before.pid, before.takeovers)
        assert "CheckpointsSet" in here.events()
