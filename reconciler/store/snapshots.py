"""Snapshots: one folder each, complete or absent, `SNAPSHOTS/DEVICE/ELEMENT/ID`. Methods block."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from reconciler.durable import sync
from schemas.snapshot import Occasion, Snapshot

ABOUT, STATE, RELEASE = "about.json", "state.ckpt", "release.json"
KEPT = {Occasion.PERIODIC: 3, Occasion.TAKEOVER: 10}
"""How many snapshots of an occasion are retained; of other occasions all are, until pruned."""


class NoSuchSnapshot(LookupError):
    """No snapshot has that name; the message lists those that exist."""


class Snapshots:
    """All snapshots in a folder; several processes may use it at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, snapshot: Snapshot, texts: Mapping[str, str], state: Path | None = None) -> Path:
        """Store a snapshot with files of these names and texts, and a checkpoint; return its
        folder. An existing one is left as it is. Raises OSError.
        """
        place = self.folder(snapshot)
        if place.exists():
            return place
        place.parent.mkdir(parents=True, exist_ok=True)
        partial = place.with_name(f".{place.name}.{os.getpid()}")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        if state is not None:
            _link_or_copy(state, partial / STATE)
        about = snapshot.model_dump_json(indent=2) + "\n"
        for name, text in {**texts, ABOUT: about}.items():
            (partial / name).write_text(text)
        for path in (*partial.iterdir(), partial):
            sync(path)
        partial.rename(place)
        sync(place.parent)
        return place

    def all(self, instance: str | None = None) -> tuple[Snapshot, ...]:
        """Return every snapshot (of an instance), by instance, oldest first; unreadable ones are
        left out.
        """
        paths = (
            self._folder.glob(f"*/*/[!.]*/{ABOUT}")
            if instance is None
            else (self._folder / instance).glob(f"[!.]*/{ABOUT}")
        )
        found = [_read(path) for path in paths]
        known = (snapshot for snapshot in found if snapshot is not None)
        return tuple(sorted(known, key=lambda one: (one.instance, one.taken, one.id)))

    def find(self, name: str) -> Snapshot:
        """Return the snapshot named DEVICE/ELEMENT@ID, where ID may be `latest`, or a prefix of an
        id or of a commit, of which the newest counts. Raises NoSuchSnapshot.
        """
        instance, _, wanted = name.partition("@")
        known = self.all(instance) if instance.count("/") == 1 else ()
        for snapshot in reversed(known):
            if wanted in ("", "latest") or _answers(snapshot, wanted):
                return snapshot
        ids = [one.id for one in known] or [one.name for one in self.all()] or ["none"]
        raise NoSuchSnapshot(f"there is no snapshot {name}; known: {', '.join(ids)}")

    def folder(self, snapshot: Snapshot) -> Path:
        """Return the folder of its files."""
        return self._folder / snapshot.instance / snapshot.id

    def checkpoint(self, snapshot: Snapshot) -> Path | None:
        """Return its checkpoint, or None when nothing could be saved."""
        path = self.folder(snapshot) / STATE
        return path if path.exists() else None

    def read_text(self, snapshot: Snapshot, name: str) -> str:
        """Return the text of one of its other files, or ""."""
        path = self.folder(snapshot) / name
        return path.read_text() if path.exists() else ""

    def remove(self, snapshot: Snapshot) -> None:
        """Remove a snapshot. Raises OSError."""
        place = self.folder(snapshot)
        gone = place.with_name(f".{place.name}.{os.getpid()}")
        # Renamed first: a folder that is being removed no longer counts as a snapshot.
        place.rename(gone)
        shutil.rmtree(gone)

    def remove_expired(self, instance: str) -> tuple[Snapshot, ...]:
        """Remove and return the snapshots that exceed what is retained. Raises OSError."""
        known = self.all(instance)
        old = [one for occasion, kept in KEPT.items() for one in _of(known, occasion)[:-kept]]
        for snapshot in old:
            self.remove(snapshot)
        return tuple(old)


def _of(known: tuple[Snapshot, ...], occasion: Occasion) -> list[Snapshot]:
    return [snapshot for snapshot in known if snapshot.occasion is occasion]


def _answers(snapshot: Snapshot, wanted: str) -> bool:
    commit = snapshot.revision.rpartition(":")[2]
    return snapshot.id.startswith(wanted) or (bool(commit) and commit.startswith(wanted))


def _read(path: Path) -> Snapshot | None:
    try:
        return Snapshot.model_validate_json(path.read_text())
    except (OSError, ValidationError):
        return None


def _link_or_copy(source: Path, target: Path) -> None:
    """Link the file, or copy it across file systems; checkpoints never change, so a
    link is safe.
    """
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copyfile(source, target)
