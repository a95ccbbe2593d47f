"""Rows of the ledger as values."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from schemas.status import InstanceStatus

EventType = Literal["Normal", "Warning"]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Suspension(_Record):
    """Who stopped reconciling an instance, why, and until when (seconds since 1970, None: until
    resumed).
    """

    reason: str
    owner: str
    since: float
    until: float | None = None

    def over(self, now: float) -> bool:
        """Tell whether it has expired."""
        return self.until is not None and now >= self.until


class InstanceRecord(_Record):
    """The record of an instance.

    `desired_digest` changes with what is desired; `applied` holds the objects applied last.
    """

    key: str
    status: InstanceStatus | None = None
    desired_revision: str = ""
    desired_digest: str = ""
    rollout: str = ""
    applied: dict[str, Any] | None = None
    suspension: Suspension | None = None


class Attempt(_Record):
    """One attempt to bring a release to an instance; `outcome` is empty while it runs."""

    id: str
    key: str
    revision: str
    version: str
    release: str
    digest: str
    step: str
    outcome: str
    message: str
    started: float
    ended: float | None
    report: dict[str, Any] | None


class Rejection(_Record):
    """A release, with its verify specification, that failed on an instance."""

    key: str
    digest: str
    revision: str
    reason: str
    at: float


class Event(_Record):
    """Something that happened, `count` times between `first_seen` and `last_seen`."""

    key: str
    type: EventType
    reason: str
    message: str
    count: int
    first_seen: float
    last_seen: float
