"""`click-up run`: the reconcile loop; `click-up build`: a driver, built by hand."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import structlog
import typer

from reconciler.build import Builder, find_compiler
from reconciler.build.background import step_back
from reconciler.cli.files import AllowRemovalsOption, LimitsOption, read_limits
from reconciler.cli.terminal import say
from reconciler.cli.workplace import (
    DataOption,
    LibraryOption,
    Output,
    OutputOption,
    fail,
    open_library,
    print_json,
    tell_progress,
    writable_folder,
)
from reconciler.errors import RevisionNotFound, Stalled, Transient
from reconciler.library import Library
from reconciler.reconcile import Dependencies, Planner
from reconciler.reconcile.loop import Loop
from reconciler.reporters.observers import LogObserver, Observer, Observers
from reconciler.reporters.progress import ProgressObserver
from reconciler.source import GitSource, Reference, parse_reference
from reconciler.store import Ledger
from schemas.meta import parse_duration

RepositoryOption = Annotated[
    str,
    typer.Option(metavar="PATH_OR_URL", help="Git repository that holds the desired state"),
]
ReferenceOption = Annotated[
    str,
    typer.Option(
        metavar="REFERENCE",
        help="main, branch:NAME, tag:NAME, semver:RANGE, semver:PREFIX:RANGE, or a commit",
    ),
]


def run(
    repository: RepositoryOption,
    reference: ReferenceOption = "main",
    path: Annotated[
        str, typer.Option(metavar="FOLDER", help="Only this folder of the repository")
    ] = "",
    interval: Annotated[
        str, typer.Option(metavar="DURATION", help="Time between two polls of the repository")
    ] = "30s",
    once: Annotated[
        bool, typer.Option("--once", help="Converge, report the outcome, and exit")
    ] = False,
    limit: LimitsOption = None,
    allow_removals: AllowRemovalsOption = False,
    allow_rewind: Annotated[
        bool, typer.Option("--allow-rewind", help="Follow a branch back to an older commit")
    ] = False,
    data: DataOption = None,
    own: LibraryOption = None,
    verbose: Annotated[
        bool, typer.Option("-v", "--verbose", help="Log every step as JSON")
    ] = False,
) -> None:
    """Keep every device at the newest revision of the repository.

    Exit codes with --once: 0 everything converged; 1 something is stalled or could not be reached;
    3 an upgrade was reverted, or its revision was rejected before. Without it: 0 stopped by SIGINT
    or SIGTERM.
    """
    step_back()
    parsed, limits = _reference(reference), read_limits(limit)
    try:
        seconds = parse_duration(interval)
    except ValueError as error:
        fail(f"--interval {interval}: {error}", 2)
    try:
        folder = writable_folder(data)
        clone = folder / "source.git"
        source = GitSource(repository, parsed, clone, path, limits, allow_rewind)
        opened = partial(open_dependencies, folder, allow_removals=allow_removals)
        code = asyncio.run(_run(source, seconds, once, opened, verbose, own))
    except (Stalled, Transient) as error:
        fail(str(error))
    raise typer.Exit(code)


def _reference(text: str) -> Reference:
    try:
        return parse_reference(text)
    except RevisionNotFound as error:
        fail(str(error), 2)


async def _run(
    source: GitSource,
    interval: float,
    once: bool,
    opened: Callable[[Observer, Library], Dependencies],
    verbose: bool,
    own: Path | None,
) -> int:
    observer: Observer = ProgressObserver(sys.stdout)
    if verbose:
        _log_to_stderr()
        observer = Observers(observer, LogObserver())
    dependencies = opened(observer, open_library(own))
    loop = Loop(source, dependencies, interval)
    try:
        if once:
            outcomes = await loop.run_once()
            return max((outcome.meaning.exit_code for outcome in outcomes.values()), default=0)
        await loop.run(_stop_on_signals())
        return 0
    finally:
        dependencies.ledger.close()


def open_dependencies(
    folder: Path, observer: Observer, library: Library, allow_removals: bool = False
) -> Dependencies:
    """Open everything that a reconciler keeps in its data folder. Raises Stalled."""
    builder = Builder(folder / "cache", library, find_compiler())
    planner = Planner(folder, library, builder, allow_removals=allow_removals)
    return Dependencies(planner, Ledger(folder / "ledger.db"), observer)


def _stop_on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def _log_to_stderr() -> None:
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.dict_tracebacks,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def build(
    classes: Annotated[list[str], typer.Argument(metavar="CLASS", help="Element classes")],
    data: DataOption = None,
    own: LibraryOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Build the minimal driver for element classes and what they require, and print its path.

    Exit codes: 0 built, or found in the cache; 1 the compiler failed, or there is none.
    """
    try:
        builder = Builder(writable_folder(data) / "cache", open_library(own), find_compiler())
        artifact = asyncio.run(builder.build(frozenset(classes), tell_progress))
    except (Stalled, Transient) as error:
        fail(str(error))
    if output is Output.JSON:
        print_json(
            {
                "digest": artifact.digest,
                "driver": str(artifact.driver),
                "classes_compiled": artifact.classes_compiled,
                "seconds": artifact.seconds,
            }
        )
        return
    compiled = ", ".join(artifact.classes_compiled) or "nothing"
    say(f"✔ compiled {compiled} in {artifact.seconds:.1f} s", error=True)
    say(str(artifact.driver))
