"""Steps follow from what is desired and what is observed."""

from dataclasses import replace

import pytest

from reconciler.graph import Element, Graph
from reconciler.load import load
from reconciler.observe.targets import read_record, record_of
from reconciler.plan import make_plan
from reconciler.plan.terms import HeldTable, Observed, SavedState, Target, release_digest
from reconciler.resolve import resolve
from schemas.capabilities import Capabilities
from schemas.network_element import Keep
from schemas.plan import Fate, Reason
from schemas.steps import HandlerWrite, StepKind, WhenFailed

FIRST = ["Stage", "Takeover", "Verify", "Confirm"]
UPGRADE = ["Stage", "Checkpoint", "Takeover", "Verify", "Confirm"]


@pytest.fixture(scope="module")
def target(example, library):
    return target_of(example, library)


def target_of(repository, library):
    [desired] = repository.instances()
    resolved = resolve(desired, library)
    assert resolved.diagnostics == ()
    release = release_digest(resolved, "driver-1")
    return Target(resolved, release, desired.rollout, library.elements, "driver-1")


@pytest.fixture(scope="module")
def running(target, example):
    (desired,) = example.instances()
    layout = target.resolved.states["sessions"].tables["sessions"].layout
    return Observed(
        supervisor=True,
        release=target.release,
        graph=target.resolved.graph,
        record=read_record(record_of(target, desired, "main")),
        tables={"sessions/sessions": HeldTable(layout, 2, 65536, 50_000)},
    )


def kinds(plan):
    return [step.kind.value for step in plan.steps]


def with_arguments(graph, name, *arguments):
    changed = Element(name, graph.element(name).class_name, arguments)
    return Graph((*(e for e in graph.elements if e.name != name), changed), graph.connections)


def wanting(target, **changes):
    resolved = replace(target.resolved, **changes)
    return replace(target, resolved=resolved, release=release_digest(resolved, target.artifact))


def test_nothing_to_do_when_the_release_runs(target, running):
    plan = make_plan(target, running, "edge1/edge-firewall")
    assert plan.empty and plan.steps == ()


def test_a_first_start_builds_stages_and_takes_over(target):
    wanted = replace(target, classes_to_build=("Queue", "Strip"))
    plan = make_plan(wanted, Observed(), "edge1/edge-firewall")
    assert kinds(plan) == ["Build", "Stage", "Start", "Takeover", "Verify", "Confirm"]
    assert plan.classes_to_build == ("Queue", "Strip")
    assert plan.steps[3].confirm_timeout == 30.0
    assert [(state.name, state.fate) for state in plan.states] == [("sessions", Fate.NEW)]


def test_a_changed_graph_is_taken_over_with_its_state(target, running):
    graph = with_arguments(target.resolved.graph, "from_lan", "eth9")
    plan = make_plan(wanting(target, graph=graph), running, "edge1/edge-firewall")
    assert kinds(plan) == UPGRADE
    assert plan.takeover
    assert [(state.name, state.fate) for state in plan.states] == [("sessions", Fate.KEPT)]


def test_live_parameters_are_handler_writes_without_takeover(target, running):
    graph = with_arguments(target.resolved.graph, "sessions", "CAPACITY 65536", "UDP 60s")
    plan = make_plan(wanting(target, graph=graph), running, "edge1/edge-firewall")
    assert kinds(plan) == ["WriteHandlers"] and not plan.takeover
    assert plan.steps[0].writes == (HandlerWrite(handler="sessions.udp", value="60s"),)


def test_after_the_handler_writes_there_is_nothing_left(target, running):
    graph = with_arguments(target.resolved.graph, "sessions", "CAPACITY 65536", "UDP 60s")
    wanted = wanting(target, graph=graph)
    plan = make_plan(wanted, replace(running, graph=graph), "edge1/edge-firewall")
    assert plan.steps == () and plan.changes == ()


def test_an_unconfirmed_desired_release_is_verified_and_confirmed(target, running):
    plan = make_plan(target, replace(running, unconfirmed=True), "edge1/edge-firewall")
    assert kinds(plan) == ["Verify", "Confirm"]


def test_an_unconfirmed_other_release_is_reverted_first(target, running):
    observed = replace(running, unconfirmed=True, release="other")
    assert kinds(make_plan(target, observed, "edge1/edge-firewall")) == ["Revert"]


