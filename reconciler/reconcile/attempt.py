"""One attempt to reach a goal: recorded before its first effect, carried out, and
recorded again.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from reconciler.apply import apply
from reconciler.apply.work import Contents, Work
from reconciler.devices.reports import TakeoverReport
from reconciler.errors import (
    ChangeRefused,
    DeviceUnready,
    Stalled,
    TakeoverRefused,
    Transient,
    Waiting,
)
from reconciler.graph.click_language import render
from reconciler.observe.targets import record_of
from reconciler.reconcile.dependencies import Dependencies, Signals
from reconciler.reconcile.planning import Goal
from reconciler.record.journal import Journal
from reconciler.store.records import EventType
from schemas.plan import Plan
from schemas.steps import Step, StepKind


def only_reverts(plan: Plan) -> bool:
    """Tell whether a plan only reverts a release, before another plan can be made."""
    return any(step.kind is StepKind.REVERT for step in plan.steps)


async def run_attempt(
    goal: Goal, plan: Plan, dependencies: Dependencies, signals: Signals, journal: Journal
) -> None:
    """Carry out `plan`. Raises the error that made it fail, after recording it."""
    contents = _contents(goal)
    number = await _attempt_id(goal, plan, contents.config, journal)
    if plan.takeover:
        signals.last_takeover = asyncio.get_running_loop().time()
    work = Work(
        attempt=number,
        plan=plan,
        contents=contents,
        device=goal.device,
        snapshots=dependencies.planner.snapshots,
        builder=goal.builder,
        observer=dependencies.observer,
        recorder=_JournalRecorder(journal, number, goal),
        superseded=signals.superseded,
    )
    dependencies.observer.planned(journal.key, plan)
    known_good = bool(goal.release) and journal.status.release == goal.release
    await _carry_out(work, journal, known_good)


def _contents(goal: Goal) -> Contents:
    if goal.target is None:
        return Contents()
    graph = goal.target.resolved.graph
    record = record_of(goal.target, goal.desired, goal.revision)
    return Contents(graph.classes, render(graph), record)


@dataclass(frozen=True)
class _JournalRecorder:
    """Writes an attempt into the journal of its instance."""

    journal: Journal
    attempt: str
    goal: Goal

    async def begin(self, step: Step) -> None:
        await self.journal.step(self.attempt, step)

    async def reject(self, reason: str) -> None:
        await self.journal.reject(self.goal.reject_digest, self.goal.revision, reason)

    async def event(self, kind: EventType, reason: str, message: str) -> None:
        await self.journal.event(kind, reason, message)

    def report(self, report: TakeoverReport) -> None:
        self.journal.report(report)


async def _attempt_id(goal: Goal, plan: Plan, config: str, journal: Journal) -> str:
    """Return the number of a new attempt, or of an earlier one whose release still awaits
    confirmation or a revert.
    """
    release = plan.running if only_reverts(plan) else goal.release
    running = [one for one in await journal.unfinished() if one.release == release]
    if running:
        return running[-1].id
    return await journal.begin_attempt(goal.applied, goal.reject_digest, config)


async def _carry_out(work: Work, journal: Journal, known_good: bool) -> None:
    try:
        await apply(work)
    except (TakeoverRefused, ChangeRefused, DeviceUnready) as error:
        if known_good:
            # It ran here before: the device is to blame, not the release.
            await journal.end_attempt(work.attempt, "Interrupted", str(error))
            raise Transient(str(error)) from error
        if not isinstance(error, DeviceUnready):
            await work.recorder.reject(str(error))
        await journal.end_attempt(work.attempt, error.reason, str(error))
        raise
    except (Stalled, Transient, Waiting) as error:
        await journal.end_attempt(work.attempt, error.reason, str(error))
        raise
    await journal.end_attempt(work.attempt, _outcome_name(work.plan))


def _outcome_name(plan: Plan) -> str:
    if only_reverts(plan):
        return "Reverted"
    return "Applied" if plan.release else "Removed"
