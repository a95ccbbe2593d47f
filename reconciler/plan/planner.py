"""Plans one instance: from desired and observed to a plan. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reconciler.graph import Graph
from reconciler.graph.diff import diff
from reconciler.plan.state_fates import fates, refusals, unsaved_refusals
from reconciler.plan.steps import removal_steps, steps_to
from reconciler.plan.terms import HeldTable, Observed, Target
from reconciler.resolve.states import TableSpec, tables_by_name
from schemas.plan import Action, Change, Plan, Reason, Refusal
from schemas.steps import StepKind


def make_plan(target: Target | None, observed: Observed, instance: str) -> Plan:
    """Return the plan for an instance; without a target, the plan that removes it."""
    if target is None:
        return _removal(observed, instance)
    if target.artifact == observed.artifact:
        # It is running already: whether a cache still has its objects does not matter.
        target = replace(target, classes_to_build=())
    changes = _changes(target, observed)
    refused: tuple[Refusal, ...] = ()
    states = fates(target.resolved.states, observed, target.rollout)
    steps = steps_to(target, observed, changes, states)
    if any(step.kind is StepKind.TAKEOVER for step in steps):
        refused = refusals(states, target.rollout)
        if not observed.capabilities.checkpoints:
            refused = (*refused, *unsaved_refusals(states, target.rollout))
    return Plan(
        instance=instance,
        release=target.release,
        running=observed.release or None,
        changes=changes,
        steps=() if refused else steps,
        states=states,
        classes_to_build=target.classes_to_build,
        refusals=refused,
        share=observed.share,
        share_wanted=target.share,
    )


def _removal(observed: Observed, instance: str) -> Plan:
    changes = diff(Graph(), observed.graph or Graph(), {})
    running = observed.release or None
    steps = removal_steps(observed)
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
    for name, wanted in tables_by_name(target.resolved.states).items():
        held = observed.tables.get(name)
        if held is not None and held.layout != wanted.layout:
            yield Change(
                action=Action.CHANGE,
                reason=Reason.LAYOUT_CHANGED,
                subject=name,
                before=_held_layout(held),
                after=_wanted_layout(wanted),
            )


def _held_layout(held: HeldTable) -> str:
    return f"layout {held.version} ({held.layout})"


def _wanted_layout(wanted: TableSpec) -> str:
    return f"layout {wanted.declared.current.version} ({wanted.layout})"
