"""The repository in a folder, as commands read it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from reconciler.cli.workplace import fail
from reconciler.library import Library
from reconciler.load import considered, load
from reconciler.load.repository import Desired, Repository, unbound
from reconciler.source.git import LARGEST_FILE

PathArgument = Annotated[
    Path, typer.Argument(metavar="[PATH]", help="Folder of the repository, or one file")
]


def read_repository(path: Path, library: Library) -> Repository:
    """What the folder or file says as it lies there, committed or not."""
    if not path.exists():
        fail(f"there is no {path}", 2)
    return load(dict(_files(path)), library)


def _files(path: Path) -> Iterator[tuple[str, str]]:
    if path.is_file():
        yield path.name, _text(path)
        return
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            place = Path(folder, name)
            relative = place.relative_to(path).as_posix()
            # As in a commit: links are not followed, and nothing else than files is there.
            if considered(relative) and place.is_file() and not place.is_symlink():
                yield relative, _text(place)


def _text(place: Path) -> str:
    size = place.stat().st_size
    if size > LARGEST_FILE:
        fail(
            f"{place} has {size} bytes; at most {LARGEST_FILE} a file are read; move what is not"
            " desired state out of the folder",
            2,
        )
    return place.read_text(encoding="utf-8", errors="replace")


def desired_of(repository: Repository, element: str, device: str | None) -> Desired:
    """A network element on a device that gets it, or by itself when no device is named."""
    if device is None:
        entry = repository.elements.get(element)
        if entry is None:
            known = ", ".join(sorted(repository.elements)) or "none"
            fail(f"there is no network element {element!r}; known: {known}", 2)
        if entry.model is None:
            fail("\n".join(map(str, entry.diagnostics)))
        return unbound(entry)
    for desired in repository.instances():
        if desired.key == f"{device}/{element}":
            return desired
    keys = ", ".join(desired.key for desired in repository.instances()) or "none"
    fail(f"no rollout brings {element} to {device}; instances: {keys}", 2)
