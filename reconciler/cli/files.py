"""Reads a repository from a folder, for commands."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from reconciler.cli.workplace import fail
from reconciler.load import load, may_hold_objects
from reconciler.load.repository import Desired, Repository, unbound_instance
from reconciler.yaml.contents import LINK, SUBMODULE, Contents, Unread
from reconciler.yaml.limits import DEFAULT, Limits, parse_limits

PathArgument = Annotated[
    Path, typer.Argument(metavar="PATH", help="Folder of the repository, or one file")
]
LimitsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--limit",
        metavar="NAME=NUMBER",
        help="Change how much a revision may hold; messages name the limits",
    ),
]
AllowRemovalsOption = Annotated[
    bool,
    typer.Option("--allow-removals", help="Let a revision remove most instances at once"),
]


def read_limits(words: list[str] | None) -> Limits:
    """Return the limits that the command line gives; end the command when one is wrong."""
    try:
        return parse_limits(words or [])
    except ValueError as error:
        fail(f"--limit: {error}", 2)


def read_repository(path: Path, limits: Limits = DEFAULT) -> Repository:
    """Read a folder or file as it is on disk, committed or not; end the command when absent."""
    if not path.exists():
        fail(f"there is no {path}", 2)
    files: dict[str, Contents] = {}
    total = 0
    for name, contents in _read_files(path, limits):
        files[name] = contents
        total += len(contents) if isinstance(contents, bytes) else 0
        if total > limits.total_bytes:
            fail(f"all YAML files together have more than {limits.told('total_bytes')} bytes", 2)
    return load(files, limits)


def _read_files(path: Path, limits: Limits) -> Iterator[tuple[str, Contents]]:
    if path.is_file():
        yield path.name, _read(path.resolve(), limits)
        return
    for folder, folders, names in os.walk(path):
        here = Path(folder)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in list(folders):
            if not (here / name).is_symlink() and os.path.lexists(here / name / ".git"):
                folders.remove(name)
                yield _shown(here / name, path), SUBMODULE
        for name in sorted(names):
            shown = _shown(here / name, path)
            if may_hold_objects(shown) and _may_be_committed(here / name):
                yield shown, _read(here / name, limits)
        for name in (*folders, *names):
            if _leads_elsewhere(here / name, path):
                yield _shown(here / name, path), LINK


def _leads_elsewhere(place: Path, root: Path) -> bool:
    """Tell whether a place is a link to neither a file nor a folder that is read."""
    if not place.is_symlink():
        return False
    inside = place.resolve().is_relative_to(root.resolve()) and place.exists()
    return not inside and (not place.is_file() or Path(os.readlink(place)).is_absolute())


def _may_be_committed(place: Path) -> bool:
    return place.is_symlink() or place.is_file()


def _shown(place: Path, root: Path) -> str:
    name = place.relative_to(root).as_posix()
    return os.fsencode(name).decode(errors="backslashreplace")


def _read(place: Path, limits: Limits) -> Contents:
    """Read as from a commit: links are not followed."""
    try:
        if place.is_symlink():
            return LINK
        return limits.larger_than_a_file(place.stat().st_size) or place.read_bytes()
    except OSError as error:
        return Unread(error.strerror or str(error), "Give click-up the right to read it.")


def find_desired(repository: Repository, element: str, device: str | None) -> Desired:
    """Return a network element bound to a device, or unbound when no device is named; end the
    command when there is none.
    """
    if device is None:
        entry = repository.elements.get(element)
        if entry is None:
            known = ", ".join(sorted(repository.elements)) or "none"
            fail(f"there is no network element {element!r}; known: {known}", 2)
        if entry.model is None:
            fail("\n".join(map(str, entry.diagnostics)))
        return unbound_instance(entry)
    for desired in repository.instances():
        if desired.key == f"{device}/{element}":
            return desired
    keys = ", ".join(desired.key for desired in repository.instances()) or "none"
    fail(f"no rollout puts {element} on {device}; instances: {keys}", 2)
