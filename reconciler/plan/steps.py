"""The steps that lead from what a device runs to what it shall run. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reconciler.plan.state_fates import carrier, may_be_lost, needs_checkpoint
from reconciler.plan.terms import Observed, Target
from schemas.meta import Value
from schemas.plan import Change, Fate, StateFate, Step, StepKind
from schemas.rollout import Rollout

Kind = tuple[StepKind, dict[str, Value]]
"""A step and its arguments."""


def steps_to(
    target: Target,
    observed: Observed,
    changes: tuple[Change, ...],
    states: tuple[StateFate, ...],
) -> tuple[Step, ...]:
    """Empty when the device runs the target."""
    if observed.running and observed.unconfirmed:
        return chain(_out_of_probation(target, observed))
    same = observed.release == target.release
    if observed.running and not changes and (observed.graph is not None or same):
        return ()
    if changes and all(change.live for change in changes):
        return chain([_writes(target, changes)])
    return chain(_upgrade(target, observed, states))


def removal(observed: Observed) -> tuple[Step, ...]:
    """The way to nothing."""
    if not observed.supervisor:
        return ()
    return chain((*_checkpoint("before it is removed", observed), (StepKind.REMOVE, {})))


def verified(release: str, rollout: Rollout) -> Iterator[Kind]:
    """What follows a takeover."""
    verify = rollout.spec.verify
    yield (
        StepKind.VERIFY,
        {
            "release": release,
            "probes": list(verify.probes),
            "settle": verify.settle,
            "soak": verify.soak,
            "interval": verify.interval,
        },
    )
    yield StepKind.CONFIRM, {"release": release}


def _out_of_probation(target: Target, observed: Observed) -> Iterator[Kind]:
    if observed.release == target.release:
        yield from verified(target.release, target.rollout)
    else:
        reason = "superseded before it was confirmed"
        yield StepKind.REVERT, {"release": observed.release, "reason": reason}


def _upgrade(target: Target, observed: Observed, states: tuple[StateFate, ...]) -> Iterator[Kind]:
    if target.classes_to_build:
        classes: list[Value] = list(target.classes_to_build)
        yield StepKind.BUILD, {"classes": classes, "platform": target.platform}
    yield StepKind.STAGE, {"release": target.release}
    yield from _checkpoint(f"before release {target.release[:12]}", observed, states)
    yield from _restore(observed, states)
    yield StepKind.TAKEOVER, _takeover(target, observed, states)
    yield from verified(target.release, target.rollout)


def _checkpoint(
    reason: str, observed: Observed, states: tuple[StateFate, ...] = ()
) -> Iterator[Kind]:
    """Nothing to write where nothing runs."""
    if observed.foreign or (observed.running and observed.tables):
        yield (
            StepKind.CHECKPOINT,
            {
                "reason": reason,
                "required": needs_checkpoint(states),
                "removes": not states or any(state.fate is Fate.LOST for state in states),
                "foreign": observed.foreign,
            },
        )


def _restore(observed: Observed, states: tuple[StateFate, ...]) -> Iterator[Kind]:
    """A snapshot has to be put where the supervisor looks; a checkpoint lies there already."""
    restored = any(table.fate is Fate.RESTORED for state in states for table in state.tables)
    if observed.saved is not None and observed.saved.snapshot and restored:
        yield StepKind.RESTORE_STATE, {"snapshot": observed.saved.snapshot}


def _takeover(
    target: Target, observed: Observed, states: tuple[StateFate, ...]
) -> dict[str, Value]:
    lose: list[Value] = list(may_be_lost(states))
    return {
        "release": target.release,
        "previous": observed.release,
        "confirm_timeout": target.rollout.spec.confirm_timeout,
        "carrier": carrier(target.resolved.states, observed),
        "lose": lose,
        "restore": "",
    }


def _writes(target: Target, changes: tuple[Change, ...]) -> Kind:
    writes: list[Value] = [{"handler": change.handler, "value": change.after} for change in changes]
    return StepKind.WRITE_HANDLERS, {"release": target.release, "writes": writes}


def chain(kinds: Iterable[Kind]) -> tuple[Step, ...]:
    """Steps one after the other; an id is the kind, since no plan has two of one kind."""
    steps: list[Step] = []
    for kind, arguments in kinds:
        needs = (steps[-1].id,) if steps else ()
        steps.append(Step(id=kind.value, kind=kind, needs=needs, arguments=arguments))
    return tuple(steps)
