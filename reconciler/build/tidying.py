"""What nobody has asked for in a month leaves the cache.

Nothing that runs and no release on a device is in danger: devices have copies.
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
"""So old may a stamp be before it is worth a new one: every pass over every instance asks."""
ENTRIES = (
    "artifacts/*/driver*",
    "supervisors/*/supervisor*",
    # Also what builds that were killed have left.
    "objects/*/*",
    "generated/*",
    "precompiled/*",
)


def stamp(paths: Iterable[Path]) -> None:
    """Says that they are in use. One that is absent, or belongs to another user, is passed over."""
    for path in paths:
        with contextlib.suppress(OSError):
            os.utime(path)


def stamp_program(program: Path, objects: Iterable[Path]) -> None:
    """The same of a program that may have been built, and of what it was linked from."""
    with contextlib.suppress(OSError):
        if time.time() - program.stat().st_mtime > STAMPED_SECONDS:
            stamp((program, *objects))


def remove_unused(cache: Path) -> None:
    """Only while no build runs."""
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
    with contextlib.suppress(OSError):  # others are in there
        path.parent.rmdir()
