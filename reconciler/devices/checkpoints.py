"""The folder on a device in which its supervisor writes checkpoints."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from reconciler.devices.status import CheckpointStatus
from reconciler.durable import sync

NAME = re.compile(r"(\d{10})\.ckpt")
DAMAGED = ".ckpt.damaged"


@dataclass(frozen=True)
class CheckpointFolder:
    """Where, how often (0: only on demand) and how many; files are called SEQUENCE.ckpt."""

    path: Path
    interval_ms: int
    keep: int

    @property
    def options(self) -> list[str]:
        """For the command line of a supervisor."""
        return [
            *("--checkpoints", str(self.path)),
            *("--checkpoint-interval", str(self.interval_ms)),
            *("--checkpoint-keep", str(self.keep)),
        ]

    def described_by(self, status: CheckpointStatus) -> bool:
        """Whether a supervisor does what this says."""
        said = (status.directory, status.interval_ms, status.keep)
        return said == (str(self.path), self.interval_ms, self.keep)

    def make(self) -> None:
        """Make the folder. What cannot be made is left to the supervisor to find missing: saving
        state never stands in the way of forwarding.
        """
        with contextlib.suppress(OSError):
            self.path.mkdir(exist_ok=True)

    def newest(self) -> list[Path]:
        """Every checkpoint, newest first."""
        return sorted(self._named(), reverse=True)

    def damaged(self) -> frozenset[str]:
        """Names of the files that were found damaged and set aside."""
        return frozenset(name for name in self._names() if name.endswith(DAMAGED))

    def put(self, file: Path) -> Path:
        """Add a checkpoint from elsewhere as the newest, whole or not at all. Raises OSError."""
        self.path.mkdir(exist_ok=True)
        last = max((int(path.stem) for path in self._named()), default=0)
        place = self.path / f"{last + 1:010d}.ckpt"
        partial = self.path / f".{place.name}.{os.getpid()}"
        shutil.copyfile(file, partial)
        sync(partial)
        partial.rename(place)
        sync(self.path)
        return place

    def _named(self) -> list[Path]:
        return [self.path / name for name in self._names() if NAME.fullmatch(name)]

    def _names(self) -> list[str]:
        try:
            return os.listdir(self.path)
        except OSError:
            return []
