"""about.json of a snapshot: what the reconciler keeps of a device's state, and its origin."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from schemas.meta import Model


class Occasion(StrEnum):
    """Why a snapshot was taken; it decides how long the snapshot is retained."""

    PERIODIC = "periodic"
    TAKEOVER = "takeover"
    """Right before another release took over."""
    REMOVAL = "removal"
    """It holds states that the next release does not have; retained until pruned."""
    FOUND = "found"
    """Of something that click-up did not start; retained until pruned."""


class SnapshotTable(Model):
    """A table in a snapshot."""

    layout: str
    """Hash, 16 hex digits."""
    version: int
    capacity: int
    records: int
    descriptor: str = ""


class Snapshot(Model):
    """One snapshot; its files lie beside about.json."""

    id: str = Field(pattern=r"^\d{8}T\d{6}Z-\d+$")
    """When it was taken, UTC, and the sequence number of the checkpoint on its device."""
    instance: str
    """device/element"""
    taken: datetime
    occasion: Occasion
    reason: str = ""
    release: str = ""
    revision: str = ""
    version: str = ""
    tables: dict[str, SnapshotTable] = Field(default_factory=dict)
    """By STATE/TABLE; empty when nothing could be checkpointed."""

    @property
    def name(self) -> str:
        """The name by which commands take it: device/element@id."""
        return f"{self.instance}@{self.id}"

    @property
    def records(self) -> int:
        """Number of records in all tables."""
        return sum(table.records for table in self.tables.values())
