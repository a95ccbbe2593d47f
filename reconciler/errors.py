"""Exceptions, whose class says what the loop must do about a failure; any other exception is a bug
and ends the pass.

`Stalled` needs a commit or a person, `Waiting` needs time, `Transient` is tried again with backoff.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.diagnostics import Diagnostic


class Stalled(Exception):
    """Nothing will change until somebody commits or intervenes; `reason` is the condition's
    CamelCase word.
    """

    reason = "InvalidSpec"

    def __init__(self, message: str, diagnostics: Sequence[Diagnostic] = ()) -> None:
        """`diagnostics` locate the lines in the repository that have to change."""
        super().__init__(message)
        self.diagnostics = tuple(diagnostics)


class BuildFailed(Stalled):
    """The compiler failed on the sources; it will fail on the same sources again."""

    reason = "BuildFailed"


class CompilerMissing(Stalled):
    """There is no C++ compiler on this machine; the message says what to install."""

    reason = "CompilerMissing"


class RevisionNotFound(Stalled):
    """The repository has no such branch, tag, commit, or no tag within the range."""

    reason = "RevisionNotFound"


class BranchRewound(Stalled):
    """The branch went back to an older commit than was followed before."""

    reason = "BranchRewound"


class CloneUnusable(Stalled):
    """The reconciler's own clone of the repository is damaged or cannot be written."""

    reason = "CloneUnusable"


class LedgerUnusable(Stalled):
    """The ledger cannot be opened or written, or the file is not a ledger."""

    reason = "LedgerUnusable"


class LedgerTooNew(Stalled):
    """The ledger was written by another version of click-up."""

    reason = "LedgerVersion"


class DeviceMisconfigured(Stalled):
    """The device cannot run anything as it is described (no such network namespace, directory not
    writable).
    """

    reason = "DeviceMisconfigured"


class DeviceMoved(Stalled):
    """The repository moves the device while its supervisor runs at the former place."""

    reason = "DeviceMoved"


class DirectoryTaken(Stalled):
    """The supervisor in the device's directory is that of another instance, so nothing of this one
    is there.
    """

    reason = "DirectoryTaken"


class DeviceUnready(Stalled):
    """The device lacks a network interface or a capability that the release needs, or has a
    supervisor that the driver does not understand; the release is not to blame.
    """

    reason = "DeviceUnready"


class ChangeRefused(Stalled):
    """The running worker refused a live change; the same value will be refused again."""

    reason = "ChangeRefused"


class TakeoverRefused(Stalled):
    """The new worker could not start; the old one went on. The same release will fail again."""

    reason = "TakeoverFailed"


class VerifyFailed(Stalled):
    """The new release forwarded but failed its probes; the device was reverted."""

    reason = "VerifyFailed"


class PlanRefused(Stalled):
    """Applying the plan would lose a state that has to be kept."""

    reason = "StateWouldBeLost"


class CheckpointFailed(Stalled):
    """The device cannot save its state tables; a person has to free space or provide a
    directory.
    """

    reason = "CheckpointFailed"


class SourceIncomplete(Stalled):
    """Some files cannot be read, so it is unknown whether an instance is still desired."""

    reason = "SourceIncomplete"


class Waiting(Exception):
    """Something else has to happen first; try again after `retry_after` seconds, which does not
    count as a failure.
    """

    reason = "Waiting"

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Superseded(Waiting):
    """A newer revision arrived during a pass; the next pass starts at once."""

    reason = "Superseded"

    def __init__(self, message: str) -> None:
        super().__init__(message, retry_after=0.0)


class Transient(Exception):
    """Likely to work when tried again; `reason` is the CamelCase word of the condition."""

    reason = "Transient"


class DeviceUnreachable(Transient):
    """The supervisor does not answer, or the connection broke in the middle of an answer."""

    reason = "DeviceUnreachable"


class NobodyListens(DeviceUnreachable):
    """There is no such socket, or the process that made it is gone."""


class SourceUnreachable(Transient):
    """The repository could not be cloned or fetched."""

    reason = "SourceUnreachable"


class NoProcess(Transient):
    """The machine gave no process to work in, or took it back."""

    reason = "NoProcess"


class ConfirmTooLate(Transient):
    """The supervisor reverted before the confirmation arrived; the release itself is
    not to blame.
    """

    reason = "ConfirmTimeout"
