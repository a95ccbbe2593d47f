"""Atoms and elements of an operator's own, beside those of the library.

They lie in a folder that is built as the library is: `atoms/*.yaml`, `elements/NAME/`,
`support/NAME/`. Everything that reads the library knows one folder; so both become one, of links.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from reconciler.errors import Stalled

WHOLE = ("driver", "shared", "supervisor", "packet_types.yaml")
"""What a library has once."""
PARTS = ("atoms", "elements", "support")
"""Folders whose entries are one class or atom each."""


def joined(ours: Path, own: Path, cache: Path) -> Path:
    """A library with the entries of both, in a folder below `cache`; changes in either are seen.

    Raises Stalled when `own` is no library or has an entry that ours has too.
    """
    links = dict(_links(ours.resolve(), own.resolve()))
    lines = sorted(f"{name}\0{target}" for name, target in links.items())
    folder = cache / hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
    if not folder.exists():
        _write(folder, links)
    return folder


def _links(ours: Path, own: Path) -> Iterator[tuple[str, Path]]:
    if not own.is_dir():
        raise Stalled(f"{own} is no folder; `click-up element new NAME --library {own}` makes one")
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
    """All or nothing: another process may want the same."""
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