def test_drift_has_its_reason_and_is_healed(target, running):
    graph = with_arguments(target.resolved.graph, "from_lan", "eth9")
    plan = make_plan(target, replace(running, graph=graph), "edge1/edge-firewall")
    assert {change.reason for change in plan.changes} == {Reason.DRIFTED}
    assert kinds(plan) == UPGRADE


def test_live_drift_is_healed_without_a_takeover(target, running):
    graph = with_arguments(target.resolved.graph, "sessions", "CAPACITY 65536", "UDP 1s")
    plan = make_plan(target, replace(running, graph=graph), "edge1/edge-firewall")
    assert [change.reason for change in plan.changes] == [Reason.DRIFTED]
    assert plan.steps[0].writes == (HandlerWrite(handler="sessions.udp", value="30"),)


def test_another_driver_for_the_same_graph_is_taken_over(target, running):
    record = running.record.model_copy(update={"artifact": "driver-0"})
    plan = make_plan(target, replace(running, record=record, release="x"), "a/b")
    assert [change.reason for change in plan.changes] == [Reason.ARTIFACT_CHANGED]
    assert kinds(plan) == UPGRADE


def test_an_emptied_cache_alone_changes_nothing(target, running):
    wanted = replace(target, classes_to_build=("Queue",))
    assert make_plan(wanted, running, "edge1/edge-firewall").steps == ()


def test_an_unknown_layout_of_a_required_state_is_refused(target, running):
    observed = replace(running, release="x", tables={"sessions/sessions": HeldTable("0" * 16, 7)})
    plan = make_plan(target, observed, "edge1/edge-firewall")
    assert plan.steps == () and not plan.empty
    [refusal] = plan.refusals
    assert refusal.state == "sessions"
    assert refusal.why.startswith("its layout 7 cannot become layout 2: the release that wrote it")
    assert "keep: {sessions: discard}" in refusal.hint
    [change] = [change for change in plan.changes if change.reason is Reason.LAYOUT_CHANGED]
    assert (change.subject, change.before) == ("sessions/sessions", f"layout 7 ({'0' * 16})")


def test_a_required_state_that_vanishes_is_refused_unless_given_up(target, running, example_files):
    graph = target.resolved.graph
    without = Graph(tuple(e for e in graph.elements if e.name != "sessions"), graph.connections)
    wanted = wanting(target, graph=without, states={})
    [refusal] = make_plan(wanted, running, "edge1/edge-firewall").refusals
    assert refusal.state == "sessions"
    rollout = example_files["rollouts/edge-firewall.yaml"] + "  keep: {sessions: discard}\n"
    files = {**example_files, "rollouts/edge-firewall.yaml": rollout}
    given_up = load(files).instances()[0].rollout
    plan = make_plan(replace(wanted, rollout=given_up), running, "edge1/edge-firewall")
    assert plan.refusals == () and kinds(plan) == UPGRADE


def test_an_instance_that_nobody_wants_is_removed(running):
    plan = make_plan(None, running, "edge1/edge-firewall")
    assert kinds(plan) == ["Checkpoint", "Remove"]
    assert make_plan(None, Observed(supervisor=True), "a/b").steps[0].kind is StepKind.REMOVE
    assert kinds(make_plan(None, Observed(), "edge1/edge-firewall")) == ["Remove"]


def test_a_dead_worker_is_started_again_with_its_state(target, running):
    observed = Observed(supervisor=True, tables=running.tables)
    plan = make_plan(target, observed, "edge1/edge-firewall")
    assert kinds(plan) == FIRST
    assert [state.fate for state in plan.states] == [Fate.KEPT]


def when_failed(plan):
    [verify] = [step for step in plan.steps if step.kind is StepKind.VERIFY]
    return verify.when_failed


def test_a_release_that_was_good_here_is_kept_when_there_is_nothing_to_go_back_to(target, running):
    stopped = Observed(supervisor=True, confirmed=target.release)
    assert when_failed(make_plan(target, stopped, "a/b")) is WhenFailed.KEEP
    never_good = replace(stopped, confirmed="other")
    assert when_failed(make_plan(target, never_good, "a/b")) is WhenFailed.REVERT
    graph = with_arguments(target.resolved.graph, "from_lan", "eth9")
    other = replace(running, release="x", graph=graph, confirmed=target.release)
    assert when_failed(make_plan(target, other, "a/b")) is WhenFailed.REVERT


