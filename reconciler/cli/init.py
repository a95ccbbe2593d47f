"""`click-up init`: an example repository to start from."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer
from git import Actor, Repo

from reconciler.cli.terminal import say
from reconciler.cli.workplace import fail

# In an installed package, and in a checkout of the repository.
PLACES = (Path(__file__).parents[1] / "desired_state", Path(__file__).parents[2] / "desired_state")
_AUTHOR = Actor("click-up", "click-up@localhost")


def init(
    directory: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new or empty folder")],
) -> None:
    """Create an example repository.

    It holds network elements, their rollouts, a device and a README that describes them, and is
    committed.

    Exit codes: 0 written, 1 it cannot be written, 2 the folder is not empty, or is a file.
    """
    if directory.exists() and not directory.is_dir():
        fail(f"{directory} is a file; name a new folder", 2)
    if directory.exists() and any(directory.iterdir()):
        fail(f"{directory} is not empty; name a new folder", 2)
    example = next(place for place in PLACES if place.is_dir())
    try:
        shutil.copytree(example, directory, dirs_exist_ok=True)
    except OSError as error:
        fail(f"cannot create {directory}: {error.strerror}; name another folder")
    written = sorted(path for path in directory.rglob("*") if path.is_file())
    files = [path.relative_to(directory).as_posix() for path in written]
    with Repo.init(directory, initial_branch="main") as repository:
        repository.index.add(files)
        repository.index.commit("Start from the example", author=_AUTHOR, committer=_AUTHOR)
    for name in files:
        say(f"► {name}")
    say(f"✔ {directory} is a repository; now `click-up validate {directory}`")
