"""`click-up plan` and a pass of the loop always make the same plan, byte for byte."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typing_extensions import override

from reconciler.build import Builder, find_compiler, service_context
from reconciler.build.units import driver_units
from reconciler.cli.plan import Planned, plan_all
from reconciler.devices.client import Release
from reconciler.devices.reports import TableStatus, WorkerStatus
from reconciler.graph.click_language import render
from reconciler.library import Library
from reconciler.load import load
from reconciler.load.desired_state import DesiredState
from reconciler.load.repository import Desired, Repository
from reconciler.observe.targets import record_of, reject_digest, target_of
from reconciler.outcome import Outcome, OutcomeKind
from reconciler.plan.terms import Target
from reconciler.reconcile import Dependencies, Planner
from reconciler.reconcile.dependencies import Signals
from reconciler.reconcile.one_pass import reconcile
from reconciler.record.journal import applied_objects
from reconciler.reporters.observers import Observer
from reconciler.store import Ledger
from schemas.capabilities import Capabilities
from schemas.plan import Plan
from schemas.status import InstanceStatus, Phase
from tests.libraries import todays_library
from tests.reconciler.devices.recorded import (
    PARKS_NONE,
    REMEMBERS_ONLY,
    STOPS_AND_STARTS,
    RecordedDevice,
    Records,
)

EXAMPLE = Path(__file__).parents[3] / "desired_state"
KEY = "edge1/edge-firewall"
REVISION = "main@sha1:2"
ELEMENT, ROLLOUT = "elements/edge-firewall.yaml", "rollouts/edge-firewall.yaml"
PLANNED_BUT_NOT_CARRIED_OUT = (OutcomeKind.STALLED, OutcomeKind.REJECTED, OutcomeKind.DRIFTED)

MISTAKE = "a mistake"
VARIANTS = {
    "as it is": (),
    "a live parameter": ((ELEMENT, "$session_capacity}", "$session_capacity, udp: 60s}"),),
    "another capacity": ((ELEMENT, "session_capacity: 65536", "session_capacity: 4096"),),
    "another rule": ((ELEMENT, "tcp dst port 443", "tcp dst port 8443"),),
    MISTAKE: ((ELEMENT, "{use: Count}\n", "{use: Meter, with: {rate: 5}}\n"),),
    "an element more": (
        (ELEMENT, "    drop:", "    seen: {use: Count}\n    drop:"),
        (ELEMENT, "rejected -> drop", "rejected -> seen -> drop"),
    ),
    "given up": ((ROLLOUT, "  drift: heal", "  keep: {sessions: discard}\n  drift: heal"),),
    "drift is reported": ((ROLLOUT, "drift: heal", "drift: report"),),
}


@dataclass(frozen=True)
class Case:
    """What is desired, and what the device and the ledger report."""

    wanted: str
    ran: str
    """The variant of the release that was applied last."""
    running: bool
    supervisor: bool
    stranger: bool
    unconfirmed: bool
    parked: bool
    ours: bool
    """Whether the ledger knows the attempt that led to it."""
    applied: bool
    rejected: bool
    tables: str
    capacity: int
    drifted: bool
    emptied: bool
    """Whether the build cache is emptied before the pass."""
    can: Capabilities
    """Capabilities of the device's driver."""


flag = st.booleans()
cases = st.builds(
    Case,
    wanted=st.sampled_from(sorted(VARIANTS)),
    ran=st.sampled_from(sorted(VARIANTS.keys() - {MISTAKE})),
    running=flag, supervisor=flag, stranger=flag, unconfirmed=flag, parked=flag, ours=flag,
    applied=flag, rejected=flag, drifted=flag, emptied=flag,
    tables=st.sampled_from(["none", "as wanted", "unknown"]),
    capacity=st.sampled_from([4096, 65536]),
    can=st.sampled_from([REMEMBERS_ONLY, PARKS_NONE, STOPS_AND_STARTS]),
)  # fmt: skip


@dataclass
class Watching(Observer):
    """Keeps the plans of passes."""

    plans: list[Plan] = field(default_factory=list)

    @override
    def planned(self, key: str, plan: Plan) -> None:
        self.plans.append(plan)


@dataclass(frozen=True)
class World:
    """Everything on which plans depend, set up as a case says."""

    folder: Path
    library: Library
    case: Case
    records: Records = field(default_factory=Records)

    def desired(self, variant: str) -> Desired:
        (desired,) = repository(variant).instances()
        return desired

    def target(self, variant: str, builder: Builder) -> Target:
        return target_of(self.desired(variant), self.library, builder)

    def planner(self, builder: Builder) -> Planner:
        device = RecordedDevice(KEY, self.records, capabilities=self.case.can)
        return Planner(self.folder, self.library, builder, lambda *_: device)

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        with closing(Ledger(self.folder / "ledger.db")) as ledger:
            yield ledger


