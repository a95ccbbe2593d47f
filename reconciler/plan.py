"""Decides what to do with one instance: from desired and observed to a plan. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from reconciler.diff import diff
from reconciler.graph import Graph
from reconciler.resolve import Resolved
from reconciler.state_fates import fates, refusals
from schemas.element import ElementManifest
from schemas.meta import Value
from schemas.plan import Action, Change, Plan, Reason, Refusal, Step, StepKind
from schemas.rollout import Rollout


@dataclass(frozen=True)
class Target:
    """What shall run."""

    resolved: Resolved
    release: str
    """See `release_digest`."""
    rollout: Rollout
    elements: Mapping[str, ElementManifest]
    """The library's element classes."""
    artifact: str = ""
    """Digest of the driver; empty when it is not known before the build."""
    classes_to_build: tuple[str, ...] = ()
    platform: str = "linux/amd64"


@dataclass(frozen=True)
class Observed:
    """What the device says, and what was recorded about it."""

    supervisor: bool = False
    """A supervisor answers."""
    release: str = ""
    """The active worker's release; empty when none forwards."""
    unconfirmed: bool = False
    """The active release is in probation: the device goes back by itself unless it is confirmed."""
    graph: Graph | None = None
    """The active worker's graph; None when it could not be read."""
    expected: Graph | None = None
    """What was released last; where the graph departs from it, somebody else changed it."""
    artifact: str = ""
    """Digest of the active driver, empty when unknown."""
    tables: Mapping[str, str] = field(default_factory=dict)
    """State tables the supervisor holds, STATE or STATE/TABLE -> layout hash in hex."""
    attempt: str = ""
    """The attempt that led to the active release."""

    @property
    def running(self) -> bool:
        """A worker forwards."""
        return bool(self.release)


def release_digest(resolved: Resolved, artifact: str) -> str:
    """SHA-256 in hex over element graph, driver and state layouts: the name of a release."""
    digest = hashlib.sha256()
    digest.update(f"{resolved.graph.digest()}\n{artifact}\n".encode())
    for name, state in sorted(resolved.states.items()):
        for table, layout in sorted(state.layouts.items()):
            digest.update(f"{name}/{table} {layout}\n".encode())
    return digest.hexdigest()


def make_plan(target: Target | None, observed: Observed, instance: str) -> Plan:
    """The plan for an instance; no target means that it shall go away."""
    if target is None:
        return _removal(observed, instance)
    changes = _changes(target, observed)
    refused: tuple[Refusal, ...] = ()
    states = fates(
        target.resolved.states, observed.graph, observed.tables, target.elements, changes
    )
    steps = _steps(target, observed, changes)
    if any(step.kind is StepKind.TAKEOVER for step in steps):
        refused = refusals(states, target.rollout)
    return Plan(
        instance=instance,
        release=target.release,
        running=observed.release or None,
        changes=changes,
        steps=() if refused else steps,
        states=states,
        classes_to_build=target.classes_to_build,
        refusals=refused,
    )


def _removal(observed: Observed, instance: str) -> Plan:
    steps = _chain([(StepKind.REMOVE, {})]) if observed.supervisor else ()
    changes = diff(Graph(), observed.graph or Graph(), {})
    running = observed.release or None
    return Plan(instance=instance, release=None, running=running, changes=changes, steps=steps)


def _changes(target: Target, observed: Observed) -> tuple[Change, ...]:
    desired = target.resolved.graph
    if not observed.running:
        return diff(desired, Graph(), target.elements)
    if observed.graph is None:
        return tuple(_artifact_change(target, observed))
    same = observed.release == target.release
    expected = desired if same else observed.expected
    changes = diff(desired, observed.graph, target.elements, expected)
    return (*changes, *_artifact_change(target, observed), *_layout_changes(target, observed))


def _artifact_change(target: Target, observed: Observed) -> Iterator[Change]:
    known = bool(target.artifact and observed.artifact)
    differs = target.artifact != observed.artifact if known else bool(target.classes_to_build)
    if differs:
        yield Change(
            action=Action.CHANGE,
            reason=Reason.ARTIFACT_CHANGED,
            subject="driver",
            before=observed.artifact[:12],
            after=target.artifact[:12] or "to be built",
        )


def _layout_changes(target: Target, observed: Observed) -> Iterator[Change]:
    for name, state in sorted(target.resolved.states.items()):
        for table, layout in sorted(state.layouts.items()):
            held = table_held(observed.tables, name, table)
            if held and held != layout:
                yield Change(
                    action=Action.CHANGE,
                    reason=Reason.LAYOUT_CHANGED,
                    subject=f"{name}/{table}",
                    before=held,
                    after=layout,
                )


def table_held(tables: Mapping[str, str], state: str, table: str) -> str:
    """Layout hash of a state's table as the device has it, empty when it has none."""
    return tables.get(f"{state}/{table}") or tables.get(state, "")


def _steps(target: Target, observed: Observed, changes: tuple[Change, ...]) -> tuple[Step, ...]:
    if observed.running and observed.unconfirmed:
        if observed.release == target.release:
            return _chain([_verify(target), (StepKind.CONFIRM, {"release": target.release})])
        reason = "superseded before it was confirmed"
        return _chain([(StepKind.REVERT, {"release": observed.release, "reason": reason})])
    if observed.running and not changes and (observed.graph is not None or _same(target, observed)):
        return ()
    if changes and all(change.live for change in changes):
        return _chain([_writes(target, changes)])
    return _chain(_upgrade(target, observed))


def _same(target: Target, observed: Observed) -> bool:
    return observed.release == target.release


_Kind = tuple[StepKind, dict[str, Value]]


def _upgrade(target: Target, observed: Observed) -> Iterator[_Kind]:
    if target.classes_to_build:
        classes: list[Value] = list(target.classes_to_build)
        yield StepKind.BUILD, {"classes": classes, "platform": target.platform}
    yield StepKind.STAGE, {"release": target.release}
    yield (
        StepKind.TAKEOVER,
        {
            "release": target.release,
            "previous": observed.release,
            "confirm_timeout": target.rollout.spec.confirm_timeout,
        },
    )
    yield _verify(target)
    yield StepKind.CONFIRM, {"release": target.release}


def _verify(target: Target) -> _Kind:
    verify = target.rollout.spec.verify
    return (
        StepKind.VERIFY,
        {
            "release": target.release,
            "probes": list(verify.probes),
            "settle": verify.settle,
            "soak": verify.soak,
            "interval": verify.interval,
        },
    )


def _writes(target: Target, changes: tuple[Change, ...]) -> _Kind:
    writes: list[Value] = [{"handler": change.handler, "value": change.after} for change in changes]
    return StepKind.WRITE_HANDLERS, {"release": target.release, "writes": writes}


def _chain(kinds: Iterator[_Kind] | list[_Kind]) -> tuple[Step, ...]:
    """Steps one after the other; an id is the kind, since no plan has two of one kind."""
    steps: list[Step] = []
    for kind, arguments in kinds:
        needs = (steps[-1].id,) if steps else ()
        steps.append(Step(id=kind.value, kind=kind, needs=needs, arguments=arguments))
    return tuple(steps)
