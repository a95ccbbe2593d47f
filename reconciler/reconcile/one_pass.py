"""One pass over one instance. Reads as what the product does: desired, observed, planned, applied,
recorded.

A pass starts from nothing but the newest desired state, the device and the ledger; it never goes on
with an old plan.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

from reconciler.devices.local import LocalDevice
from reconciler.devices.status import DeviceState
from reconciler.errors import (
    ChangeRefused,
    DeviceMoved,
    PlanRefused,
    SourceIncomplete,
    Stalled,
    Superseded,
    TakeoverRefused,
    Transient,
    VerifyFailed,
    Waiting,
)
from reconciler.load.desired_state import DesiredState
from reconciler.load.repository import Desired
from reconciler.observe.device import in_plan_terms, is_foreign
from reconciler.observe.targets import describe, moved, target_of
from reconciler.outcome import Outcome, OutcomeKind, damping
from reconciler.plan import make_plan
from reconciler.plan.terms import Observed, Target
from reconciler.reconcile.attempt import Goal, attempt, goes_back
from reconciler.reconcile.checkpoint_upkeep import look_after, save_last
from reconciler.reconcile.means import Means, Signals
from reconciler.reconcile.share_upkeep import look_after_share
from reconciler.record.journal import Journal
from schemas.plan import Plan
from schemas.rollout import DriftPolicy

__all__ = ["Means", "Signals", "reconcile"]

STARTING_SECONDS = 0.2


async def reconcile(
    key: str, desired_state: DesiredState, means: Means, signals: Signals
) -> Outcome:
    """One pass over the instance `key`; records its outcome."""
    journal = await Journal.open(means.ledger, means.observer, key, desired_state)
    one = _Pass(key, desired_state, means, signals, journal)
    outcome = await one.outcome()
    if outcome.kind is OutcomeKind.REMOVED:
        await journal.forget()
        means.observer.pass_finished(key, outcome)
    else:
        await journal.finish(outcome)
    return outcome


class _Pass:
    def __init__(
        self,
        key: str,
        desired_state: DesiredState,
        means: Means,
        signals: Signals,
        journal: Journal,
    ) -> None:
        self.key = key
        self.desired_state = desired_state
        self.means = means
        self.signals = signals
        self.journal = journal
        self.healthy: bool | None = None

    async def outcome(self) -> Outcome:
        """Failures become outcomes here, and nowhere else."""
        try:
            return await self.run()
        except (VerifyFailed, TakeoverRefused, ChangeRefused) as error:
            return self._ended(OutcomeKind.REVERTED, error.reason, error)
        except Stalled as error:
            await self.journal.event("Warning", error.reason, str(error))
            return self._ended(OutcomeKind.STALLED, error.reason, error)
        except Superseded as error:
            return self._ended(OutcomeKind.SUPERSEDED, "Superseded", error, error.retry_after)
        except Waiting as error:
            return self._ended(OutcomeKind.WAITING, "Waiting", error, error.retry_after)
        except Transient as error:
            await self.journal.event("Warning", error.reason, str(error))
            return self._ended(OutcomeKind.TRANSIENT, error.reason, error)

    async def run(self) -> Outcome:
        """The whole story."""
        if (why := self._suspended()) is not None:
            return Outcome(OutcomeKind.SUSPENDED, "Suspended", why)
        desired = self._desired()
        if desired is None:
            return await self._remove()
        await self._check_place(desired)
        goal = await self._goal(desired, self.desired_state.revision)
        observed = await self._observe(goal)
        rejection = await self.journal.rejection(goal.reject_digest)
        if rejection is not None:
            await self._keep_last_good(observed, rejection.digest)
            return self._said(OutcomeKind.REJECTED, "RevisionRejected", rejection.reason)
        plan = self._plan(goal.target, observed)
        if plan.refusals:
            raise PlanRefused("; ".join(f"{r.state}: {r.why}. {r.hint}" for r in plan.refusals))
        drifted = self._is_drift(goal.target, plan, observed)
        if drifted:
            await self.journal.event("Warning", "Drifted", describe(plan))
            if desired.rollout.spec.drift is DriftPolicy.REPORT:
                return self._said(OutcomeKind.DRIFTED, "Drifted", describe(plan))
        if not plan.steps:
            await self.journal.applied(goal.applied, desired)
            return self._said(OutcomeKind.UNCHANGED, "Synced", f"applied {goal.revision}")
        self._wait_for_quiet(plan)
        return await self._apply(goal, plan, healing=drifted)

    def _desired(self) -> Desired | None:
        broken = self.desired_state.broken(self.key)
        desired = self.desired_state.wanted(self.key)
        if desired is not None:
            broken = desired.diagnostics
        if broken:
            raise Stalled("\n".join(map(str, broken)), broken)
        if desired is None and (why := self.desired_state.why_not_remove()) is not None:
            raise SourceIncomplete(f"{self.key} is left running although nobody wants it: {why}")
        return desired

    def _suspended(self) -> str | None:
        suspension = self.journal.record.suspension
        if suspension is not None and not suspension.over(time.time()):
            return f"{suspension.reason} ({suspension.owner})"
        desired = self.desired_state.wanted(self.key)
        paused = desired is not None and desired.rollout.spec.suspend
        return "suspended by its rollout" if paused else None

    def _device(self, desired: Desired) -> LocalDevice:
        return LocalDevice(desired.device, desired.element.name, self.means.state)

    async def _check_place(self, desired: Desired) -> None:
        last = self.journal.applied_desired()
        why = moved(last, desired)
        if last and why and (await self._device(last).observe()).status is not None:
            raise DeviceMoved(why)

    async def _goal(self, desired: Desired, revision: str) -> Goal:
        means = self.means
        target = await asyncio.to_thread(target_of, desired, means.library, means.builder)
        return Goal(desired, target, self._device(desired), revision)

    async def _observe(self, goal: Goal) -> Observed:
        state = await goal.device.observe()
        status = state.status
        if status is not None and status.settling:
            raise Waiting(f"{self.key}: a worker is starting", STARTING_SECONDS)
        self.healthy = status is not None and status.forwarding
        await self.journal.settle(status)
        means = self.means
        if status is not None:
            await look_after(goal.device, self.journal, means.snapshots, status)
            await look_after_share(goal.device, self.journal, status)
        expected = await asyncio.to_thread(means.ledger.graph, self.journal.status.release)
        foreign = await asyncio.to_thread(self._is_foreign, state)
        return await in_plan_terms(
            state, goal.device, goal.target, means.snapshots, expected, foreign
        )

    def _is_foreign(self, state: DeviceState) -> bool:
        ledger, ever_applied = self.means.ledger, self.journal.record.applied is not None
        return is_foreign(state, ever_applied, lambda id: ledger.attempt(id) is not None)

    async def _keep_last_good(self, observed: Observed, rejected: str) -> None:
        """The rejected release stays away; what was good before is kept running."""
        good = self.journal.applied_desired()
        if good is None:
            return
        goal = await self._goal(good, self.journal.status.applied_revision)
        plan = self._plan(goal.target, observed)
        if plan.steps and goal.reject_digest != rejected:
            await self.journal.event("Warning", "Drifted", describe(plan))
            if good.rollout.spec.drift is DriftPolicy.HEAL:
                await self._apply(goal, plan, healing=True)

    def _plan(self, target: Target, observed: Observed) -> Plan:
        if target.artifact == observed.artifact:
            # It runs already: whether the cache still has its objects does not matter.
            target = replace(target, classes_to_build=())
        return make_plan(target, observed, self.key)

    def _is_drift(self, target: Target, plan: Plan, observed: Observed) -> bool:
        if observed.unconfirmed or self.journal.status.release != target.release:
            return False
        return bool(plan.changes) or plan.takeover

    def _wait_for_quiet(self, plan: Plan) -> None:
        if not plan.takeover:
            return
        now = asyncio.get_running_loop().time()
        seconds = damping(self.signals.commits, self.signals.last_takeover, now)
        if seconds > 0:
            raise Waiting(f"{self.key}: commits are coming in, waiting for the last one", seconds)

    async def _apply(self, goal: Goal, plan: Plan, healing: bool) -> Outcome:
        await attempt(goal, plan, self.means, self.signals, self.journal)
        if goes_back(plan):
            raise Superseded(f"{self.key}: went back, planning again")
        await self.journal.applied(goal.applied, goal.desired)
        await look_after(goal.device, self.journal, self.means.snapshots)
        reason = "Healed" if healing else "ReconciliationSucceeded"
        await self.journal.event("Normal", reason, f"applied revision {goal.revision}")
        self.healthy = True
        return self._said(OutcomeKind.APPLIED, reason, f"applied {goal.revision}")

    async def _remove(self) -> Outcome:
        last = self.journal.applied_desired()
        if last is not None:
            device = self._device(last)
            await save_last(device, self.journal, self.means.snapshots)
            await device.remove()
            await self.journal.event("Normal", "Removed", f"gone from {self.journal.revision}")
        return Outcome(OutcomeKind.REMOVED, "Removed", f"gone from {self.journal.revision}")

    def _said(self, kind: OutcomeKind, reason: str, message: str = "") -> Outcome:
        return Outcome(kind, reason, message, healthy=self.healthy)

    def _ended(
        self, kind: OutcomeKind, reason: str, error: Exception, retry_after: float | None = None
    ) -> Outcome:
        message = str(error).removeprefix(f"{self.key}: ")
        return Outcome(kind, reason, message, retry_after, self.healthy)
