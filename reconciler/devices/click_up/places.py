"""The files of an instance on its device: every name of one is here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

DRIVER, CONFIG, RECORD = "driver", "config.click", "release.json"
"""Of a release."""


@dataclass(frozen=True)
class Places:
    """All in one directory, but for the checkpoints of a device that puts them elsewhere."""

    directory: PurePosixPath

    @property
    def releases(self) -> PurePosixPath:
        """A folder for each release, by its digest."""
        return self.directory / "releases"

    @property
    def supervisor(self) -> PurePosixPath:
        """The program."""
        return self.directory / "supervisor"

    @property
    def output(self) -> PurePosixPath:
        """What the supervisor prints, beside its log."""
        return self.directory / "supervisor.out"

    @property
    def supervisor_socket(self) -> PurePosixPath:
        """Where the supervisor listens."""
        return self.directory / "supervisor.sock"

    @property
    def control_socket(self) -> PurePosixPath:
        """Where the worker that forwards listens."""
        return self.directory / "control.sock"

    @property
    def lent(self) -> PurePosixPath:
        """Where a checkpoint lies that is restored on demand, if it has to be brought here."""
        return self.directory / "restored.ckpt"

    @property
    def checkpoints(self) -> PurePosixPath:
        """Unless the device's description says otherwise."""
        return self.directory / "checkpoints"
