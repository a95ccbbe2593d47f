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
from reconciler.source.git import LARGEST_FILE

PathArgument = Annotated[
    Path, typer.Argument(metavar="PATH", help="Folder of the repository, or one file")
]


def read_repository(path: Path) -> Repository:
    """Read a folder or file as it is on disk, committed or not; end the command when absent."""
    if not path.exists():
        fail(f"there is no {path}", 2)
    return load(dict(_read_files(path)))


def _read_files(path: Path) -> Iterator[tuple[str, str]]:
    if path.is_file():
        yield path.name, _read_text(path)
        return
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            place = Path(folder, name)
            relative = place.relative_to(path).as_posix()
            # As in a commit: links are not followed, and only files count.
            if may_hold_objects(relative) and place.is_file() and not place.is_symlink():
                yield relative, _read_text(place)


def _read_text(place: Path) -> str:
    size = place.stat().st_size
    if size > LARGEST_FILE:
        fail(
            f"{place} has {size} bytes, more than the {LARGEST_FILE} that are read of a file; move"
            " what is not desired state out of the folder",
            2,
        )
    return place.read_text(encoding="utf-8", errors="replace")


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
