"""The folder on a device in which its supervisor writes checkpoints."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from reconciler.devices.reports import CheckpointStatus
from reconciler.transports.transport import File, Transport

NUMBERED = re.compile(r"(\d{10})\.ckpt")
DAMAGED = ".ckpt.damaged"


@dataclass(frozen=True)
class CheckpointFolder:
    """Where checkpoints are written, how often (`interval_ms`; 0: only on demand) and how many
    are kept; files are named SEQUENCE.ckpt.
    """

    path: PurePosixPath
    interval_ms: int
    keep: int

    @property
    def options(self) -> list[str]:
        """Options for the supervisor's command line."""
        return [
            *("--checkpoints", str(self.path)),
            *("--checkpoint-interval", str(self.interval_ms)),
            *("--checkpoint-keep", str(self.keep)),
        ]

    def described_by(self, status: CheckpointStatus) -> bool:
        """Return whether a supervisor of this `status` already does so."""
        said = (status.directory, status.interval_ms, status.keep)
        return said == (str(self.path), self.interval_ms, self.keep)

    def __str__(self) -> str:
        often = f"every {self.interval_ms / 1000:g} s" if self.interval_ms else "before takeovers"
        return f"checkpoints go to {self.path} {often}, the newest {self.keep} are kept"

    async def names(self, transport: Transport) -> Sequence[str]:
        """Return the names of all files in it, in no order; none if the folder does not exist."""
        try:
            return [entry.name for entry in await transport.list(self.path)]
        except OSError:
            return ()

    async def put(self, transport: Transport, file: Path) -> str:
        """Add a checkpoint from elsewhere as the newest, atomically; return its name. Raises
        OSError.
        """
        await transport.make_folder(self.path)
        name = f"{last_number(await self.names(transport)) + 1:010d}.ckpt"
        await transport.put(File(file), self.path / name)
        return name


def newest_first(names: Sequence[str]) -> list[str]:
    """Return those names that look like complete checkpoints."""
    return sorted(filter(NUMBERED.fullmatch, names), reverse=True)


def damaged(names: Sequence[str]) -> frozenset[str]:
    """Return those names that were found damaged and set aside."""
    return frozenset(name for name in names if name.endswith(DAMAGED))


def last_number(names: Sequence[str]) -> int:
    """Return the highest sequence number in use, by damaged and unfinished files too."""
    found = map(NUMBERED.match, names)
    return max((int(match[1]) for match in found if match), default=0)
