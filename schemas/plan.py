"""A plan: reviewed data that says what would change, why, and in which steps."""

from __future__ import annotations

from enum import StrEnum

from schemas.meta import Model
from schemas.network_element import Keep
from schemas.share import Share
from schemas.steps import Step, StepKind


class Reason(StrEnum):
    """Why something differs."""

    ELEMENT_ADDED = "ElementAdded"
    ELEMENT_REMOVED = "ElementRemoved"
    CLASS_CHANGED = "ClassChanged"
    PARAMETER_CHANGED = "ParameterChanged"
    CONNECTION_CHANGED = "ConnectionChanged"
    LAYOUT_CHANGED = "LayoutChanged"
    ARTIFACT_CHANGED = "ArtifactChanged"
    DRIFTED = "Drifted"


class Action(StrEnum):
    """The symbol with which a change is shown."""

    ADD = "+"
    CHANGE = "~"
    REMOVE = "-"


class Change(Model):
    """One difference and why."""

    action: Action
    reason: Reason
    subject: str
    """Element, connection `a[0] -> [0]b`, table or artifact."""
    before: str = ""
    after: str = ""
    handler: str | None = None
    """Write handler `element.handler` that makes the change without a takeover."""

    @property
    def live(self) -> bool:
        """Whether a handler write makes the change, without a takeover."""
        return self.handler is not None


class Fate(StrEnum):
    """The outcome of a plan for a state or one of its tables."""

    NEW = "new"
    KEPT = "kept"
    MIGRATED = "migrated"
    """Migrated into another layout or capacity."""
    RESTORED = "restored"
    """Read from a checkpoint or snapshot, because no memory holds it."""
    LOST = "lost"


class TableFate(Model):
    """The fate of one table, and why."""

    name: str
    """STATE/TABLE"""
    fate: Fate
    why: str
    records: int = 0
    """Live records that it has now."""
    source: str = ""
    """File that it is restored from."""
    losses: tuple[str, ...] = ()
    """Fields that its records lose on the way, or how many records are lost, one clause each."""


class StateFate(Model):
    """The fate of one state, and why: the worst of the fates of its tables."""

    name: str
    keep: Keep
    fate: Fate
    why: str
    tables: tuple[TableFate, ...] = ()

    @property
    def losses(self) -> tuple[str, ...]:
        """The losses of all its tables."""
        return tuple(loss for table in self.tables for loss in table.losses)


class Refusal(Model):
    """Why a plan must not be applied, and what to do."""

    state: str
    why: str
    hint: str


class Plan(Model):
    """The planned change of one instance."""

    instance: str
    release: str | None
    """Desired release, or None when nothing is to run."""
    running: str | None
    """Observed release."""
    changes: tuple[Change, ...] = ()
    steps: tuple[Step, ...] = ()
    states: tuple[StateFate, ...] = ()
    classes_to_build: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    """When not empty, there are no steps; the instance is stalled until the repository or the
    policy changes.
    """
    share: Share | None = None
    """The share of the device that it has; None when nothing runs."""
    share_wanted: str = ""
    """The share that the device's description gives it."""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do and nothing to report."""
        return not (self.changes or self.steps or self.refusals)

    @property
    def takeover(self) -> bool:
        """Whether packets wait while one worker takes over from another."""
        return any(step.kind is StepKind.TAKEOVER for step in self.steps)

    @property
    def records_to_carry(self) -> int:
        """Live records that are copied into another layout or capacity while the old worker
        forwards.
        """
        tables = (table for state in self.states for table in state.tables)
        return sum(table.records for table in tables if table.fate is Fate.MIGRATED)
