"""Translates between the repository's objects, the plan's terms and the device's reports."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

from pydantic import ValidationError

from reconciler.build import Builder
from reconciler.devices.open import share_wanted
from reconciler.devices.reports import DeviceState, TableStatus
from reconciler.diagnostics import Diagnostic
from reconciler.errors import DeviceMisconfigured, Stalled
from reconciler.graph.click_language import parse
from reconciler.layouts.records import layout_records
from reconciler.library import Library
from reconciler.load.repository import Desired
from reconciler.observe.known import Known
from reconciler.observe.shares import share_of
from reconciler.plan.terms import HeldTable, Observed, SavedState, Target, release_digest
from reconciler.resolve import Resolved, resolve
from reconciler.resolve.states import StateSpec, tables_by_name
from schemas.plan import Plan
from schemas.release import ReleaseRecord, StateRecord, TableRecord


def target_of(desired: Desired, library: Library, builder: Builder) -> Target:
    """Resolve what is to run, down to the release's digest. Reads the library's sources. Raises
    Stalled.
    """
    return target_from(desired, resolve(desired, library), library, builder)


def target_from(desired: Desired, resolved: Resolved, library: Library, builder: Builder) -> Target:
    """Return what is to run, as it was resolved. Reads the library's sources. Raises Stalled."""
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
        share=share_wanted(desired.device),
    )


def check_platform(desired: Desired, platform: str) -> None:
    """Raises DeviceMisconfigured when the device is another one than its description says."""
    wanted = desired.device.spec.platform
    if wanted in (None, platform):
        return
    wrong = Diagnostic.at(
        desired.device_document.at("spec", "platform"),
        "Other platform",
        f"{wanted}, but {desired.device.name} is {platform}",
        f"Write platform: {platform}, or leave it out; what is reached locally is this machine.",
    )
    raise DeviceMisconfigured(str(wrong), (wrong,))


def record_of(target: Target, desired: Desired, revision: str) -> str:
    """Return the release.json that is staged with a release: its origin, and the layouts it can
    read.
    """
    record = ReleaseRecord(
        release=target.release,
        artifact=target.artifact,
        revision=revision,
        element=desired.element.name,
        version=desired.element.spec.version,
        classes=tuple(sorted(target.resolved.graph.classes)),
        states={name: _state_record(state) for name, state in target.resolved.states.items()},
    )
    said = record.model_dump(mode="json", by_alias=True)
    return json.dumps(said, indent=2, sort_keys=True) + "\n"


def _state_record(state: StateSpec) -> StateRecord:
    tables = {
        name: TableRecord(
            layout=table.layout, capacity=table.capacity, carries=layout_records(table.declared)
        )
        for name, table in state.tables.items()
    }
    return StateRecord(class_name=state.class_name, keep=state.keep, tables=tables)


def observed_of(
    state: DeviceState, known: Known, saved: SavedState | None = None, foreign: bool = False
) -> Observed:
    """Return the device's report and the ledger's knowledge in the plan's terms."""
    status = state.status
    if status is None:
        return Observed(saved=saved, foreign=foreign, confirmed=known.confirmed)
    tables = {name: _held_table(table) for name, table in status.tables.items()}
    seen = Observed(
        supervisor=True, tables=tables, saved=saved, foreign=foreign, confirmed=known.confirmed
    )
    if status.active is None:
        return seen
    return replace(
        seen,
        release=status.active.release,
        unconfirmed=status.unconfirmed,
        parked=status.parked is not None,
        graph=None if state.graph is None else parse(state.graph),
        expected=None if known.graph is None else parse(known.graph),
        record=read_record(state.record),
        share=share_of(status),
    )


def needs_saved_state(target: Target, state: DeviceState) -> bool:
    """Tell whether no memory holds the records of some desired table, so that a file may."""
    held = state.status.tables if state.status is not None else {}
    return not tables_by_name(target.resolved.states).keys() <= held.keys()


def read_record(text: str | None) -> ReleaseRecord:
    """Parse a release.json; an unreadable one gives an empty record."""
    try:
        return ReleaseRecord.model_validate_json(text or "{}")
    except ValidationError:
        return ReleaseRecord()


def _held_table(table: TableStatus) -> HeldTable:
    layout = f"{int(table.layout or '0', 16):016x}"
    return HeldTable(layout, table.version, table.capacity, table.records)


def describe_changes(plan: Plan) -> str:
    """Return the differences from the desired state, one line each; never empty."""
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
    """Return the digest under which a rejection is recorded: of the release and its
    verification.
    """
    verify = desired.rollout.spec.verify.model_dump_json()
    return hashlib.sha256(f"{target.release}\0{verify}".encode()).hexdigest()
