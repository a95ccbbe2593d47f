"""Removes from the cache what was not used for a month.

That affects neither what runs nor the releases on devices: devices have copies.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterable
from pathlib import Path

UNUSED_SECONDS = 30 * 86_400.0
STAMPED_SECONDS = 86_400.0
"""Age from which on a stamp is renewed, since every pass for every instance stamps."""
ENTRIES = (
    "artifacts/*/driver*",
    "supervisors/*/supervisor*",
    # Includes leftovers of killed builds.
    "objects/*/*",
    "generated/*",
    "precompiled/*",
)


def stamp(paths: Iterable[Path]) -> None:
    """Mark files as in use. Those that are absent or belong to another user are skipped."""
    for path in paths:
        with contextlib.suppress(OSError):
            os.utime(path)


def stamp_program(program: Path, objects: Iterable[Path]) -> None:
    """Mark a program, if it was built, and the objects it was linked from as in use."""
    with contextlib.suppress(OSError):
        if time.time() - program.stat().st_mtime > STAMPED_SECONDS:
            stamp((program, *objects))


def remove_unused(cache: Path) -> None:
    """Remove everything unused. Call it only while no build runs."""
    oldest = time.time() - UNUSED_SECONDS
    for entry in ENTRIES:
        for path in cache.glob(entry):
            with contextlib.suppress(OSError):  # another user's, or gone already
                if path.stat().st_mtime < oldest:
                    _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
        return
    path.unlink()
    with contextlib.suppress(OSError):  # not empty yet
        path.parent.rmdir()
