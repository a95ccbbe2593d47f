"""The contract of every client of a device, as far as its capabilities go.

A test module defines a subclass whose fixture `subject` provides a client of an untouched device,
and releases for it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from reconciler.devices.client import DeviceClient, Release, TakeoverRequest
from reconciler.devices.control_socket import ControlSocketError
from reconciler.devices.reports import DeviceStatus, TakeoverReport, WorkerStatus
from reconciler.errors import ConfirmTooLate, DeviceUnreachable, TakeoverRefused, Transient

OLD, NEW, BAD = "a" * 64, "b" * 64, "c" * 64
SECONDS = 30.0


@dataclass(frozen=True)
class Subject:
    """A client under test. `supervisor` and `driver` are programs that its device can run."""

    client: DeviceClient
    supervisor: Path
    driver: Path
    configs: dict[str, str]
    """Configuration of each release; that of BAD cannot start."""

    def release(self, digest: str) -> Release:
        return Release(digest, self.driver, self.configs[digest], f'{{"release": "{digest}"}}')

    async def runs(self, digest: str, attempt: str, confirm: bool = True) -> TakeoverReport:
        """Stage a release and let it take over."""
        await self.client.stage(self.release(digest))
        report = await self.client.takeover(TakeoverRequest(attempt, digest, SECONDS))
        if confirm:
            await self.client.confirm(digest)
        return report


def active(status: DeviceStatus) -> WorkerStatus:
    assert status.active is not None
    return status.active


@asynccontextmanager
async def started(subject: Subject) -> AsyncIterator[DeviceClient]:
    """Provide the device with nothing running on it; leave it as it was found."""
    client = subject.client
    await client.start(subject.supervisor)
    try:
        yield client
    finally:
        await client.remove()


def demand(subject: Subject, capability: str) -> None:
    if not getattr(subject.client.capabilities, capability):
        pytest.skip(f"this client's capabilities say that it has no {capability}")


class Contract:
    """Tests of the contract: inherit them as TestSomething."""

    async def test_nothing_runs_at_first(self, subject: Subject) -> None:
        state = await subject.client.observe()
        assert (state.status, state.graph, state.record) == (None, None, None)
        with pytest.raises(DeviceUnreachable):
            await subject.client.status()

    async def test_what_was_started_has_no_release(self, subject: Subject) -> None:
        async with started(subject) as client:
            status = (await client.observe()).status
            assert status is not None and status.active is None
            assert not status.forwarding

    async def test_a_release_is_staged_taken_over_and_confirmed(self, subject: Subject) -> None:
        async with started(subject) as client:
            report = await subject.runs(OLD, "1", confirm=False)
            assert (report.release, report.previous, report.result) == (OLD, "", "running")
            assert (await client.status()).unconfirmed
            await client.confirm(OLD)
            state = await client.observe()
            assert state.status is not None and state.status.forwarding
            assert not state.status.unconfirmed
            assert (active(state.status).release, state.status.confirmed) == (OLD, OLD)
            assert state.graph is not None and state.record == f'{{"release": "{OLD}"}}'

    async def test_what_runs_is_stopped_and_the_next_one_starts(self, subject: Subject) -> None:
        async with started(subject) as client:
            await subject.runs(OLD, "1")
            for _ in range(2):
                await client.stop()
            assert (await client.observe()).status is None
            assert await client.record(OLD) is not None
            await client.start(subject.supervisor)
            assert (await subject.runs(NEW, "2")).previous == ""
            assert active(await client.status()).release == NEW

    async def test_the_next_one_takes_over_from_it(self, subject: Subject) -> None:
        demand(subject, "takeover")
        async with started(subject) as client:
            await subject.runs(OLD, "1")
            assert (await subject.runs(NEW, "2")).previous == OLD
            status = await client.status()
            assert (active(status).release, active(status).attempt) == (NEW, "2")

    async def test_the_same_attempt_takes_over_once(self, subject: Subject) -> None:
        async with started(subject) as client:
            first = await subject.runs(OLD, "1", confirm=False)
            assert await client.takeover(TakeoverRequest("1", OLD, SECONDS)) == first
            assert (await client.status()).takeovers == 1

    async def test_another_takeover_waits_for_the_confirmation(self, subject: Subject) -> None:
        demand(subject, "parked")
        async with started(subject) as client:
            await subject.runs(OLD, "1", confirm=False)
            with pytest.raises(Transient):
                await client.takeover(TakeoverRequest("2", OLD, SECONDS))

    async def test_a_release_that_cannot_start_leaves_the_old_one(self, subject: Subject) -> None:
        demand(subject, "takeover")
        async with started(subject) as client:
            await subject.runs(OLD, "1")
            with pytest.raises(TakeoverRefused):
                await subject.runs(BAD, "2")
            status = await client.status()
            assert status.forwarding and active(status).release == OLD
            report = status.report_of("2")
            assert report is not None and report.result == "failed"

    async def test_a_release_is_taken_back(self, subject: Subject) -> None:
        demand(subject, "parked")
        async with started(subject) as client:
            await subject.runs(OLD, "1")
            await subject.runs(NEW, "2", confirm=False)
            report = await client.revert("two\nlines")
            assert (report.result, report.reason) == ("reverted", "two lines")
            assert active(await client.status()).release == OLD
            with pytest.raises(ConfirmTooLate):
                await client.confirm(NEW)
            with pytest.raises(Transient):
                await client.revert("again")

    async def test_a_release_that_is_not_confirmed_is_replaced(self, subject: Subject) -> None:
        if subject.client.capabilities.parked:
            pytest.skip("this client goes back to what is parked")
        async with started(subject) as client:
            await subject.runs(OLD, "1", confirm=False)
            if not client.capabilities.takeover:
                await client.stop()
                await client.start(subject.supervisor)
            await subject.runs(NEW, "2")
            assert active(await client.status()).release == NEW
            with pytest.raises(Transient):
                await client.revert("there is nothing to go back to")

    async def test_handlers_of_what_runs_are_read(self, subject: Subject) -> None:
        async with started(subject) as client:
            await subject.runs(OLD, "1")
            assert (await client.read("d.class")).strip() == "Discard"
            sampled = await client.sample(["d.count", "x.count"])
            assert sampled == {"d.count": "0", "x.count": None}
            assert {"flatconfig", "d.count", "d.class"} <= (await client.read_everything()).keys()
            with pytest.raises(ControlSocketError):
                await client.read("x.count")

    async def test_handlers_of_what_runs_are_written(self, subject: Subject) -> None:
        demand(subject, "live_writes")
        async with started(subject) as client:
            await subject.runs(OLD, "1")
            await client.write([("d.reset_counts", "")])
            with pytest.raises(ControlSocketError):
                await client.write([("x.reset_counts", "")])

    async def test_the_record_of_a_release_is_kept_with_it(self, subject: Subject) -> None:
        async with started(subject) as client:
            await subject.runs(OLD, "1")
            assert await client.record(OLD) == f'{{"release": "{OLD}"}}'
            assert await client.record(NEW) is None
            assert OLD not in await client.prune()
            assert await client.record(OLD) is not None

    async def test_tables_are_saved_on_demand(self, subject: Subject) -> None:
        demand(subject, "checkpoints")
        async with started(subject) as client:
            await subject.runs(OLD, "1")
            names = [(await client.checkpoint(f"number {n}")).file for n in range(2)]
            assert list(await client.list_checkpoints()) == names[::-1]
            assert await client.damaged_checkpoints() == frozenset()
            file = await client.fetch_checkpoint(names[0])
            assert file.stat().st_size > 0

    async def test_a_checkpoint_from_elsewhere_becomes_the_newest(
        self, subject: Subject, tmp_path: Path
    ) -> None:
        demand(subject, "state_restore")
        file = tmp_path / "elsewhere.ckpt"
        file.write_bytes(b"records")
        async with started(subject) as client:
            await subject.runs(OLD, "1")
            name = await client.put_checkpoint(file)
            assert (await client.list_checkpoints())[0] == name
            assert (await client.fetch_checkpoint(name)).read_bytes() == b"records"

    async def test_a_release_goes_on_with_the_records_of_a_file(
        self, subject: Subject, tmp_path: Path
    ) -> None:
        demand(subject, "state_restore")
        async with started(subject) as client:
            await subject.runs(OLD, "1")
            saved = await client.fetch_checkpoint((await client.checkpoint("to move")).file)
            file = tmp_path / "moved.ckpt"
            file.write_bytes(saved.read_bytes())
            await client.stage(subject.release(NEW))
            report = await client.takeover(TakeoverRequest("2", NEW, SECONDS, restore=file))
            assert {table.fate for table in report.states.values()} == {"restored"}

    async def test_what_was_removed_is_gone(self, subject: Subject) -> None:
        async with started(subject) as client:
            await subject.runs(OLD, "1")
            await client.remove()
            assert (await client.observe()).status is None
            assert await client.record(OLD) is None
            await client.remove()
