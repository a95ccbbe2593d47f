"""`click-up plan`: what would change on devices, why, and in which steps."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from reconciler.build import Builder, find_compiler
from reconciler.cli.files import PathArgument, read_repository
from reconciler.cli.plan_text import lines_of, summary_of
from reconciler.cli.workplace import (
    LibraryOption,
    Output,
    OutputOption,
    StateOption,
    fail,
    open_library,
    print_json,
    state_folder,
    tell_progress,
    writable_state,
)
from reconciler.devices.local import LocalDevice
from reconciler.errors import DeviceMoved, Stalled, Transient
from reconciler.library import Library
from reconciler.load.desired_state import DesiredState
from reconciler.load.repository import Desired, Repository
from reconciler.observe.device import in_plan_terms, is_foreign
from reconciler.observe.targets import moved, observed_of, reject_digest, target_of
from reconciler.plan import make_plan
from reconciler.record.journal import applied_desired
from reconciler.resolve import resolve
from reconciler.store import Ledger, Snapshots
from schemas.plan import Plan

OnlyArgument = Annotated[
    list[str] | None, typer.Option("--only", metavar="DEVICE/ELEMENT", help="Only this instance")
]
BuildOption = Annotated[
    bool, typer.Option("--build", help="Compile what is planned, so that `run` finds it compiled")
]


@dataclass(frozen=True)
class _Known:
    """What the ledger says about an instance."""

    applied: Desired | None = None
    graph: str | None = None
    """Click language of the release that was applied last."""
    rejected: Mapping[str, str] = field(default_factory=dict)
    """Digest of a release and how it is verified -> why it is not tried again."""
    attempts: frozenset[str] = frozenset()
    """Ids of the newest attempts."""


@dataclass(frozen=True)
class _Planner:
    library: Library
    builder: Builder
    state: Path
    known: Mapping[str, _Known]
    build: bool = False
    """Whether drivers of what is planned are built, too."""

    async def change(self, desired: Desired) -> tuple[Plan, str]:
        """The plan, and why it would not be carried out. Raises Stalled, Transient."""
        known = self.known.get(desired.key, _Known())
        device = self._device(desired)
        state = await device.observe()
        last, why = known.applied, moved(known.applied, desired)
        if last and why and (await self._device(last).observe()).status is not None:
            raise DeviceMoved(why)
        target = target_of(desired, self.library, self.builder)
        foreign = is_foreign(state, last is not None, known.attempts.__contains__)
        snapshots = Snapshots(self.state / "snapshots")
        observed = await in_plan_terms(state, device, target, snapshots, known.graph, foreign)
        plan = make_plan(target, observed, desired.key)
        if self.build:
            classes = target.resolved.graph.classes
            await self.builder.build(classes, tell_progress, with_supervisor=True)
        return plan, known.rejected.get(reject_digest(target, desired), "")

    async def removal(self, last: Desired) -> Plan:
        """What becomes of an instance that nobody wants any more. Raises Transient."""
        state = await self._device(last).observe()
        return make_plan(None, observed_of(state, None), last.key)

    def _device(self, desired: Desired) -> LocalDevice:
        return LocalDevice(desired.device, desired.element.name, self.state)


@dataclass
class _Planned:
    plans: list[Plan] = field(default_factory=list)
    stalled: dict[str, list[str]] = field(default_factory=dict)
    rejected: dict[str, str] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        if self.stalled or any(one.refusals for one in self.plans):
            return 2
        return 0 if all(one.empty for one in self.plans) else 1


def plan(
    path: PathArgument = Path("."),
    only: OnlyArgument = None,
    state: StateOption = None,
    own: LibraryOption = None,
    build: BuildOption = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Show what the repository would change on each device; changes nothing there.

    Exit codes: 0 nothing would change, 1 something would, 2 mistakes, refused plans, or devices
    that cannot be reached.
    """
    library = open_library(own, 2)
    folder = writable_state(state) if build else state_folder(state)
    repository, known = read_repository(path, library), _read_ledger(folder)
    builder = Builder(folder / "cache", library, find_compiler())
    planner = _Planner(library, builder, folder, known, build)
    planned = asyncio.run(_plan_all(planner, repository, only))
    _show(planned, output)
    raise typer.Exit(planned.exit_code)


