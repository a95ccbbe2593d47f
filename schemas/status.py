"""Status of an instance: conditions and revisions."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from schemas.meta import Model
from schemas.share import Share


class ConditionType(StrEnum):
    """The questions that conditions answer."""

    READY = "Ready"
    RECONCILING = "Reconciling"
    STALLED = "Stalled"
    SYNCED = "Synced"
    HEALTHY = "Healthy"
    CHECKPOINTED = "Checkpointed"
    """The device saves its state tables as its description says."""
    LOSSLESS = "Lossless"
    """Receive rings have dropped nothing recently."""


class ConditionStatus(StrEnum):
    """The answer."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


class Condition(Model):
    """A condition: its status, since when, and why."""

    type: ConditionType
    status: ConditionStatus
    reason: str = Field(pattern=r"^[A-Z][A-Za-z0-9]*$")
    message: str = ""
    last_transition: datetime
    observed_generation: int = 0


class Phase(StrEnum):
    """One word that sums up the conditions, for tables."""

    PENDING = "Pending"
    PROGRESSING = "Progressing"
    READY = "Ready"
    DEGRADED = "Degraded"
    STALLED = "Stalled"
    SUSPENDED = "Suspended"


class InstanceStatus(Model):
    """The status of an instance; `attempted` is never taken for `applied`."""

    instance: str
    """device/element"""
    phase: Phase
    generation: int = 0
    """Counts the revisions that changed what is desired of this instance."""
    observed_generation: int = 0
    """Generation that the last pass read."""
    attempted_revision: str = ""
    """Commit of the last attempt, recorded before work began."""
    applied_revision: str = ""
    """Commit of the last confirmed release."""
    version: str = ""
    """Version of the network element that is applied."""
    release: str = ""
    """Digest of the confirmed release."""
    rejected_revisions: tuple[str, ...] = ()
    """Commits that failed verification on this device and are not tried again."""
    conditions: tuple[Condition, ...] = ()
    share: Share | None = None
    """The share of the device that it has; None before it was observed."""

    def condition(self, kind: ConditionType) -> Condition | None:
        """Return the condition of this type, or None before the first pass."""
        return next((condition for condition in self.conditions if condition.type is kind), None)
