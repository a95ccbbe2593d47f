"""A plan as text."""

from reconciler.cli.plan_text import plan_lines, summary
from schemas.network_element import Keep
from schemas.plan import Action, Change, Fate, Plan, Reason, Refusal, StateFate, TableFate
from schemas.steps import Checkpoint, Remove, Takeover, WriteHandlers

ADDED = Change(action=Action.ADD, reason=Reason.ELEMENT_ADDED, subject="limit", after="Meter(5)")
WIRE = Change(
    action=Action.ADD, reason=Reason.CONNECTION_CHANGED, subject="limit[0]", after="limit -> x"
)
LIVE = Change(
    action=Action.CHANGE,
    reason=Reason.PARAMETER_CHANGED,
    subject="sessions.UDP",
    before="30",
    after="60",
    handler="sessions.udp",
)


def plan(**fields):
    return Plan(instance="edge1/fw", release="b" * 64, running="a" * 64, **fields)


def test_a_change_shows_symbol_value_and_reason():
    steps = (Takeover(release="b" * 64, confirm_timeout=30),)
    states = (StateFate(name="sessions", keep=Keep.REQUIRED, fate=Fate.KEPT, why="same memory"),)
    shown = plan(
        changes=(ADDED, WIRE, LIVE), steps=steps, states=states, classes_to_build=("Meter",)
    )
    assert list(plan_lines(shown)) == [
        "edge1/fw: from aaaaaaaaaaaa to bbbbbbbbbbbb",
        "  + limit         Meter(5)  (ElementAdded)",
        "  ~ sessions.UDP  30 → 60  (ParameterChanged, live by sessions.udp)",
        "  classes to build: Meter",
        "  ✔ state sessions kept: same memory",
        "  steps: Takeover (one takeover, packets wait for it in the ring)",
    ]
    assert summary([shown]) == "Plan: 1 to add, 1 to change, 0 to remove; takeovers: 1."


def test_a_migration_shows_what_is_carried_and_what_it_loses():
    steps = (Takeover(release="b" * 64, confirm_timeout=30),)
    loss = "layout 2 -> 1 drops b"
    table = TableFate(
        name="store/items", fate=Fate.MIGRATED, why="x", records=123456, losses=(loss,)
    )
    state = StateFate(
        name="store", keep=Keep.REQUIRED, fate=Fate.MIGRATED, why="layout 2 -> 1", tables=(table,)
    )
    shown = plan(changes=(LIVE,), steps=steps, states=(state,))
    assert list(plan_lines(shown))[2:] == [
        "  ~ state store migrated: layout 2 -> 1",
        "    ✗ loses: layout 2 -> 1 drops b",
        "  steps: Takeover (one takeover; 123,456 records are carried before its pause, and within"
        " it those that changed meanwhile)",
    ]


def test_tables_are_shown_where_their_fates_differ():
    steps = (Takeover(release="b" * 64, confirm_timeout=30),)
    tables = (
        TableFate(name="store/items", fate=Fate.KEPT, why="same memory"),
        TableFate(name="store/others", fate=Fate.NEW, why="starts empty"),
    )
    state = StateFate(name="store", keep=Keep.REQUIRED, fate=Fate.KEPT, why="y", tables=tables)
    lines = list(plan_lines(plan(changes=(LIVE,), steps=steps, states=(state,))))
    assert "    ✔ store/items kept: same memory" in lines
    assert "    + store/others new: starts empty" in lines


def test_nothing_to_do_is_one_line():
    assert list(plan_lines(plan())) == ["edge1/fw: runs release aaaaaaaaaaaa, nothing to do"]
    assert summary([plan()]) == "No changes."


def test_states_are_not_mentioned_where_nothing_takes_over():
    steps = (WriteHandlers(writes=()),)
    states = (StateFate(name="sessions", keep=Keep.REQUIRED, fate=Fate.KEPT, why="same memory"),)
    lines = list(plan_lines(plan(changes=(LIVE,), steps=steps, states=states)))
    assert not any("state sessions" in line for line in lines)
    assert lines[-1] == "  steps: WriteHandlers (no takeover)"


def test_a_removal_says_what_it_costs():
    steps = (Remove(),)
    removal = Plan(instance="edge1/fw", release=None, running="a" * 64, steps=steps)
    assert list(plan_lines(removal)) == [
        "edge1/fw: from aaaaaaaaaaaa to nothing",
        "  steps: Remove (stops forwarding)",
    ]
    steps = (Checkpoint(reason="before it is removed"), *steps)
    *_, last = plan_lines(removal.model_copy(update={"steps": steps}))
    assert last == "  steps: Checkpoint, Remove (stops forwarding; a snapshot keeps its states)"


def test_a_refusal_says_why_and_what_to_do():
    refusal = Refusal(state="sessions", why="its layout changed", hint="Take it back.")
    lines = list(plan_lines(plan(changes=(LIVE,), refusals=(refusal,))))
    assert "  ✗ refused, sessions is required: its layout changed. Take it back." in lines