def test_what_is_in_probation_is_kept_when_nothing_is_parked(target, running):
    seen = replace(running, unconfirmed=True, confirmed=target.release)
    assert when_failed(make_plan(target, seen, "a/b")) is WhenFailed.KEEP
    assert when_failed(make_plan(target, replace(seen, parked=True), "a/b")) is WhenFailed.REVERT


def test_tables_without_a_worker_are_saved_before_a_removal(running):
    held = Observed(supervisor=True, tables=running.tables)
    assert kinds(make_plan(None, held, "a/b")) == ["Checkpoint", "Remove"]


def test_an_emptied_cache_builds_nothing_for_a_driver_that_runs(target, running):
    graph = with_arguments(target.resolved.graph, "from_lan", "eth9")
    wanted = replace(wanting(target, graph=graph), classes_to_build=("Queue",))
    plan = make_plan(wanted, running, "edge1/edge-firewall")
    assert kinds(plan) == UPGRADE and plan.classes_to_build == ()


def test_steps_follow_from_what_the_driver_can_do(target, running):
    live = with_arguments(target.resolved.graph, "sessions", "CAPACITY 65536", "UDP 60s")
    plain = replace(running, capabilities=Capabilities(live_writes=False, checkpoints=False))
    plan = make_plan(wanting(target, graph=live), plain, "a/b")
    assert kinds(plan) == ["Stage", "Takeover", "Verify", "Confirm"]
    assert kinds(make_plan(None, plain, "a/b")) == ["Remove"]


def test_what_a_device_cannot_save_is_not_let_go(target, running):
    states = target.resolved.states
    worth = replace(states["sessions"], keep=Keep.BEST_EFFORT)
    wanted = wanting(target, states={"sessions": worth})
    unknown = {"sessions/sessions": HeldTable("0" * 16, 7, 100, 5)}
    observed = replace(running, release="x", tables=unknown)
    assert make_plan(wanted, observed, "a/b").refusals == ()
    poor = replace(observed, capabilities=Capabilities(checkpoints=False))
    [refusal] = make_plan(wanted, poor, "a/b").refusals
    assert refusal.why.endswith("and this device cannot save it first")


def changed(target):
    return wanting(target, graph=with_arguments(target.resolved.graph, "from_lan", "eth9"))


def test_where_no_release_can_take_over_it_is_stopped_and_comes_back_from_a_checkpoint(
    target, running
):
    can = Capabilities(takeover=False, parked=False)
    older = SavedState("", "yesterday", running.tables, snapshot="box/a@1")
    seen = replace(running, capabilities=can, saved=older)
    plan = make_plan(changed(target), seen, "a/b")
    assert kinds(plan) == [
        "Stage", "Checkpoint", "Stop", "Start", "Takeover", "Verify", "Confirm",
    ]  # fmt: skip
    assert plan.steps[1].required, "without it the next release would begin with nothing"
    [state] = plan.states
    assert (state.fate, state.tables[0].source) == (Fate.RESTORED, "the checkpoint before the stop")
    assert when_failed(plan) is WhenFailed.REPLACE


def test_where_nothing_outlives_a_stop_a_required_state_is_refused(target, running):
    can = Capabilities(takeover=False, parked=False, state_restore=False)
    plan = make_plan(changed(target), replace(running, capabilities=can), "a/b")
    [refusal] = plan.refusals
    assert plan.steps == () and refusal.why.startswith("the device stops what runs before")


def test_where_none_is_parked_another_release_replaces_an_unconfirmed_one(target, running):
    can = Capabilities(parked=False)
    seen = replace(running, release="x", unconfirmed=True, capabilities=can)
    plan = make_plan(target, seen, "a/b")
    assert kinds(plan) == UPGRADE and when_failed(plan) is WhenFailed.REPLACE
    good = make_plan(target, replace(seen, confirmed=target.release), "a/b")
    assert when_failed(good) is WhenFailed.KEEP, "it is itself what is gone back to"


def test_what_was_stopped_is_not_parked():
    with pytest.raises(ValueError, match="parks none"):
        Capabilities(takeover=False)


def test_plans_are_data(target):
    plan = make_plan(target, Observed(), "edge1/edge-firewall")
    assert type(plan).model_validate_json(plan.model_dump_json()) == plan
    assert plan.steps[-1].kind is StepKind.CONFIRM
