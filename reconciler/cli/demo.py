"""`click-up demo`: a firewall upgraded under traffic three ways, on this machine."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from reconciler.cli.workplace import fail
from reconciler.errors import Stalled, Transient
from reconciler.library import load_library

if TYPE_CHECKING:
    from reconciler.demo.report import Measured, Report

# In an installed package, and in a checkout of the repository.
PLACES = (Path(__file__).parents[1] / "desired_state", Path(__file__).parents[2] / "desired_state")
NO_SANDBOX = 3
PLAIN_WIDTH = 100


def demo(
    output: Annotated[
        Path, typer.Option("--output", metavar="FOLDER", help="Where to write the report")
    ] = Path("build/demo"),
    full: Annotated[
        bool,
        typer.Option(
            "--full", help="Let `cold` build the whole element library, which takes minutes longer"
        ),
    ] = False,
) -> None:
    """Upgrade a firewall under traffic with click-up and by other means, and compare the losses.

    First click-up upgrades it, then reverts a bad release; a stateless and a cold upgrade follow.
    Each row is shown as soon as it is measured. Writes report.json, report.svg and raw.json, and
    times.json for the next run's estimates. Needs no root: it creates network namespaces of its own
    and does not touch this machine's network.

    Exit codes: 0 click-up lost nothing; 1 it did, or the demo could not be finished; 3 network
    namespaces are not available.
    """
    from reconciler.testbed.sandbox import SandboxError, enter

    try:
        enter([sys.executable, "-m", "reconciler.cli.main", *sys.argv[1:]])
    except SandboxError as error:
        fail(str(error), NO_SANDBOX)
    report = _run(output.absolute(), full)
    if failures := report.failures():
        fail("; ".join(failures))


def _run(output: Path, full: bool) -> Report:
    try:
        from reconciler.testbed.network import network
    except ModuleNotFoundError as error:
        fail(f"the demo needs {error.name}: pip install 'click-up[demo]'")
    from reconciler.demo.pace import read
    from reconciler.demo.telling import Teller
    from reconciler.demo.tour import parts, tour
    from reconciler.demo.walkthrough import WalkthroughFailed
    from reconciler.testbed.measure import Load
    from reconciler.testbed.site import Site

    console = Console()
    if not console.is_terminal:
        console = Console(width=PLAIN_WIDTH)
    times = output / "times.json"
    tell = Teller(console, read(times, parts(full)), times)
    work = output / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    desired_state = next(place for place in PLACES if place.is_dir())
    with network() as joined:
        site = Site(joined, work, load_library())
        try:
            with tell.live():
                report, runs = asyncio.run(tour(site, desired_state, Load(), tell, full))
        except (WalkthroughFailed, Stalled, Transient) as error:
            fail(f"{error}; logs and caches of this run are in {work}")
        except TimeoutError:
            fail(
                "the traffic did not start, or a merge did not finish, in time; "
                f"logs and caches of this run are in {work}"
            )
    _show(console, output, report, runs)
    shutil.rmtree(work)
    return report


def _show(console: Console, output: Path, report: Report, runs: tuple[Measured, ...]) -> None:
    from reconciler.demo.picture import picture
    from reconciler.demo.report import write_report
    from reconciler.demo.table import summary, table

    write_report(output, report, runs)
    (output / "report.svg").write_text(picture(runs))
    console.print()
    console.print(table(report.strategies))
    for line in (
        *summary(report),
        f"written: {output}/report.json, report.svg, raw.json",
        _next_steps(),
    ):
        console.print(line, highlight=False, soft_wrap=True, markup=False)


def _next_steps() -> str:
    command = Path(sys.executable).parent / "click-up"
    called = "click-up" if shutil.which("click-up") else os.path.relpath(command)
    return (
        "next: report.svg shows all of it over time; docs/tutorial.md is a first upgrade by "
        f"hand; `{called} init network` creates a repository of your own"
    )
