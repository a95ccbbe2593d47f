"""Between the objects of the repository, the plan's terms and what a device says."""

from __future__ import annotations

import hashlib
import json

from reconciler.build import Builder
from reconciler.click_language import parse
from reconciler.devices.status import DeviceState
from reconciler.errors import Stalled
from reconciler.library import Library
from reconciler.plan import Observed, Target, release_digest
from reconciler.repository import Desired
from reconciler.resolve import resolve
from schemas.plan import Plan


def target_of(desired: Desired, library: Library, builder: Builder) -> Target:
    """What shall run, down to the release's digest. Reads the library's sources. Raises Stalled."""
    resolved = resolve(desired, library)
    if resolved.diagnostics:
        raise Stalled("\n".join(map(str, resolved.diagnostics)), resolved.diagnostics)
    classes = resolved.graph.classes
    artifact = builder.artifact_digest(classes)
    return Target(
        resolved=resolved,
        release=release_digest(resolved, artifact),
        rollout=desired.rollout,
        elements=library.elements,
        artifact=artifact,
        classes_to_build=builder.missing(classes),
        platform=desired.device.spec.platform,
    )


def moved(last: Desired | None, desired: Desired) -> str | None:
    """Where a device was when its supervisor was started, if that is not where it shall be now."""
    if last is None:
        return None
    before, after = last.device.spec, desired.device.spec
    words = [
        f"spec.{name} was {getattr(before, name)!r} and is now {getattr(after, name)!r}"
        for name in ("netns", "directory")
        if getattr(before, name) != getattr(after, name)
    ]
    if not words:
        return None
    return (
        f"{', '.join(words)}: a running supervisor does not move. Take that back, or give the"
        f" device another name: {desired.key} is stopped then, and starts anew, without its"
        " sessions, under the new name"
    )


def record_of(target: Target, desired: Desired, revision: str) -> str:
    """The release.json that is staged with a release: where it came from."""
    record = {
        "release": target.release,
        "artifact": target.artifact,
        "revision": revision,
        "element": desired.element.name,
        "version": desired.element.spec.version,
        "classes": sorted(target.resolved.graph.classes),
        "states": {
            name: {"class": state.class_name, "layouts": dict(state.layouts)}
            for name, state in sorted(target.resolved.states.items())
        },
    }
    return json.dumps(record, indent=2, sort_keys=True) + "\n"


def observed_of(state: DeviceState, expected: str | None) -> Observed:
    """What a device says, in the plan's terms; `expected` is the Click language applied last."""
    status = state.status
    if status is None:
        return Observed()
    tables = {name: f"{int(t.layout or '0', 16):016x}" for name, t in status.tables.items()}
    if status.active is None:
        return Observed(supervisor=True, tables=tables)
    record = json.loads(state.record) if state.record else {}
    return Observed(
        supervisor=True,
        release=status.active.release,
        unconfirmed=status.unconfirmed,
        graph=None if state.graph is None else parse(state.graph),
        expected=None if expected is None else parse(expected),
        artifact=str(record.get("artifact", "")),
        tables=tables,
        attempt=status.active.attempt,
    )


def describe(plan: Plan) -> str:
    """What departs from the desired state, a line each; never empty."""
    lines = [
        f"{change.action.value} {change.subject}: {change.before or 'absent'} ->"
        f" {change.after or 'absent'} ({change.reason.value})"
        for change in plan.changes
    ]
    if plan.running is None:
        lines.insert(0, f"nothing runs, release {(plan.release or '')[:12]} should")
    elif plan.running != plan.release:
        lines.insert(0, f"release {plan.running[:12]} runs, not {(plan.release or '')[:12]}")
    return "\n".join(lines) or "the device needs attention"


def reject_digest(target: Target, desired: Desired) -> str:
    """What a rejection is remembered under: the release and how it is verified."""
    verify = desired.rollout.spec.verify.model_dump_json()
    return hashlib.sha256(f"{target.release}\0{verify}".encode()).hexdigest()
