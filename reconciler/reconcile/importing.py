"""Imports records from a file into the running release, while the reconciler leaves the instance
alone.
"""

from __future__ import annotations

import asyncio
import getpass
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from reconciler.apply import apply
from reconciler.apply.work import Contents, Work
from reconciler.devices.client import DeviceClient
from reconciler.devices.reports import TakeoverReport
from reconciler.errors import DeviceUnreachable, Stalled, Transient, Waiting
from reconciler.observe.known import Known
from reconciler.observe.targets import observed_of
from reconciler.plan.terms import Observed, SavedState
from reconciler.reconcile.dependencies import Dependencies
from reconciler.store import InstanceRecord, Suspension
from reconciler.store.records import EventType
from schemas.plan import Plan
from schemas.rollout import Rollout
from schemas.steps import Step

LONGEST_SECONDS = 300.0
"""Beyond probation: how long a reconciler waits for an import that died."""


async def observe(device: DeviceClient, saved: SavedState) -> Observed:
    """Observe what runs, with the file as what is to be restored. Raises DeviceUnreachable, and
    Transient when the device has not settled.
    """
    state = await device.observe()
    if state.status is None or state.status.active is None:
        raise DeviceUnreachable(f"{device.name}: nothing runs there that could take records over")
    if state.status.unconfirmed or state.status.settling:
        raise Transient(f"{device.name}: an upgrade is under way; try again when it is confirmed")
    return observed_of(state, Known(), saved)


async def import_records(
    plan: Plan,
    device: DeviceClient,
    record: InstanceRecord,
    rollout: Rollout,
    dependencies: Dependencies,
) -> TakeoverReport:
    """Carry out an import, as an attempt of its own. Raises Stalled, Transient, Waiting after
    recording it; the device then has its own records back.
    """
    number = await asyncio.to_thread(_begin_attempt, plan, record, dependencies)
    recorder = _ImportRecorder(plan.instance, number, dependencies)
    work = Work(
        attempt=number,
        plan=plan,
        contents=Contents(),
        device=device,
        snapshots=dependencies.planner.snapshots,
        builder=dependencies.planner.builder,
        observer=dependencies.observer,
        recorder=recorder,
        superseded=asyncio.Event(),
    )
    async with suspended_meanwhile(record, rollout, dependencies):
        try:
            await apply(work)
        except (Stalled, Transient, Waiting) as error:
            await recorder.end(error.reason, str(error))
            raise
        await recorder.end("Imported", _source(plan))
    await recorder.event("Normal", "StateImported", _source(plan))
    return recorder.reports[0]


@asynccontextmanager
async def suspended_meanwhile(
    record: InstanceRecord, rollout: Rollout, dependencies: Dependencies
) -> AsyncIterator[None]:
    """Suspend the instance, so that no pass judges it meanwhile; an existing suspension stays."""
    if record.suspension is not None and not record.suspension.over(time.time()):
        yield
        return
    until = time.time() + rollout.spec.confirm_timeout + LONGEST_SECONDS
    suspension = Suspension(
        reason="state is being imported", owner=getpass.getuser(), since=time.time(), until=until
    )
    await asyncio.to_thread(dependencies.ledger.suspend, record.key, suspension)
    try:
        yield
    finally:
        await asyncio.to_thread(dependencies.ledger.resume, record.key)
        await asyncio.to_thread(dependencies.ledger.requests.add, record.key, False)


def _begin_attempt(plan: Plan, record: InstanceRecord, dependencies: Dependencies) -> str:
    status = record.status
    revision, version = (status.applied_revision, status.version) if status else ("", "")
    return dependencies.ledger.begin_attempt(
        record.key, revision, version, plan.release or "", "import"
    )


@dataclass(frozen=True)
class _ImportRecorder:
    """Writes an import into the ledger, as there is no pass with a journal."""

    key: str
    attempt: str
    dependencies: Dependencies
    reports: list[TakeoverReport] = field(default_factory=list)

    async def begin(self, step: Step) -> None:
        await asyncio.to_thread(self.dependencies.ledger.record_step, self.attempt, step.kind.value)

    async def reject(self, reason: str) -> None:
        """Record nothing: the file is to blame, the release was good before and is again."""

    async def event(self, kind: EventType, reason: str, message: str) -> None:
        await asyncio.to_thread(
            self.dependencies.ledger.events.record, self.key, kind, reason, message
        )
        self.dependencies.observer.event(self.key, kind, reason, message)

    def report(self, report: TakeoverReport) -> None:
        self.reports.append(report)
        self.dependencies.observer.takeover(self.key, report)

    async def end(self, outcome: str, message: str) -> None:
        said = {report.result: report.model_dump() for report in self.reports}
        ledger = self.dependencies.ledger
        await asyncio.to_thread(ledger.end_attempt, self.attempt, outcome, message, said or None)


def _source(plan: Plan) -> str:
    sources = sorted({t.source for s in plan.states for t in s.tables if t.source})
    return f"imported from {', '.join(sources)}"
