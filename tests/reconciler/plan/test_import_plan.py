"""Records from a file are imported into the running release."""

from __future__ import annotations

from dataclasses import replace

from reconciler.plan.import_plan import import_plan, left_out_tables
from reconciler.plan.terms import HeldTable, Observed
from schemas.plan import Fate
from schemas.release import ReleaseRecord
from schemas.steps import Checkpoint, Takeover
from tests.reconciler.plan.fates import holds, rollout, runs, saved, wrote


def observed(version: int, source: int, file: str = "/snapshots/x/state.ckpt") -> Observed:
    seen = runs(version)
    record = seen.record.model_copy(update={"release": seen.release})
    return replace(seen, record=record, saved=replace(saved(source), file=file))


def test_the_running_release_takes_over_from_itself() -> None:
    plan = import_plan("edge2/fw", observed(2, 2), rollout())
    assert plan.release == plan.running == "old" * 8
    assert [step.kind.value for step in plan.steps] == [
        "Checkpoint", "Takeover", "Verify", "Confirm",
    ]  # fmt: skip
    checkpoint, takeover = plan.steps[:2]
    assert isinstance(checkpoint, Checkpoint) and isinstance(takeover, Takeover)
    assert checkpoint.required
    assert takeover.restore == "/snapshots/x/state.ckpt"
    assert (takeover.carrier, takeover.lose) == ("", ())
    [state] = plan.states
    assert (state.fate, state.losses) == (Fate.RESTORED, ("the 600 records that it has now",))


def test_an_older_layout_is_carried() -> None:
    [state] = import_plan("edge2/fw", observed(2, 1), rollout()).states
    assert state.fate is Fate.RESTORED
    assert "layout 1 -> 2: adds b; widens a; drops nothing" in state.why


def test_a_newer_layout_that_the_release_cannot_read_is_refused() -> None:
    plan = import_plan("edge2/fw", observed(1, 2), rollout())
    assert plan.steps == ()
    [refusal] = plan.refusals
    assert refusal.why.startswith("its layout 2 cannot become layout 1")
    assert import_plan("edge2/fw", observed(1, 2), rollout(store="discard")).refusals


def test_a_newer_layout_is_carried_by_the_driver_that_wrote_it_where_that_is() -> None:
    here = observed(1, 2)
    assert here.saved is not None
    written = wrote(2).model_copy(update={"release": "new" * 8})
    plan = import_plan(
        "edge2/fw", replace(here, saved=replace(here.saved, record=written)), rollout()
    )
    takeover = plan.steps[1]
    assert isinstance(takeover, Takeover)
    assert takeover.carrier == "new" * 8


def test_a_file_without_any_table_of_the_release_is_refused() -> None:
    here = observed(2, 2)
    assert here.saved is not None
    other = replace(here.saved, tables={"else/items": holds(2)})
    [refusal] = import_plan("edge2/fw", replace(here, saved=other), rollout()).refusals
    assert "has the tables else/items, the running release has store/items" in refusal.why


def test_tables_that_the_release_lacks_are_left_out() -> None:
    here = observed(2, 2)
    assert here.saved is not None
    more = replace(here.saved, tables={**here.saved.tables, "else/items": holds(2)})
    here = replace(here, saved=more)
    assert left_out_tables(here) == ("else/items",)
    assert import_plan("edge2/fw", here, rollout()).refusals == ()


def test_tables_that_the_file_lacks_are_kept() -> None:
    here = observed(2, 2)
    assert here.saved is not None
    record = here.record.model_dump()
    record["states"]["store"]["tables"]["others"] = record["states"]["store"]["tables"]["items"]
    layout = here.tables["store/items"].layout
    here = replace(
        here,
        record=ReleaseRecord.model_validate(record),
        tables={**here.tables, "store/others": HeldTable(layout, 2, 1000, 5)},
    )
    [state] = import_plan("edge2/fw", here, rollout()).states
    assert {table.name: table.fate for table in state.tables}["store/items"] is Fate.RESTORED
