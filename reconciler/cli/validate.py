"""`click-up validate`: reports every mistake in a repository at once."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import typer

from reconciler.cli.files import LimitsOption, PathArgument, read_limits, read_repository
from reconciler.cli.terminal import say
from reconciler.cli.workplace import LibraryOption, Output, OutputOption, open_library, print_json
from reconciler.diagnostics import Diagnostic
from reconciler.load.repository import Repository
from reconciler.resolve.check import check


def validate(
    path: PathArgument = Path("."),
    own: LibraryOption = None,
    limit: LimitsOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Check every file of a repository and the references between them.

    Exit codes: 0 no mistakes, 1 mistakes, 2 there is no such folder.
    """
    library = open_library(own)
    repository = read_repository(path, read_limits(limit))
    mistakes = check(repository, library)
    if output is Output.JSON:
        print_json(_as_json(repository, mistakes))
    else:
        _print(repository, mistakes)
    if mistakes:
        raise typer.Exit(1)


def _as_json(repository: Repository, mistakes: tuple[Diagnostic, ...]) -> dict[str, object]:
    return {
        "diagnostics": [asdict(mistake) for mistake in mistakes],
        "instances": [desired.key for desired in repository.instances()],
        "broken": sorted(repository.broken),
    }


def _print(repository: Repository, mistakes: tuple[Diagnostic, ...]) -> None:
    for mistake in mistakes:
        say(str(mistake))
    if mistakes:
        files = len({mistake.file for mistake in mistakes})
        say(f"✗ {_count(len(mistakes), 'mistake')} in {_count(files, 'file')}", error=True)
        return
    objects = len(repository.elements) + len(repository.devices) + len(repository.rollouts)
    instances = len(repository.instances())
    say(f"✔ {_count(objects, 'object')}, {_count(instances, 'instance')}, no mistakes")


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
