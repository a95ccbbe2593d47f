"""`click-up plan`: what would change on devices, why, and in which steps."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from reconciler.build import Builder, find_compiler
from reconciler.cli.files import (
    AllowRemovalsOption,
    LimitsOption,
    PathArgument,
    read_limits,
    read_repository,
)
from reconciler.cli.plan_text import plan_lines, summary
from reconciler.cli.terminal import say
from reconciler.cli.workplace import (
    DataOption,
    LibraryOption,
    Output,
    OutputOption,
    data_folder,
    fail,
    open_library,
    print_json,
    tell_progress,
    writable_folder,
)
from reconciler.diagnostics import one_line
from reconciler.errors import Stalled, Transient, Waiting
from reconciler.library import Library
from reconciler.load.desired_state import DesiredState
from reconciler.load.repository import Desired, Repository
from reconciler.observe.known import Known, everything_applied, known_of
from reconciler.reconcile import Goal, Planner
from reconciler.resolve import resolve
from reconciler.store import Ledger
from schemas.plan import Plan

OnlyArgument = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="KEY", help="Only this instance; may be repeated"),
]
BuildOption = Annotated[
    bool,
    typer.Option("--build", help="Also compile what the plans need, so that `run` need not"),
]


LONGEST_WAIT = 10.0
"""Seconds within which a device that starts a worker settles."""


@dataclass(frozen=True)
class _Recorded:
    """Knowledge and rejections of an instance, from the ledger."""

    known: Known = field(default_factory=Known)
    rejected: Mapping[str, str] = field(default_factory=dict)
    """Digest of a release and its verification -> why it is not tried again."""


@dataclass(frozen=True)
class _Plans:
    """Makes plans as `run` would; with `build`, also compiles what they need."""

    planner: Planner
    recorded: Mapping[str, _Recorded]
    build: bool = False

    async def change(self, desired: Desired) -> tuple[Plan, str]:
        """Return the plan, and why `run` would not apply it. Raises Stalled, Transient, Waiting."""
        recorded = self.recorded.get(desired.key, _Recorded())
        await self.planner.check_not_moved(desired, recorded.known)
        goal = await self.planner.goal(desired, "")
        plan = await self._plan(goal, recorded.known)
        if self.build and goal.target is not None:
            classes = goal.target.resolved.graph.classes
            await goal.builder.build(classes, tell_progress, with_supervisor=True)
        return plan, recorded.rejected.get(goal.reject_digest, "")

    async def removal(self, applied: Desired) -> Plan:
        """Return the plan that removes an instance. Raises Transient, Waiting."""
        goal = self.planner.removal(applied, "")
        return await self._plan(goal, self.recorded[applied.key].known)

    async def _plan(self, goal: Goal, known: Known) -> Plan:
        began = time.monotonic()
        while True:
            try:
                state = await self.planner.observe(goal)
                break
            except Waiting as error:
                if time.monotonic() - began > LONGEST_WAIT:
                    raise
                await asyncio.sleep(error.retry_after)
        return (await self.planner.plan(goal, state, known))[0]


@dataclass
class Planned:
    """Plans, and by instance why there is none, or why `run` would not apply it."""

    plans: list[Plan] = field(default_factory=list)
    stalled: dict[str, list[str]] = field(default_factory=dict)
    rejected: dict[str, str] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        """Return 0 when nothing would change, 1 when something would, 2 when something is wrong."""
        if self.stalled or any(one.refusals for one in self.plans):
            return 2
        return 0 if all(one.empty for one in self.plans) else 1


def plan(
    path: PathArgument = Path("."),
    only: OnlyArgument = None,
    data: DataOption = None,
    own: LibraryOption = None,
    build: BuildOption = False,
    limit: LimitsOption = None,
    allow_removals: AllowRemovalsOption = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Show what the repository would change on each device, without changing it.

    Exit codes: 0 nothing would change, 1 something would, 2 mistakes, refused plans, or devices
    that cannot be reached.
    """
    library = open_library(own, 2)
    folder = writable_folder(data) if build else data_folder(data)
    repository = read_repository(path, read_limits(limit))
    builder = Builder(folder / "cache", library, find_compiler())
    planner = Planner(folder, library, builder, allow_removals=allow_removals)
    with _ledger(folder) as ledger:
        planned = asyncio.run(plan_all(planner, ledger, repository, only, build))
    _show(planned, output)
    raise typer.Exit(planned.exit_code)


async def plan_all(
    planner: Planner,
    ledger: Ledger | None,
    repository: Repository,
    only: list[str] | None = None,
    build: bool = False,
) -> Planned:
    """Plan as `run` would for every instance, or for those in `only`; compile if `build`."""
    plans = _Plans(planner, {} if ledger is None else _read(ledger), build)
    desired_state = DesiredState("", repository)
    removed = {
        key: one.known.applied
        for key, one in sorted(plans.recorded.items())
        if one.known.applied is not None and key not in desired_state.digests
    }
    keys = _keys_to_plan(repository, removed, only)
    planned = Planned(stalled=_mistakes(repository, plans.planner.library, keys))
    applied = {} if ledger is None else everything_applied(ledger)
    if (why := planner.why_keep(desired_state, applied)) is not None:
        planned.stalled |= {key: [f"it stays: {why}"] for key in sorted(keys & removed.keys())}
    for desired in (*repository.instances(), *removed.values()):
        if desired.key not in keys or desired.key in planned.stalled:
            continue
        try:
            if desired.key in removed:
                planned.plans.append(await plans.removal(desired))
                continue
            plan, rejected = await plans.change(desired)
        except (Stalled, Transient, Waiting) as error:
            planned.stalled[desired.key] = [str(error)]
            continue
        planned.plans.append(plan)
        if rejected:
            planned.rejected[desired.key] = rejected
    return planned


@contextmanager
def _ledger(folder: Path) -> Iterator[Ledger | None]:
    """Yield the ledger, or None when there is none: planning does not create one."""
    path = folder / "ledger.db"
    if not path.exists():
        yield None
        return
    with closing(Ledger(path)) as ledger:
        yield ledger


def _read(ledger: Ledger) -> dict[str, _Recorded]:
    return {
        record.key: _Recorded(
            known_of(record, ledger),
            {one.digest: one.reason for one in ledger.rejections(record.key)},
        )
        for record in ledger.instances()
    }


def _keys_to_plan(
    repository: Repository, removed: Mapping[str, Desired], only: list[str] | None
) -> set[str]:
    known = {one.key for one in repository.instances()} | repository.broken.keys() | removed.keys()
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


def _show(planned: Planned, output: Output) -> None:
    if output is Output.JSON:
        plans = [_as_json(one) for one in planned.plans]
        print_json({"plans": plans, "stalled": planned.stalled, "rejected": planned.rejected})
        return
    for one in planned.plans:
        for line in plan_lines(one):
            say(one_line(line))
        if one.instance in planned.rejected:
            say(f"  ✗ rejected on this device before: {planned.rejected[one.instance]}")
            say(f"    `click-up reconcile {one.instance} --retry` allows another try")
        say("")
    for key, wrong in planned.stalled.items():
        say(f"✗ {key}: not planned", error=True)
        for line in wrong:
            say(f"  {line}", error=True)
    if planned.plans or not planned.stalled:
        say(summary(planned.plans))
