"""Steps of a plan: plain data, each one unit of effect. Times are in seconds."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from schemas.meta import Model


class StepKind(StrEnum):
    """The kinds of steps."""

    BUILD = "Build"
    STAGE = "Stage"
    CHECKPOINT = "Checkpoint"
    RESTORE_STATE = "RestoreState"
    STOP = "Stop"
    START = "Start"
    WRITE_HANDLERS = "WriteHandlers"
    TAKEOVER = "Takeover"
    VERIFY = "Verify"
    CONFIRM = "Confirm"
    REVERT = "Revert"
    REMOVE = "Remove"


class WhenFailed(StrEnum):
    """What to do with a release whose probes fail."""

    REVERT = "revert"
    KEEP = "keep"
    """Keep it: it was confirmed here before, and there is no other release to revert to."""
    REPLACE = "replace"
    """Stage and start the previous release again: the device keeps none parked."""


class Build(Model):
    """Compile and link the release's driver."""

    kind: Literal[StepKind.BUILD] = StepKind.BUILD


class Stage(Model):
    """Put the release on the device's disk."""

    kind: Literal[StepKind.STAGE] = StepKind.STAGE
    release: str


class Checkpoint(Model):
    """Save every state table before it is changed."""

    kind: Literal[StepKind.CHECKPOINT] = StepKind.CHECKPOINT
    reason: str
    required: bool = False
    """End the attempt when nothing can be saved, because records would be lost for good."""
    removes: bool = False
    """A table or everything is removed: the snapshot is kept longer than those of takeovers."""
    foreign: bool = False
    """What runs was not started by click-up: save whatever can be read from it."""


class RestoreState(Model):
    """Copy a snapshot to where the device looks for checkpoints."""

    kind: Literal[StepKind.RESTORE_STATE] = StepKind.RESTORE_STATE
    snapshot: str


class Stop(Model):
    """Stop what runs: nothing forwards until the next release has started."""

    kind: Literal[StepKind.STOP] = StepKind.STOP


class Start(Model):
    """Start the device's supervisor."""

    kind: Literal[StepKind.START] = StepKind.START


class HandlerWrite(Model):
    """One write handler, `element.handler`, and the value written to it."""

    handler: str
    value: str


class WriteHandlers(Model):
    """Change parameters of the running release, without a takeover."""

    kind: Literal[StepKind.WRITE_HANDLERS] = StepKind.WRITE_HANDLERS
    writes: tuple[HandlerWrite, ...]


class Takeover(Model):
    """Let a staged release take over."""

    kind: Literal[StepKind.TAKEOVER] = StepKind.TAKEOVER
    release: str
    confirm_timeout: float
    carrier: str = ""
    """Release whose driver migrates the records; empty for the new one's own."""
    lose: tuple[str, ...] = ()
    """Tables that may start empty when their records cannot be migrated."""
    restore: str = ""
    """File from which tables take their records instead of from memory."""


class Verify(Model):
    """Check the probes of the release."""

    kind: Literal[StepKind.VERIFY] = StepKind.VERIFY
    release: str
    probes: tuple[str, ...]
    settle: float
    soak: float
    interval: float
    when_failed: WhenFailed = WhenFailed.REVERT


class Confirm(Model):
    """Keep the release: ends its probation."""

    kind: Literal[StepKind.CONFIRM] = StepKind.CONFIRM
    release: str


class Revert(Model):
    """Go back to the parked release."""

    kind: Literal[StepKind.REVERT] = StepKind.REVERT
    reason: str


class Remove(Model):
    """Stop everything on the device and remove its releases."""

    kind: Literal[StepKind.REMOVE] = StepKind.REMOVE


Step = Annotated[
    Build
    | Stage
    | Checkpoint
    | RestoreState
    | Stop
    | Start
    | WriteHandlers
    | Takeover
    | Verify
    | Confirm
    | Revert
    | Remove,
    Field(discriminator="kind"),
]
"""Any step; no plan has two of the same kind."""
