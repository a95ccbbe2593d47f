"""Joins an operator's own atoms and elements with those of the library.

They lie in a folder laid out like the library: `atoms/*.yaml`, `elements/NAME/`, `support/NAME/`.
Whatever reads the library reads a single folder, so the two are joined in one, by links.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from reconciler.errors import Stalled

WHOLE = ("driver", "shared", "state_table", "supervisor", "packet_types.yaml")
"""What a library has once."""
PARTS = ("atoms", "elements", "support")
"""Folders whose entries are one class or atom each."""


def join_libraries(ours: Path, own: Path, cache: Path) -> Path:
    """Return a folder below `cache` that links the entries of both; changes in either take effect.

    Raises Stalled when `own` is not a folder or has an entry that the library has too.
    """
    links = dict(_links(ours.resolve(), own.resolve()))
    lines = sorted(f"{name}\0{target}" for name, target in links.items())
    folder = cache / hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
    if not folder.exists():
        _write(folder, links)
    return folder


def _links(ours: Path, own: Path) -> Iterator[tuple[str, Path]]:
    if not own.is_dir():
        raise Stalled(
            f"{own} is not a folder; `click-up element new NAME --library {own}` creates one"
        )
    for name in WHOLE:
        yield name, ours / name
    for part in PARTS:
        entries = {path.name: path for path in _entries(ours / part)}
        for path in _entries(own / part):
            if path.name in entries:
                raise Stalled(f"{path}: the library has {part}/{path.name} already; rename yours")
            entries[path.name] = path
        yield from ((f"{part}/{name}", path) for name, path in entries.items())


def _entries(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if not path.name.startswith((".", "_")))


def _write(folder: Path, links: dict[str, Path]) -> None:
    """Write the folder whole or not at all: another process may be writing the same one."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(dir=folder.parent))
    for name, target in links.items():
        link = unfinished / name
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(target)
    try:
        os.rename(unfinished, folder)
    except OSError:
        shutil.rmtree(unfinished)
        if not folder.exists():
            raise
