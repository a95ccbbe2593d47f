"""One pass over one instance: desired, observed, planned, applied, recorded.

A pass starts only from the newest desired state, the device and the ledger; it never continues an
old plan.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

from reconciler.devices.reports import DeviceState
from reconciler.errors import (
    ChangeRefused,
    DirectoryTaken,
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
from reconciler.observe.known import Known, everything_applied, known_of
from reconciler.observe.targets import describe_changes
from reconciler.outcome import Outcome, OutcomeKind, damping
from reconciler.plan.terms import Observed
from reconciler.reconcile.attempt import only_reverts, run_attempt
from reconciler.reconcile.checkpoint_upkeep import keep_checkpoints
from reconciler.reconcile.dependencies import Dependencies, Signals
from reconciler.reconcile.planning import Goal
from reconciler.reconcile.share_upkeep import keep_share
from reconciler.record.journal import Journal
from schemas.plan import Plan
from schemas.rollout import DriftPolicy

__all__ = ["Dependencies", "Signals", "reconcile"]


async def reconcile(
    key: str, desired_state: DesiredState, dependencies: Dependencies, signals: Signals
) -> Outcome:
    """Run one pass over the instance `key` and record its outcome."""
    journal = await Journal.open(dependencies.ledger, dependencies.observer, key, desired_state)
    one = _Pass(key, desired_state, dependencies, signals, journal)
    outcome = await one.outcome()
    if outcome.kind is OutcomeKind.REMOVED:
        await journal.forget()
        dependencies.observer.pass_finished(key, outcome)
    else:
        await journal.finish(outcome)
    return outcome


class _Pass:
    def __init__(
        self,
        key: str,
        desired_state: DesiredState,
        dependencies: Dependencies,
        signals: Signals,
        journal: Journal,
    ) -> None:
        self.key = key
        self.desired_state = desired_state
        self.dependencies = dependencies
        self.planner = dependencies.planner
        self.signals = signals
        self.journal = journal
        self.healthy: bool | None = None

    async def outcome(self) -> Outcome:
        """Return how the pass ended; only here do failures become outcomes."""
        try:
            return await self.run()
        except (VerifyFailed, TakeoverRefused, ChangeRefused) as error:
            return self._failure(OutcomeKind.REVERTED, error.reason, error)
        except Stalled as error:
            await self.journal.event("Warning", error.reason, str(error))
            return self._failure(OutcomeKind.STALLED, error.reason, error)
        except Superseded as error:
            return self._failure(OutcomeKind.SUPERSEDED, "Superseded", error, error.retry_after)
        except Waiting as error:
            return self._failure(OutcomeKind.WAITING, "Waiting", error, error.retry_after)
        except Transient as error:
            await self.journal.event("Warning", error.reason, str(error))
            return self._failure(OutcomeKind.TRANSIENT, error.reason, error)

    async def run(self) -> Outcome:
        """Run the pass from start to end."""
        if (why := self._suspended()) is not None:
            return Outcome(OutcomeKind.SUSPENDED, "Suspended", why)
        known = await asyncio.to_thread(known_of, self.journal.record, self.dependencies.ledger)
        desired = self._desired()
        if desired is None:
            return await self._remove(known)
        await self.planner.check_not_moved(desired, known)
        goal = await self.planner.goal(desired, self.desired_state.revision)
        state = await self._observe(goal)
        plan, observed = await self.planner.plan(goal, state, known)
        rejection = await self.journal.rejection(goal.reject_digest)
        if rejection is not None:
            await self._keep_last_good(state, known, rejection.digest)
            return self._outcome(OutcomeKind.REJECTED, "RevisionRejected", rejection.reason)
        if plan.refusals:
            raise PlanRefused("; ".join(f"{r.state}: {r.why}. {r.hint}" for r in plan.refusals))
        drifted = self._is_drift(plan, observed)
        if drifted:
            await self.journal.event("Warning", "Drifted", describe_changes(plan))
            if desired.rollout.spec.drift is DriftPolicy.REPORT:
                return self._outcome(OutcomeKind.DRIFTED, "Drifted", describe_changes(plan))
        if not plan.steps:
            await self.journal.record_applied(goal.applied, desired)
            return self._outcome(OutcomeKind.UNCHANGED, "Synced", f"applied {goal.revision}")
        self._wait_for_quiet(plan)
        return await self._apply(goal, plan, healing=drifted)

    def _desired(self) -> Desired | None:
        broken = self.desired_state.broken(self.key)
        desired = self.desired_state.desired(self.key)
        if desired is not None:
            broken = desired.diagnostics
        if broken:
            raise Stalled("\n".join(map(str, broken)), broken)
        return desired

    def _suspended(self) -> str | None:
        suspension = self.journal.record.suspension
        if suspension is not None and not suspension.over(time.time()):
            return f"{suspension.reason} ({suspension.owner})"
        desired = self.desired_state.desired(self.key)
        paused = desired is not None and desired.rollout.spec.suspend
        return "suspended by its rollout" if paused else None

    async def _observe(self, goal: Goal) -> DeviceState:
        """Observe the device, and look after its checkpoints and its share."""
        state = await self.planner.observe(goal)
        status = state.status
        self.healthy = status is not None and status.forwarding
        await self.journal.settle(status)
        if status is not None and goal.target is not None:
            await keep_checkpoints(goal.device, self.journal, self.planner.snapshots, status)
            await keep_share(goal.device, self.journal, status)
        return state

    async def _keep_last_good(self, state: DeviceState, known: Known, rejected: str) -> None:
        """Keep the last good release running, as the desired one was rejected."""
        good = known.applied
        if good is None:
            return
        goal = await self.planner.goal(good, self.journal.status.applied_revision)
        plan, observed = await self.planner.plan(goal, state, known)
        if not plan.steps or goal.reject_digest == rejected:
            return
        if _left_by_a_failure(observed):
            await self._apply(goal, plan, healing=True)
            return
        await self.journal.event("Warning", "Drifted", describe_changes(plan))
        if good.rollout.spec.drift is DriftPolicy.HEAL:
            await self._apply(goal, plan, healing=True)

    def _is_drift(self, plan: Plan, observed: Observed) -> bool:
        if observed.unconfirmed or self.journal.status.release != plan.release:
            return False
        return bool(plan.changes) or plan.takeover

    def _wait_for_quiet(self, plan: Plan) -> None:
        if not plan.takeover:
            return
        now = asyncio.get_running_loop().time()
        seconds = damping(self.signals.commits, self.signals.last_takeover, now)
        if seconds > 0:
            raise Waiting(
                f"{self.key}: more commits are arriving, waiting for the last one", seconds
            )

    async def _apply(self, goal: Goal, plan: Plan, healing: bool) -> Outcome:
        await run_attempt(goal, plan, self.dependencies, self.signals, self.journal)
        if only_reverts(plan):
            raise Superseded(f"{self.key}: reverted, planning again")
        await self.journal.record_applied(goal.applied, goal.desired)
        await keep_checkpoints(goal.device, self.journal, self.planner.snapshots)
        reason = "Healed" if healing else "ReconciliationSucceeded"
        await self.journal.event("Normal", reason, f"applied revision {goal.revision}")
        self.healthy = True
        return self._outcome(OutcomeKind.APPLIED, reason, f"applied {goal.revision}")

    async def _remove(self, known: Known) -> Outcome:
        gone = f"no longer in {self.journal.revision}"
        applied = await asyncio.to_thread(everything_applied, self.dependencies.ledger)
        if (why := self.planner.why_keep(self.desired_state, applied)) is not None:
            raise SourceIncomplete(
                f"{self.key} is left running although the repository no longer has it: {why}"
            )
        if known.applied is not None:
            goal = self.planner.removal(known.applied, self.journal.revision)
            with suppress(DirectoryTaken):  # another instance has its place: it ended before
                plan, _ = await self.planner.plan(goal, await self._observe(goal), known)
                await run_attempt(goal, plan, self.dependencies, self.signals, self.journal)
            await self.journal.event("Normal", "Removed", gone)
        return Outcome(OutcomeKind.REMOVED, "Removed", gone)

    def _outcome(self, kind: OutcomeKind, reason: str, message: str = "") -> Outcome:
        return Outcome(kind, reason, message, healthy=self.healthy)

    def _failure(
        self, kind: OutcomeKind, reason: str, error: Exception, retry_after: float | None = None
    ) -> Outcome:
        message = str(error).removeprefix(f"{self.key}: ")
        return Outcome(kind, reason, message, retry_after, self.healthy)


def _left_by_a_failure(observed: Observed) -> bool:
    """Whether a release that failed left a device so which keeps none parked to go back to."""
    settled = observed.running and not observed.unconfirmed
    return not observed.capabilities.parked and not settled
