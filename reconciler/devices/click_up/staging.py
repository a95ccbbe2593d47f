"""Releases on a device's disk: staged whole or not at all, pruned when they are old."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection
from pathlib import Path

from reconciler.devices.client import Release
from reconciler.durable import sync

KEPT_RELEASES = 5


def stage(folder: Path, release: Release) -> Path:
    """Write `release` to `folder`/<digest> and return that path; a release that is there is left
    alone.

    Everything is on disk (fsync) before it gets its name, so a release folder is complete or
    absent.
    """
    place = folder / release.digest
    if place.exists():
        os.utime(place)
        return place
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f".{release.digest}.{os.getpid()}"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    shutil.copyfile(release.driver, partial / "driver")
    (partial / "driver").chmod(0o755)
    (partial / "config.click").write_text(release.config)
    (partial / "release.json").write_text(release.record)
    for name in ("driver", "config.click", "release.json", "."):
        sync(partial / name)
    partial.rename(place)
    sync(folder)
    return place


def prune(folder: Path, used: Collection[str]) -> tuple[str, ...]:
    """Remove all releases but those `used` and the newest few; returns what was removed."""
    if not folder.is_dir():
        return ()
    others = [path for path in folder.iterdir() if path.name not in used]
    others.sort(key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True)
    old = others[KEPT_RELEASES:]
    for path in old:
        shutil.rmtree(path)
    return tuple(path.name for path in old)
