"""Names of all files of an instance on its device."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

DRIVER, CONFIG, RECORD = "driver", "config.click", "release.json"
"""Files of a release."""


@dataclass(frozen=True)
class Places:
    """Everything lies in one directory, except checkpoints when the device puts them elsewhere."""

    directory: PurePosixPath

    @property
    def releases(self) -> PurePosixPath:
        """Folder with a folder for each release, named by its digest."""
        return self.directory / "releases"

    @property
    def supervisor(self) -> PurePosixPath:
        """The supervisor's program file."""
        return self.directory / "supervisor"

    @property
    def output(self) -> PurePosixPath:
        """Standard output and error of the supervisor; its log is another file."""
        return self.directory / "supervisor.out"

    @property
    def supervisor_socket(self) -> PurePosixPath:
        """Socket on which the supervisor listens."""
        return self.directory / "supervisor.sock"

    @property
    def control_socket(self) -> PurePosixPath:
        """Socket on which the forwarding worker listens."""
        return self.directory / "control.sock"

    @property
    def lent(self) -> PurePosixPath:
        """Copy of a checkpoint from elsewhere that a takeover restores on demand."""
        return self.directory / "restored.ckpt"

    @property
    def checkpoints(self) -> PurePosixPath:
        """Folder of checkpoints, unless the device's description names another."""
        return self.directory / "checkpoints"
