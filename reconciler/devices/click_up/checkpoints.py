"""The folder on a device in which its supervisor writes checkpoints."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from reconciler.devices.reports import CheckpointStatus
from reconciler.durable import sync

NUMBERED = re.compile(r"(\d{10})\.ckpt")
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

    def __str__(self) -> str:
        often = f"every {self.interval_ms / 1000:g} s" if self.interval_ms else "before takeovers"
        return f"checkpoints go to {self.path} {often}, the newest {self.keep} are kept"

    def newest(self) -> list[Path]:
        """Every checkpoint, newest first."""
        return sorted(self._named(), reverse=True)

    def damaged(self) -> frozenset[str]:
        """Names of the files that were found damaged and set aside."""
        return frozenset(name for name in self._names() if name.endswith(DAMAGED))

    def put(self, file: Path) -> Path:
        """Add a checkpoint from elsewhere as the newest, whole or not at all. Raises OSError."""
        self.path.mkdir(exist_ok=True)
        place = self.path / f"{self._last() + 1:010d}.ckpt"
        partial = self.path / f"{place.name}.new"  # a supervisor removes those
        shutil.copyfile(file, partial)
        sync(partial)
        partial.rename(place)
        sync(self.path)
        return place

    def _last(self) -> int:
        """The highest number in use, damaged and unfinished files included."""
        found = (NUMBERED.match(name) for name in self._names())
        return max((int(match[1]) for match in found if match), default=0)

    def _named(self) -> list[Path]:
        return [self.path / name for name in self._names() if NUMBERED.fullmatch(name)]

    def _names(self) -> list[str]:
        try:
            return os.listdir(self.path)
        except OSError:
            return []
