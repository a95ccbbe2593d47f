"""Brings records from a file into the release that a device runs, while the reconciler keeps its
hands off.
"""

from __future__ import annotations

import asyncio
import getpass
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from reconciler.apply import apply
from reconciler.apply.work import Work
from reconciler.devices.local import LocalDevice
from reconciler.devices.status import TakeoverReport
from reconciler.errors import DeviceUnreachable, Stalled, Transient, Waiting
from reconciler.observe.targets import observed_of
from reconciler.plan.terms import Observed, SavedState
from reconciler.reconcile.means import Means
from reconciler.store import InstanceRecord, Suspension
from reconciler.store.records import EventType
from schemas.plan import Plan, Step
from schemas.rollout import Rollout

LONGEST_SECONDS = 300.0
"""Beside probation: until then a reconciler waits for an import that died."""


async def observe(device: LocalDevice, saved: SavedState) -> Observed:
    """What runs, and the file as what is to be restored. Raises DeviceUnreachable, and Transient
    when the device is not at rest.
    """
    state = await device.observe()
    if state.status is None or state.status.active is None:
        raise DeviceUnreachable(f"{device.name}: nothing runs there that could take records over")
    if state.status.unconfirmed or state.status.settling:
        raise Transient(f"{device.name}: an upgrade is under way; try again when it is confirmed")
    return observed_of(state, None, saved)


async def bring(
    plan: Plan, device: LocalDevice, record: InstanceRecord, rollout: Rollout, means: Means
) -> TakeoverReport:
    """Carry out an import, as an attempt of its own. Raises Stalled, Transient, Waiting after
    recording it; the device has its own records back then.
    """
    reports: list[TakeoverReport] = []
    number = await asyncio.to_thread(_begin, plan, record, means)
    work = _work(plan, number, device, means, reports)
    async with hands_off(record, rollout, means):
        try:
            await apply(work)
        except (Stalled, Transient, Waiting) as error:
            await _end(means, number, error.reason, str(error), reports)
            raise
        await _end(means, number, "Imported", _source(plan), reports)
    await work.event("Normal", "StateImported", _source(plan))
    return reports[0]


@asynccontextmanager
async def hands_off(record: InstanceRecord, rollout: Rollout, means: Means) -> AsyncIterator[None]:
    """No pass may judge the device meanwhile; a suspension that somebody else made stays."""
    if record.suspension is not None and not record.suspension.over(time.time()):
        yield
        return
    until = time.time() + rollout.spec.confirm_timeout + LONGEST_SECONDS
    suspension = Suspension(
        reason="state is being imported", owner=getpass.getuser(), since=time.time(), until=until
    )
    await asyncio.to_thread(means.ledger.suspend, record.key, suspension)
    try:
        yield
    finally:
        await asyncio.to_thread(means.ledger.resume, record.key)
        await asyncio.to_thread(means.ledger.request, record.key, False)


def _begin(plan: Plan, record: InstanceRecord, means: Means) -> str:
    status = record.status
    revision, version = (status.applied_revision, status.version) if status else ("", "")
    return means.ledger.begin_attempt(record.key, revision, version, plan.release or "", "import")


def _work(
    plan: Plan, number: str, device: LocalDevice, means: Means, reports: list[TakeoverReport]
) -> Work:
    key, ledger = plan.instance, means.ledger

    async def begin(step: Step) -> None:
        await asyncio.to_thread(ledger.record_step, number, step.kind.value)

    async def event(kind: EventType, reason: str, message: str) -> None:
        await asyncio.to_thread(ledger.record_event, key, kind, reason, message)
        means.observer.event(key, kind, reason, message)

    async def blame_the_file(reason: str) -> None:
        """The release was good before, and is so again."""

    def tell(report: TakeoverReport) -> None:
        reports.append(report)
        means.observer.takeover(key, report)

    return Work(
        key=key,
        attempt=number,
        plan=plan,
        device=device,
        snapshots=means.snapshots,
        builder=means.builder,
        observer=means.observer,
        classes=frozenset(),
        config="",
        record="",
        known_good=False,
        superseded=asyncio.Event(),
        begin=begin,
        reject=blame_the_file,
        event=event,
        tell=tell,
    )


async def _end(
    means: Means, number: str, outcome: str, message: str, reports: list[TakeoverReport]
) -> None:
    said = {report.result: report.model_dump() for report in reports}
    await asyncio.to_thread(means.ledger.end_attempt, number, outcome, message, said or None)


def _source(plan: Plan) -> str:
    sources = sorted({t.source for s in plan.states for t in s.tables if t.source})
    return f"imported from {', '.join(sources)}"
