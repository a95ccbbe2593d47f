"""Lists the steps that lead from what a device runs to what is desired. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.plan.state_fates import carrier, losable_tables, needs_checkpoint
from reconciler.plan.terms import Observed, Target
from schemas.plan import Change, Fate, StateFate
from schemas.rollout import Rollout
from schemas.steps import (
    Build,
    Checkpoint,
    Confirm,
    HandlerWrite,
    Remove,
    RestoreState,
    Revert,
    Stage,
    Start,
    Step,
    Stop,
    Takeover,
    Verify,
    WhenFailed,
    WriteHandlers,
)


def steps_to(
    target: Target,
    observed: Observed,
    changes: tuple[Change, ...],
    states: tuple[StateFate, ...],
) -> tuple[Step, ...]:
    """Return the steps to the target; none when the device runs it."""
    same = observed.release == target.release
    if observed.running and observed.unconfirmed:
        if same or observed.capabilities.parked:
            return tuple(_out_of_probation(target, observed))
        return tuple(_upgrade(target, observed, states))
    if observed.running and not changes and (observed.graph is not None or same):
        return ()
    if observed.capabilities.live_writes and changes and all(change.live for change in changes):
        return (_writes(changes),)
    return tuple(_upgrade(target, observed, states))


def removal_steps(observed: Observed) -> tuple[Step, ...]:
    """Return the steps that remove everything; without a supervisor, only releases are left to
    remove.
    """
    return (*_checkpoint("before it is removed", observed), Remove())


def verify_steps(
    release: str, rollout: Rollout, when_failed: WhenFailed = WhenFailed.REVERT
) -> Iterator[Step]:
    """Return the steps that follow a takeover."""
    verify = rollout.spec.verify
    yield Verify(
        release=release,
        probes=verify.probes,
        settle=verify.settle,
        soak=verify.soak,
        interval=verify.interval,
        when_failed=when_failed,
    )
    yield Confirm(release=release)


def _when_failed(target: Target, observed: Observed, way_back: bool) -> WhenFailed:
    """Return what to do when verification fails: a release that was good here is better
    than none.
    """
    good, parked = observed.confirmed == target.release, observed.capabilities.parked
    if good and not (way_back and parked):
        return WhenFailed.KEEP
    return WhenFailed.REVERT if parked else WhenFailed.REPLACE


def _out_of_probation(target: Target, observed: Observed) -> Iterator[Step]:
    if observed.release == target.release:
        when_failed = _when_failed(target, observed, way_back=observed.parked)
        yield from verify_steps(target.release, target.rollout, when_failed)
    else:
        yield Revert(reason="superseded before it was confirmed")


def _upgrade(target: Target, observed: Observed, states: tuple[StateFate, ...]) -> Iterator[Step]:
    if target.classes_to_build:
        yield Build()
    yield Stage(release=target.release)
    yield from _checkpoint(f"before release {target.release[:12]}", observed, states)
    yield from _restore(observed, states)
    if observed.stops:
        yield Stop()
    if observed.stops or not observed.supervisor:
        yield Start()
    yield _takeover(target, observed, states)
    when_failed = _when_failed(target, observed, way_back=observed.running)
    yield from verify_steps(target.release, target.rollout, when_failed)


def _checkpoint(
    reason: str, observed: Observed, states: tuple[StateFate, ...] = ()
) -> Iterator[Step]:
    """Return the checkpoint step, or none where no records are held."""
    removal = not states
    held = observed.tables and (observed.running or removal)
    if observed.capabilities.checkpoints and (observed.foreign or held):
        yield Checkpoint(
            reason=reason,
            required=needs_checkpoint(states, observed.stops),
            removes=removal or any(state.fate is Fate.LOST for state in states),
            foreign=observed.foreign,
        )


def _restore(observed: Observed, states: tuple[StateFate, ...]) -> Iterator[Step]:
    """Return the restore step: a snapshot must be copied to the device, a checkpoint is there
    already, and the one before a stop stays the newest.
    """
    if observed.stops and observed.tables:
        return
    can = observed.capabilities.state_restore
    restored = can and any(
        table.fate is Fate.RESTORED for state in states for table in state.tables
    )
    if observed.saved is not None and observed.saved.snapshot and restored:
        yield RestoreState(snapshot=observed.saved.snapshot)


def _takeover(target: Target, observed: Observed, states: tuple[StateFate, ...]) -> Takeover:
    return Takeover(
        release=target.release,
        confirm_timeout=target.rollout.spec.confirm_timeout,
        carrier=carrier(target.resolved.states, observed),
        lose=tuple(losable_tables(states)),
    )


def _writes(changes: tuple[Change, ...]) -> WriteHandlers:
    pairs = [(change.handler, change.after) for change in changes]
    writes = [HandlerWrite(handler=handler, value=value) for handler, value in pairs if handler]
    return WriteHandlers(writes=tuple(writes))
