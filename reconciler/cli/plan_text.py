"""Writes a plan as text for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from schemas.plan import Action, Change, Fate, Plan, Reason, StateFate
from schemas.steps import StepKind

_WHOLE_ELEMENTS = (Reason.ELEMENT_ADDED, Reason.ELEMENT_REMOVED)
_STATE_SYMBOLS = {
    Fate.NEW: "+",
    Fate.KEPT: "✔",
    Fate.MIGRATED: "~",
    Fate.RESTORED: "✔",
    Fate.LOST: "✗",
}


def plan_lines(plan: Plan) -> Iterator[str]:
    """Yield the lines of a plan: changes and reasons, classes to build, states, steps."""
    release = plan.release[:12] if plan.release else "nothing"
    running = plan.running[:12] if plan.running else "nothing"
    if plan.empty:
        yield f"{plan.instance}: runs release {running}, nothing to do"
        return
    yield f"{plan.instance}: from {running} to {release}"
    yield from _change_lines(plan.changes)
    if plan.classes_to_build:
        yield f"  classes to build: {', '.join(plan.classes_to_build)}"
    if plan.takeover or plan.refusals:
        yield from _state_lines(plan.states)
    for refusal in plan.refusals:
        yield f"  ✗ refused, {refusal.state} is required: {refusal.why}. {refusal.hint}"
    if plan.steps:
        yield f"  steps: {', '.join(step.kind.value for step in plan.steps)} ({_pause_text(plan)})"
    if plan.share or plan.share_wanted:
        yield f"  share: {_share_text(plan)}"


def _state_lines(states: Sequence[StateFate]) -> Iterator[str]:
    for state in states:
        yield f"  {_STATE_SYMBOLS[state.fate]} state {state.name} {state.fate.value}: {state.why}"
        for table in state.tables if len({table.fate for table in state.tables}) > 1 else ():
            yield f"    {_STATE_SYMBOLS[table.fate]} {table.name} {table.fate.value}: {table.why}"
        for loss in state.losses:
            yield f"    ✗ loses: {loss}"


def _pause_text(plan: Plan) -> str:
    if plan.release is None:
        kept = any(step.kind is StepKind.CHECKPOINT for step in plan.steps)
        return "stops forwarding; a snapshot keeps its states" if kept else "stops forwarding"
    if not plan.takeover:
        return "no takeover"
    if not plan.running:
        return "first start"
    if any(step.kind is StepKind.STOP for step in plan.steps):
        return "stops forwarding until the new release has started"
    if plan.records_to_carry:
        return (
            f"one takeover; {plan.records_to_carry:,} records are carried before its pause, and"
            " within it those that changed meanwhile"
        )
    return "one takeover, packets wait for it in the ring"


def _share_text(plan: Plan) -> str:
    share = plan.share
    if share is None:
        return plan.share_wanted
    cores = f"cores {', '.join(map(str, share.cores))}" if share.cores else "all cores"
    rings = "".join(
        f"; {name}'s ring holds {ring.frames:,} frames ({ring.bytes / 2**20:.0f} MiB, by"
        f" {ring.bound})"
        for name, ring in share.rings.items()
    )
    refused = f"; not allowed: {share.refused}" if share.refused else ""
    return f"{share.priority} priority, {cores}{rings}{refused}"


def _change_lines(changes: Sequence[Change]) -> Iterator[str]:
    shown = _without_implied(changes)
    width = max((len(change.subject) for change in shown), default=0)
    for change in shown:
        live = f", live by {change.handler}" if change.handler else ""
        subject = change.subject.ljust(width)
        yield f"  {change.action.value} {subject}  {_values(change)}  ({change.reason.value}{live})"


def _without_implied(changes: Sequence[Change]) -> list[Change]:
    return [change for change in changes if not _is_implied(change, changes)]


def _is_implied(change: Change, changes: Sequence[Change]) -> bool:
    """Tell whether a connection is added or removed only because its source element is."""
    whole = {one.subject for one in changes if one.reason in _WHOLE_ELEMENTS}
    return change.action is not Action.CHANGE and change.subject.rpartition("[")[0] in whole


def _values(change: Change) -> str:
    if change.action is Action.CHANGE:
        return f"{change.before or 'unset'} → {change.after or 'unset'}"
    return change.after or change.before


def summary(plans: Sequence[Plan]) -> str:
    """Return one line that sums up all plans."""
    changes = [change for plan in plans for change in _without_implied(plan.changes)]
    if all(plan.empty for plan in plans):
        return "No changes."
    counts = [
        f"{sum(change.action is action for change in changes)} to {word}"
        for action, word in (
            (Action.ADD, "add"),
            (Action.CHANGE, "change"),
            (Action.REMOVE, "remove"),
        )
    ]
    takeovers = sum(plan.takeover for plan in plans)
    return f"Plan: {', '.join(counts)}; takeovers: {takeovers}."
