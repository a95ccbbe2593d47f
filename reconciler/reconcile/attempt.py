"""One attempt to reach a goal: recorded before its first effect, carried out, recorded again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from reconciler.apply import apply
from reconciler.apply.work import Work
from reconciler.devices.local import LocalDevice
from reconciler.errors import (
    ChangeRefused,
    DeviceUnready,
    Stalled,
    TakeoverRefused,
    Transient,
    Waiting,
)
from reconciler.graph.click_language import render
from reconciler.load.repository import Desired
from reconciler.observe.targets import record_of, reject_digest
from reconciler.plan.terms import Target
from reconciler.reconcile.means import Means, Signals
from reconciler.record.journal import Applied, Journal
from schemas.plan import Plan, StepKind

Refuse = Callable[[str], Awaitable[None]]


@dataclass(frozen=True)
class Goal:
    """What shall run where, and the revision that says so."""

    desired: Desired
    target: Target
    device: LocalDevice
    revision: str

    @property
    def reject_digest(self) -> str:
        """What a failure of this goal is remembered under."""
        return reject_digest(self.target, self.desired)

    @property
    def applied(self) -> Applied:
        """What is recorded once it is reached."""
        return Applied(self.target.release, self.revision, self.desired.element.spec.version)


def goes_back(plan: Plan) -> bool:
    """Whether a plan only clears the way for the next one."""
    return any(step.kind is StepKind.REVERT for step in plan.steps)


async def attempt(goal: Goal, plan: Plan, means: Means, signals: Signals, journal: Journal) -> None:
    """Carry out `plan`. Raises what made it fail, after recording it."""
    config = render(goal.target.resolved.graph)
    number = await _number(goal, plan, config, journal)
    if plan.takeover:
        signals.last_takeover = asyncio.get_running_loop().time()

    async def refuse(reason: str) -> None:
        await journal.reject(goal.reject_digest, goal.revision, reason)

    work = Work(
        key=journal.key,
        attempt=number,
        plan=plan,
        device=goal.device,
        snapshots=means.snapshots,
        builder=means.builder,
        observer=means.observer,
        classes=goal.target.resolved.graph.classes,
        config=config,
        record=record_of(goal.target, goal.desired, goal.revision),
        known_good=journal.status.release == goal.target.release,
        superseded=signals.superseded,
        begin=lambda step: journal.step(number, step),
        reject=refuse,
        event=journal.event,
        tell=journal.report,
    )
    means.observer.planned(journal.key, plan)
    await _carry_out(work, journal, refuse)


async def _number(goal: Goal, plan: Plan, config: str, journal: Journal) -> str:
    """Of this attempt, or of an earlier one whose release still waits to be confirmed, or to be
    taken back.
    """
    release = plan.running if goes_back(plan) else goal.target.release
    running = [one for one in await journal.unfinished() if one.release == release]
    if running:
        return running[-1].id
    return await journal.begin_attempt(goal.applied, goal.reject_digest, config)


async def _carry_out(work: Work, journal: Journal, refuse: Refuse) -> None:
    try:
        await apply(work)
    except (TakeoverRefused, ChangeRefused, DeviceUnready) as error:
        if work.known_good:
            # It ran here before: the device is to blame, not the release.
            await journal.end_attempt(work.attempt, "Interrupted", str(error))
            raise Transient(str(error)) from error
        if not isinstance(error, DeviceUnready):
            await refuse(str(error))
        await journal.end_attempt(work.attempt, error.reason, str(error))
        raise
    except (Stalled, Transient, Waiting) as error:
        await journal.end_attempt(work.attempt, error.reason, str(error))
        raise
    await journal.end_attempt(work.attempt, "Reverted" if goes_back(work.plan) else "Applied")
