"""What the loop must do about a failure is the class of the exception; everything else is a bug and
ends the pass.

`Stalled` needs a commit or a person, `Waiting` needs time, `Transient` is tried again with backoff.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.diagnostics import Diagnostic


class Stalled(Exception):
    """Nothing changes until somebody commits or intervenes; `reason` is the CamelCase word of the
    condition.
    """

    reason = "InvalidSpec"

    def __init__(self, message: str, diagnostics: Sequence[Diagnostic] = ()) -> None:
        """`diagnostics` name the lines in the repository that have to change."""
        super().__init__(message)
        self.diagnostics = tuple(diagnostics)


class BuildFailed(Stalled):
    """The compiler refused the sources; the same sources will fail again."""

    reason = "BuildFailed"


class CompilerMissing(Stalled):
    """No C++ compiler on this machine; the message says what to install."""

    reason = "CompilerMissing"


class RevisionNotFound(Stalled):
    """The repository has no such branch, tag, commit, or no tag within the range."""

    reason = "RevisionNotFound"


class CloneUnusable(Stalled):
    """The reconciler's own clone of the repository is damaged or cannot be written."""

    reason = "CloneUnusable"


class LedgerUnusable(Stalled):
    """The ledger cannot be opened or written, or is not one."""

    reason = "LedgerUnusable"


class LedgerTooNew(Stalled):
    """The ledger was written by another version of click-up."""

    reason = "LedgerVersion"


class DeviceMisconfigured(Stalled):
    """The device as it is described cannot run anything (no such network namespace, directory not
    writable).
    """

    reason = "DeviceMisconfigured"


class DeviceMoved(Stalled):
    """The repository puts the device somewhere else while a supervisor runs where it was."""

    reason = "DeviceMoved"


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
    """The new release forwarded, but not as its probes demand; the device was reverted."""

    reason = "VerifyFailed"


class PlanRefused(Stalled):
    """Carrying out the plan would lose a state that has to be kept."""

    reason = "StateWouldBeLost"


class CheckpointFailed(Stalled):
    """The device cannot save its state tables; a person has to make room, or a directory."""

    reason = "CheckpointFailed"


class SourceIncomplete(Stalled):
    """Some files cannot be read, so nobody knows whether an instance is still wanted."""

    reason = "SourceIncomplete"


class Waiting(Exception):
    """Something else has to happen first; look again after `retry_after` seconds, without counting
    a failure.
    """

    reason = "Waiting"

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Superseded(Waiting):
    """A newer revision arrived in the middle of a pass; the next pass starts at once."""

    reason = "Superseded"

    def __init__(self, message: str) -> None:
        super().__init__(message, retry_after=0.0)


class Transient(Exception):
    """Likely to work when tried again; `reason` is the CamelCase word of the condition."""

    reason = "Transient"


class DeviceUnreachable(Transient):
    """The supervisor does not answer, or broke off in the middle of an answer."""

    reason = "DeviceUnreachable"


class SourceUnreachable(Transient):
    """The repository could not be cloned or fetched."""

    reason = "SourceUnreachable"


class ConfirmTooLate(Transient):
    """The supervisor had reverted by itself before the confirmation arrived; the release itself is
    not to blame.
    """

    reason = "ConfirmTimeout"
