"""The fate of states: layouts, capacities, removals, and what is saved on disks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.layouts.records import hash_text
from reconciler.plan.state_fates import carrier, fates, losable_tables, needs_checkpoint, refusals
from reconciler.plan.terms import HeldTable, Observed
from reconciler.resolve.states import StateSpec, TableSpec
from schemas.network_element import Keep
from schemas.plan import Fate, StateFate
from schemas.release import ReleaseRecord
from tests.reconciler.layouts.tables import KEY, field, manifest
from tests.reconciler.plan.fates import OTHERS, rollout, runs, saved, wants, wrote


def fate(states: dict[str, StateSpec], observed: Observed) -> StateFate:
    (found,) = fates(states, observed, rollout())
    return found


def test_a_state_that_nobody_holds_starts_empty() -> None:
    found = fate(wants(2), Observed())
    assert (found.fate, found.why) == (Fate.NEW, "starts empty")


def test_the_same_layout_is_kept() -> None:
    found = fate(wants(2), runs(2))
    assert (found.fate, found.losses) == (Fate.KEPT, ())
    assert found.tables[0].records == 600


def test_an_upgrade_is_carried_by_the_new_driver() -> None:
    found = fate(wants(2), runs(1))
    assert found.fate is Fate.MIGRATED
    assert found.why == "layout 1 -> 2: adds b; widens a; drops nothing"
    assert carrier(wants(2), runs(1)) == ""
    assert refusals((found,), rollout()) == ()


def test_a_downgrade_is_carried_by_the_driver_that_runs() -> None:
    states, observed = wants(1), runs(2)
    found = fate(states, observed)
    assert found.fate is Fate.MIGRATED
    assert found.why == (
        "layout 2 -> 1: narrows a; drops b; carried by the driver of release oldoldoldold"
    )
    assert found.losses == ("layout 2 -> 1 narrows a", "layout 2 -> 1 drops b")
    assert carrier(states, observed) == observed.release
    assert needs_checkpoint((found,)) and refusals((found,), rollout()) == ()


def test_what_no_driver_can_carry_is_lost_and_says_why() -> None:
    record = wrote(2).model_copy(update={"release": "elsewhere"})
    stranger = manifest([KEY, field("a", "u64"), field("c")]).states[0]
    states = {"store": replace(wants(1)["store"], tables={"items": TableSpec(stranger, 1000)})}
    found = fate(states, replace(runs(2), record=record))
    assert found.fate is Fate.LOST
    assert found.why == (
        "its layout 2 cannot become layout 1: field a is u16, in layout 1 u64; "
        "layout 1 has no field b"
    )
    (refusal,) = refusals((found,), rollout())
    assert "`keep: {store: discard}` in rollout all" in refusal.hint


@pytest.mark.parametrize("keep", [Keep.BEST_EFFORT, Keep.DISCARD])
def test_a_loss_that_is_allowed_is_passed_on(keep: Keep) -> None:
    observed = replace(runs(2), record=ReleaseRecord())
    found = fate(wants(1, keep=keep), observed)
    assert found.fate is Fate.LOST and refusals((found,), rollout()) == ()
    assert losable_tables((found,)) == ["store/items"]
    assert needs_checkpoint((found,)) == (keep is Keep.BEST_EFFORT)


def test_another_capacity_is_carried_and_loses_nothing() -> None:
    found = fate(wants(2, capacity=5000), runs(2))
    assert (found.fate, found.why) == (Fate.MIGRATED, "capacity 1000 -> 5000")
    assert found.losses == () and losable_tables((found,)) == []


def test_shrinking_below_the_live_records_says_how_many_go() -> None:
    found = fate(wants(2, capacity=100), runs(2))
    (loss,) = found.losses
    assert loss.startswith(
        "about 500 of 600 records would be dropped, those not assured and nearest"
    )
    assert found.why == f"capacity 1000 -> 100; {loss}"
    assert refusals((found,), rollout()) == ()


def test_an_unknown_capacity_is_no_change() -> None:
    assert fate(wants(2, capacity=None), runs(2)).fate is Fate.KEPT


def test_a_removed_state_stays_as_a_snapshot_and_is_refused_while_required() -> None:
    found = fate({}, runs(2))
    assert (found.name, found.fate) == ("store", Fate.LOST)
    assert found.why.startswith("no state is called store any more; its last checkpoint stays")
    assert [one.state for one in refusals((found,), rollout())] == ["store"]
    (given_up,) = fates({}, runs(2), rollout(store="best-effort"))
    assert refusals((given_up,), rollout()) == () and needs_checkpoint((given_up,))
    once = replace(runs(2), record=wrote(2, Keep.BEST_EFFORT))
    (never_required,) = fates({}, once, rollout())
    assert refusals((never_required,), rollout()) == ()


def test_a_table_that_its_class_does_not_have_any_more_goes() -> None:
    observed = runs(2)
    held = {**observed.tables, "store/gone": HeldTable("1" * 16)}
    found = fate(wants(2), replace(observed, tables=held))
    assert found.fate is Fate.LOST
    assert found.why.startswith("gone: Sample has no table gone any more")
    assert [table.fate for table in found.tables] == [Fate.KEPT, Fate.LOST]


def test_a_table_more_starts_empty_beside_the_one_that_is_kept() -> None:
    found = fate(wants(2, 1000, Keep.REQUIRED, OTHERS), runs(2))
    assert found.fate is Fate.KEPT
    assert [(one.name, one.fate) for one in found.tables] == [
        ("store/items", Fate.KEPT),
        ("store/others", Fate.NEW),
    ]


def test_a_checkpoint_restores_what_no_memory_holds() -> None:
    found = fate(wants(2), Observed(saved=saved(2)))
    assert found.fate is Fate.RESTORED
    assert found.why == "600 records from checkpoint 7.ckpt of 2030-01-31 18:00:00Z"
    assert found.tables[0].source == "checkpoint 7.ckpt of 2030-01-31 18:00:00Z"


def test_memory_goes_before_a_checkpoint() -> None:
    assert fate(wants(2), replace(runs(2), saved=saved(1))).fate is Fate.KEPT


def test_a_snapshot_of_another_layout_is_carried() -> None:
    found = fate(wants(2), Observed(saved=saved(1, "20300131T180000Z-7")))
    assert found.fate is Fate.RESTORED
    assert found.why.endswith("snapshot 20300131T180000Z-7 of 2030-01-31 18:00:00Z; "
                              "layout 1 -> 2: adds b; widens a; drops nothing")  # fmt: skip


def test_a_checkpoint_of_a_newer_layout_needs_the_driver_that_wrote_it() -> None:
    lost = fate(wants(1), Observed(saved=saved(2)))
    assert lost.fate is Fate.LOST
    observed = Observed(saved=saved(2, record=wrote(2)))
    assert fate(wants(1), observed).fate is Fate.RESTORED
    assert carrier(wants(1), observed) == "old" * 8


def test_two_tables_that_need_different_drivers_are_not_carried_at_once() -> None:
    other = manifest([KEY], [KEY, field("x")]).states[0].model_copy(update={"table": "others"})
    states = wants(1, 1000, Keep.REQUIRED, other)
    observed = runs(2)
    hashed = hash_text("others", other.layouts[0])
    held = {**observed.tables, "store/others": HeldTable(hashed, 1, 1000, 5)}
    found = fate(states, replace(observed, tables=held))
    assert found.fate is Fate.LOST
    assert found.why == (
        "items: only the driver that wrote its records can carry it, and another table needs the "
        "other one: change them in two commits"
    )
