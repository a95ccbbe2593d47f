"""Writes what one pass does into the ledger, and tells observers."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from reconciler.devices.reports import DeviceStatus, TakeoverReport
from reconciler.load.desired_state import DesiredState
from reconciler.load.repository import Desired
from reconciler.outcome import Outcome
from reconciler.record.conditions import Finding, status_after, status_during, status_with_finding
from reconciler.record.settle import Ending, settle
from reconciler.reporters.observers import Observer
from reconciler.store import Attempt, InstanceRecord, Ledger, Rejection
from reconciler.store.records import EventType
from schemas.device import Device
from schemas.network_element import NetworkElement
from schemas.rollout import Rollout
from schemas.share import Share
from schemas.status import ConditionStatus, ConditionType, InstanceStatus, Phase
from schemas.steps import Step


@dataclass(frozen=True)
class Applied:
    """A confirmed release: its digest, revision and version."""

    release: str
    revision: str
    version: str


def applied_desired(record: InstanceRecord) -> Desired | None:
    """Return what was desired when the last confirmed release of an instance was made. Keys that
    another version of click-up stored and this one does not know are ignored.
    """
    objects = record.applied
    if objects is None:
        return None
    return Desired(
        key=record.key,
        element=NetworkElement.model_validate(objects["element"], extra="ignore"),
        device=Device.model_validate(objects["device"], extra="ignore"),
        rollout=Rollout.model_validate(objects["rollout"], extra="ignore"),
    )


def applied_objects(desired: Desired) -> dict[str, Any]:
    """Return the objects from which `applied_desired` restores an instance."""
    return {
        "element": desired.element.model_dump(mode="json"),
        "device": desired.device.model_dump(mode="json"),
        "rollout": desired.rollout.model_dump(mode="json"),
    }


class Journal:
    """The journal of one pass; open it with `Journal.open`."""

    def __init__(
        self,
        ledger: Ledger,
        observer: Observer,
        record: InstanceRecord,
        desired_state: DesiredState,
    ) -> None:
        self._ledger = ledger
        self._observer = observer
        self.record = record
        self.key = record.key
        self.revision = desired_state.revision
        self._digest = desired_state.digests.get(record.key, "")
        wanted = desired_state.desired(record.key)
        self._rollout = record.rollout if wanted is None else wanted.rollout.name
        self.status = _initial_status(record, self._digest)
        self._reports: dict[str, object] = {}

    @classmethod
    async def open(
        cls, ledger: Ledger, observer: Observer, key: str, desired_state: DesiredState
    ) -> Journal:
        """Read what is known of `key`."""
        record = await asyncio.to_thread(ledger.instance, key)
        return cls(ledger, observer, record, desired_state)

    async def rejection(self, digest: str) -> Rejection | None:
        """Return why the release and verify specification `digest` must not be tried again here."""
        found = await self._read_rejections()
        return next((rejection for rejection in found if rejection.digest == digest), None)

    async def reject(self, digest: str, revision: str, reason: str) -> None:
        """Record a failure of the release itself."""
        reason = reason.removeprefix(f"{self.key}: ")
        await asyncio.to_thread(self._ledger.reject, self.key, digest, revision, reason)
        await self.event("Warning", "RevisionRejected", f"{revision}: {reason}")
        await self._read_rejections()

    async def event(self, kind: EventType, reason: str, message: str) -> None:
        """Record a noteworthy event."""
        message = message.removeprefix(f"{self.key}: ")
        await asyncio.to_thread(self._ledger.events.record, self.key, kind, reason, message)
        self._observer.event(self.key, kind, reason, message)

    async def unfinished(self) -> tuple[Attempt, ...]:
        """Return attempts that a reconciler began and did not end."""
        return await asyncio.to_thread(self._ledger.unfinished, self.key)

    async def settle(self, status: DeviceStatus | None) -> None:
        """Record the end of unfinished attempts, as far as the device tells it."""
        for one in await self.unfinished():
            settled = settle(one, status)
            if settled.ending is Ending.RUNNING:
                continue
            await self.end_attempt(one.id, settled.ending.value, settled.reason)
            if settled.reason:
                await self.event("Warning", settled.ending.value, settled.reason)
            if settled.blames_release and one.release != self.status.release:
                await self.reject(one.digest, one.revision, settled.reason)

    async def begin_attempt(self, goal: Applied, digest: str, config: str) -> str:
        """Record that `goal` will be attempted, before any effect."""
        if goal.revision == self.revision:
            self.status = self.status.model_copy(update={"attempted_revision": goal.revision})
        if config:
            await asyncio.to_thread(self._ledger.keep_graph, goal.release, config)
        return await asyncio.to_thread(
            self._ledger.begin_attempt,
            *(self.key, goal.revision, goal.version, goal.release, digest),
        )

    async def step(self, attempt: str, step: Step) -> None:
        """Record that a step begins."""
        await asyncio.to_thread(self._ledger.record_step, attempt, step.kind.value)
        self.status = status_during(self.status, step.kind.value, datetime.now(UTC))
        await self._write_status()

    def report(self, report: TakeoverReport) -> None:
        """Keep the report of a takeover or revert, to be recorded with the attempt."""
        self._reports[report.result] = report.model_dump()
        self._observer.takeover(self.key, report)

    async def end_attempt(self, attempt: str, outcome: str, message: str = "") -> None:
        """Record how an attempt ended."""
        reports, self._reports = self._reports, {}
        message = message.removeprefix(f"{self.key}: ")
        await asyncio.to_thread(
            self._ledger.end_attempt, attempt, outcome, message, reports or None
        )

    def record_share(self, share: Share | None) -> None:
        """Record the share that the packet path has; a new measured peak alone is not recorded."""
        before = self.status.share
        if before is None or share is None or _without_peaks(before) != _without_peaks(share):
            self.status = self.status.model_copy(update={"share": share})

    async def record_lossless(self, said: Finding) -> None:
        """Record whether rings dropped frames; each time that they did is an event."""
        before = self.status.condition(ConditionType.LOSSLESS)
        self.status = status_with_finding(
            self.status, ConditionType.LOSSLESS, said, datetime.now(UTC)
        )
        known = before is not None and before.message == said.message
        if said.status is ConditionStatus.FALSE and not known:
            await self.event("Warning", "FramesDropped", said.message)

    async def record_checkpointed(self, said: Finding) -> None:
        """Record whether the device saves its tables; changes for the worse or back are events."""
        before = self.status.condition(ConditionType.CHECKPOINTED)
        self.status = status_with_finding(
            self.status, ConditionType.CHECKPOINTED, said, datetime.now(UTC)
        )
        failed = before.reason if before and before.status is ConditionStatus.FALSE else ""
        if said.status is ConditionStatus.FALSE and said.reason != failed:
            await self.event("Warning", "CheckpointFailed", f"{said.reason}: {said.message}")
        elif failed and said.status is ConditionStatus.TRUE:
            await self.event("Normal", "Checkpointed", "checkpoints are written again")

    async def record_applied(self, applied: Applied, desired: Desired) -> None:
        """Record what is confirmed on the device."""
        if applied.revision == self.revision:
            self.status = self.status.model_copy(update={"attempted_revision": applied.revision})
        self.status = self.status.model_copy(
            update={
                "applied_revision": applied.revision,
                "release": applied.release,
                "version": applied.version,
            }
        )
        objects = applied_objects(desired)
        if objects != self.record.applied:
            await asyncio.to_thread(self._ledger.record_applied, self.key, objects)

    async def finish(self, outcome: Outcome) -> None:
        """Record the outcome of the pass, if it is news."""
        during = self.status
        self.status = status_after(self.status, outcome, datetime.now(UTC))
        written = (self.record.status, self.record.desired_revision)
        if (self.status, self.revision) != written or during != self.record.status:
            await self._write_status()
        self._observer.pass_finished(self.key, outcome)

    async def forget(self) -> None:
        """Remove everything recorded of a removed instance."""
        await asyncio.to_thread(self._ledger.forget, self.key)

    async def _read_rejections(self) -> tuple[Rejection, ...]:
        found = await asyncio.to_thread(self._ledger.rejections, self.key)
        revisions = tuple(dict.fromkeys(rejection.revision for rejection in found))
        self.status = self.status.model_copy(update={"rejected_revisions": revisions})
        return found

    async def _write_status(self) -> None:
        await asyncio.to_thread(
            self._ledger.record_status, self.status, self.revision, self._digest, self._rollout
        )


def _without_peaks(share: Share) -> Share:
    rings = {name: ring.model_copy(update={"peak_rate": 0}) for name, ring in share.rings.items()}
    return share.model_copy(update={"rings": rings})


def _initial_status(record: InstanceRecord, digest: str) -> InstanceStatus:
    status = record.status or InstanceStatus(instance=record.key, phase=Phase.PENDING)
    if digest == record.desired_digest:
        return status
    return status.model_copy(update={"generation": status.generation + 1})