def set_up(world: World, builder: Builder) -> None:
    """Write the device's records and the ledger."""
    case, records = world.case, world.records
    target = world.target(case.ran, builder)
    with world.ledger() as ledger:
        attempt = "somebody else's"
        if case.ours:
            attempt = ledger.begin_attempt(KEY, "main@sha1:1", "1.0.0", target.release, "digest")
            ledger.keep_graph(target.release, render(target.resolved.graph))
        if case.applied:
            ledger.record_applied(KEY, applied_objects(world.desired(case.ran)))
            status = InstanceStatus(instance=KEY, phase=Phase.READY, release=target.release)
            ledger.record_status(status, "main@sha1:1", "", "edge-firewall")
        if case.rejected and case.wanted != MISTAKE:
            wanted = world.target(case.wanted, builder)
            digest = reject_digest(wanted, world.desired(case.wanted))
            ledger.reject(KEY, digest, REVISION, "it did not forward")
    records.started, records.stranger = case.supervisor, case.stranger
    if not case.supervisor:
        return
    records.tables = tables(case, target)
    if case.running:
        graph = render(target.resolved.graph)
        if case.drifted:
            graph = graph.replace("65536", "8192")
        record = record_of(target, world.desired(case.ran), "main@sha1:1")
        driver = world.folder / "driver"
        records.releases[target.release] = Release(target.release, driver, graph, record)
        records.active = WorkerStatus(release=target.release, attempt=attempt)
        records.unconfirmed = case.unconfirmed
        records.confirmed = "" if case.unconfirmed else target.release
        records.parked = WorkerStatus(release="0" * 64) if case.parked else None


def tables(case: Case, target: Target) -> dict[str, TableStatus]:
    if case.tables == "none":
        return {}
    layout = target.resolved.states["sessions"].tables["sessions"].layout
    known = case.tables == "as wanted"
    held = TableStatus(
        layout=layout if known else "0" * 16, version=2 if known else 7,
        capacity=case.capacity, records=5,
    )  # fmt: skip
    return {"sessions/sessions": held}


async def by_the_command(world: World, builder: Builder) -> Planned:
    with world.ledger() as ledger:
        wanted = repository(world.case.wanted)
        return await plan_all(world.planner(builder), ledger, wanted)


async def by_a_pass(world: World, builder: Builder) -> tuple[Outcome, list[Plan]]:
    """Return the plan of a pass; nothing is built or taken over, as a newer revision arrives with
    the first step.
    """
    watching, signals = Watching(), Signals()
    signals.superseded.set()
    desired_state = DesiredState(REVISION, repository(world.case.wanted))
    with world.ledger() as ledger:
        dependencies = Dependencies(world.planner(builder), ledger, watching)
        return await reconcile(KEY, desired_state, dependencies, signals), watching.plans


@cache
def repository(variant: str) -> Repository:
    """Return the example repository's firewall in a variant."""
    names = (ELEMENT, ROLLOUT, "devices/edge1.yaml")
    files = {name: (EXAMPLE / name).read_text() for name in names}
    for name, old, new in VARIANTS[variant]:
        assert old in files[name], (variant, old)
        files[name] = files[name].replace(old, new)
    loaded = load(files)
    assert loaded.diagnostics == ()
    return loaded


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Builder:
    """A builder whose cache seems to hold everything that any variant needs."""
    cache, library = tmp_path_factory.mktemp("full"), todays_library()
    context = service_context(library.elements.keys(), library)
    for unit in driver_units(context, library, find_compiler()):
        place = cache / "objects" / unit.key[:2] / f"{unit.key}.o"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    return Builder(cache, library)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=cases)
def test_plan_and_pass_agree(case: Case, full: Builder) -> None:
    library = todays_library()
    folder = Path(tempfile.mkdtemp())
    try:
        world = World(folder, library, case)
        set_up(world, full)
        asyncio.run(agree(world, full, Builder(folder / "emptied", library)))
    finally:
        shutil.rmtree(folder)


async def agree(world: World, full: Builder, empty: Builder) -> None:
    shown = {builder: await by_the_command(world, builder) for builder in (full, empty)}
    builder = empty if world.case.emptied else full
    expected = shown[builder]
    outcome, made = await by_a_pass(world, builder)
    if not expected.plans:
        assert outcome.kind is OutcomeKind.STALLED and expected.stalled
        return
    (plan,) = expected.plans
    if made and KEY not in expected.rejected:
        assert made[0].model_dump_json() == plan.model_dump_json()
    elif not made:
        assert not plan.steps or outcome.kind in PLANNED_BUT_NOT_CARRIED_OUT
    if runs_already(world, full):
        assert shown[full].plans == shown[empty].plans


def runs_already(world: World, builder: Builder) -> bool:
    """Return whether the desired release needs the running driver, so that no cache matters."""
    wanted, ran = (world.target(v, builder) for v in (world.case.wanted, world.case.ran))
    case = world.case
    return case.supervisor and case.running and wanted.artifact == ran.artifact
