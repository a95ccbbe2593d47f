"""States in plans: what a release wants, what a device holds, and what was saved."""

from __future__ import annotations

from reconciler.layouts.records import hash_text, layout_records
from reconciler.plan.terms import HeldTable, Observed, SavedState
from reconciler.resolve.states import StateSpec, TableSpec
from schemas.layout import StateTable
from schemas.network_element import Keep
from schemas.release import ReleaseRecord, StateRecord, TableRecord
from schemas.rollout import Rollout
from tests.reconciler.layouts.tables import KEY, field, manifest

ITEMS = manifest(
    [KEY, field("a", "u8")],
    [KEY, field("a", "u16"), field("b")],
    {"drops": ["b"], "fields": [KEY, field("a", "u16")]},
).states[0]


OTHERS = StateTable(table="others", layouts=ITEMS.layouts[:1])


def up_to(version: int, table: StateTable = ITEMS) -> StateTable:
    return table.model_copy(update={"layouts": table.layouts[:version]})


def wants(
    version: int, capacity: int | None = 1000, keep: Keep = Keep.REQUIRED, *more: StateTable
) -> dict[str, StateSpec]:
    tables = {"items": TableSpec(up_to(version), capacity)}
    tables |= {one.table: TableSpec(one, capacity) for one in more}
    return {"store": StateSpec("store", "Sample", keep, tables)}


def holds(version: int, records: int = 600, capacity: int = 1000) -> HeldTable:
    layout = ITEMS.layouts[version - 1]
    return HeldTable(hash_text("items", layout), version, capacity, records)


def wrote(version: int, keep: Keep = Keep.REQUIRED) -> ReleaseRecord:
    layouts = layout_records(up_to(version))
    table = TableRecord(layout=layouts[-1].hash, carries=layouts)
    state = StateRecord(class_name="Sample", keep=keep, tables={"items": table})
    return ReleaseRecord(release="old" * 8, states={"store": state})


def runs(version: int, records: int = 600, capacity: int = 1000) -> Observed:
    tables = {"store/items": holds(version, records, capacity)}
    return Observed(supervisor=True, release="old" * 8, record=wrote(version), tables=tables)


def rollout(**keep: str) -> Rollout:
    spec = {"element": "sample", "devices": {"names": ["box"]}, "keep": keep}
    said = {"apiVersion": "click-up/v1alpha1", "kind": "Rollout", "metadata": {"name": "all"}}
    return Rollout.model_validate({**said, "spec": spec})


def saved(version: int, snapshot: str = "", record: ReleaseRecord | None = None) -> SavedState:
    tables = {"store/items": holds(version)}
    written = "2030-01-31 18:00:00Z"
    return SavedState("7.ckpt", written, tables, record or ReleaseRecord(), snapshot)
