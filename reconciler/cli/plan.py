"""`click-up plan`: what would change on devices, why, and in which steps."""

from __future__ import annotations

import asyncio
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from reconciler.build import Builder, find_compiler
from reconciler.cli.files import PathArgument, read_repository
from reconciler.cli.plan_text import lines_of, summary_of
from reconciler.cli.workplace import (
    Output,
    OutputOption,
    StateOption,
    fail,
    print_json,
    state_folder,
)
from reconciler.devices.local import LocalDevice
from reconciler.diagnostics import Diagnostic
from reconciler.errors import Stalled, Transient
from reconciler.library import Library, load_library
from reconciler.plan import make_plan
from reconciler.repository import Desired, Repository
from reconciler.resolve import resolve
from reconciler.store import Ledger
from reconciler.targets import observed_of, target_of
from schemas.plan import Plan

OnlyArgument = Annotated[
    list[str] | None, typer.Option("--only", metavar="DEVICE/ELEMENT", help="Only this instance")
]


def plan(
    path: PathArgument = Path("."),
    only: OnlyArgument = None,
    state: StateOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Show what the repository would change on each device; changes nothing.

    Exit codes: 0 nothing would change, 1 something would, 2 mistakes, refused plans, or devices
    that cannot be reached.
    """
    library = load_library()
    repository = read_repository(path, library)
    keys = _keys(repository, only)
    mistakes = _mistakes(repository, library, keys)
    plans = []
    try:
        builder = Builder(state_folder(state) / "cache", library, find_compiler())
        wanted = [one for one in repository.instances() if one.key in keys - mistakes.keys()]
        plans = [asyncio.run(_plan(one, library, builder, state_folder(state))) for one in wanted]
    except (Stalled, Transient) as error:
        fail(str(error), 2)
    _show(plans, mistakes, output)
    if mistakes or any(one.refusals for one in plans):
        raise typer.Exit(2)
    if not all(one.empty for one in plans):
        raise typer.Exit(1)


def _keys(repository: Repository, only: list[str] | None) -> set[str]:
    known = {one.key for one in repository.instances()} | set(repository.broken)
    for key in only or ():
        if key not in known:
            fail(f"no instance {key!r}; known: {', '.join(sorted(known)) or 'none'}", 2)
    return set(only) if only else known


def _mistakes(
    repository: Repository, library: Library, keys: set[str]
) -> dict[str, tuple[Diagnostic, ...]]:
    found = {key: repository.broken[key] for key in sorted(keys & set(repository.broken))}
    for desired in repository.instances():
        wrong = desired.diagnostics or resolve(desired, library).diagnostics
        if wrong and desired.key in keys:
            found[desired.key] = wrong
    return found


async def _plan(desired: Desired, library: Library, builder: Builder, state: Path) -> Plan:
    device = LocalDevice(desired.device, desired.element.name, state)
    observed = observed_of(await device.observe(), _released_last(desired.key, state))
    return make_plan(target_of(desired, library, builder), observed, desired.key)


def _as_json(plan: Plan) -> dict[str, object]:
    return plan.model_dump(mode="json") | {"takeover": plan.takeover}


def _released_last(key: str, state: Path) -> str | None:
    """Click language of the release that was applied last, as far as it was recorded."""
    path = state / "ledger.db"
    if not path.exists():
        return None
    with closing(Ledger(path)) as ledger:
        status = ledger.instance(key).status
        return ledger.graph(status.release) if status is not None else None


def _show(plans: list[Plan], mistakes: dict[str, tuple[Diagnostic, ...]], output: Output) -> None:
    if output is Output.JSON:
        stalled = {key: [str(one) for one in wrong] for key, wrong in mistakes.items()}
        print_json({"plans": [_as_json(one) for one in plans], "stalled": stalled})
        return
    for one in plans:
        for line in lines_of(one):
            typer.echo(line)
        typer.echo("")
    for key, wrong in mistakes.items():
        typer.echo(f"✗ {key}: not planned", err=True)
        for diagnostic in wrong:
            typer.echo(f"  {diagnostic}", err=True)
    typer.echo(summary_of(plans))