async def _plan_all(planner: _Planner, repository: Repository, only: list[str] | None) -> _Planned:
    gone = _gone(repository, planner.known)
    keys = _keys(repository, gone, only)
    planned = _Planned(stalled=_mistakes(repository, planner.library, keys))
    for desired in (*repository.instances(), *gone.values()):
        if desired.key not in keys or desired.key in planned.stalled:
            continue
        try:
            if desired.key in gone:
                planned.plans.append(await planner.removal(desired))
                continue
            plan, rejected = await planner.change(desired)
        except (Stalled, Transient) as error:
            planned.stalled[desired.key] = [str(error)]
            continue
        planned.plans.append(plan)
        if rejected:
            planned.rejected[desired.key] = rejected
    return planned


def _read_ledger(state: Path) -> dict[str, _Known]:
    path = state / "ledger.db"
    if not path.exists():
        return {}
    known = {}
    with closing(Ledger(path)) as ledger:
        for record in ledger.instances():
            release = "" if record.status is None else record.status.release
            rejected = {one.digest: one.reason for one in ledger.rejections(record.key)}
            attempts = frozenset(one.id for one in ledger.attempts(record.key, limit=1000))
            graph = ledger.graph(release)
            known[record.key] = _Known(applied_desired(record), graph, rejected, attempts)
    return known


def _gone(repository: Repository, known: Mapping[str, _Known]) -> dict[str, Desired]:
    """Instances that were applied, and that nobody wants any more."""
    desired_state = DesiredState("", repository)
    if desired_state.why_not_remove() is not None:
        return {}
    return {
        key: one.applied
        for key, one in sorted(known.items())
        if one.applied is not None and key not in desired_state.digests
    }


def _keys(repository: Repository, gone: Mapping[str, Desired], only: list[str] | None) -> set[str]:
    known = {one.key for one in repository.instances()} | repository.broken.keys() | gone.keys()
    for key in only or ():
        if key not in known:
            fail(f"no instance {key!r}; known: {', '.join(sorted(known)) or 'none'}", 2)
    return set(only) if only else known


def _mistakes(repository: Repository, library: Library, keys: set[str]) -> dict[str, list[str]]:
    found = {key: repository.broken[key] for key in sorted(keys & set(repository.broken))}
    for desired in repository.instances():
        wrong = desired.diagnostics or resolve(desired, library).diagnostics
        if wrong and desired.key in keys:
            found[desired.key] = wrong
    return {key: [str(one) for one in wrong] for key, wrong in found.items()}


def _as_json(plan: Plan) -> dict[str, object]:
    return plan.model_dump(mode="json") | {"takeover": plan.takeover}


def _show(planned: _Planned, output: Output) -> None:
    if output is Output.JSON:
        plans = [_as_json(one) for one in planned.plans]
        print_json({"plans": plans, "stalled": planned.stalled, "rejected": planned.rejected})
        return
    for one in planned.plans:
        for line in lines_of(one):
            typer.echo(line)
        if one.instance in planned.rejected:
            typer.echo(f"  ✗ rejected here before: {planned.rejected[one.instance]}")
            typer.echo(f"    `click-up reconcile {one.instance} --retry` lets it be tried again")
        typer.echo("")
    for key, wrong in planned.stalled.items():
        typer.echo(f"✗ {key}: not planned", err=True)
        for line in wrong:
            typer.echo(f"  {line}", err=True)
    if planned.plans or not planned.stalled:
        typer.echo(summary_of(planned.plans))
