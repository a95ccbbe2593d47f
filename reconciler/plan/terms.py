"""The plan's terms: what shall run; and what runs, lies on disks and was recorded. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.graph import Graph
from reconciler.resolve import Resolved
from schemas.capabilities import Capabilities
from schemas.element import ElementManifest
from schemas.release import ReleaseRecord
from schemas.rollout import Rollout
from schemas.share import Share


@dataclass(frozen=True)
class Target:
    """What shall run."""

    resolved: Resolved
    release: str
    """See `release_digest`."""
    rollout: Rollout
    elements: Mapping[str, ElementManifest]
    """The library's element classes."""
    artifact: str = ""
    """Digest of the driver; empty when it is not known before the build."""
    classes_to_build: tuple[str, ...] = ()
    share: str = ""
    """What the device's description gives the packet path, for people."""


def release_digest(resolved: Resolved, artifact: str) -> str:
    """SHA-256 in hex over element graph, driver and state layouts: the name of a release."""
    digest = hashlib.sha256()
    digest.update(f"{resolved.graph.digest()}\n{artifact}\n".encode())
    for name, state in sorted(resolved.states.items()):
        for table, layout in sorted(state.layouts.items()):
            digest.update(f"{name}/{table} {layout}\n".encode())
    return digest.hexdigest()


@dataclass(frozen=True)
class HeldTable:
    """A table with records in it; numbers are 0, and the descriptor is empty, where unknown."""

    layout: str
    """Hash, 16 hex digits."""
    version: int = 0
    capacity: int = 0
    records: int = 0
    descriptor: str = ""


@dataclass(frozen=True)
class SavedState:
    """Tables in a file: the newest checkpoint on the device, or else the newest snapshot of it."""

    file: str
    written: str
    """When, for people."""
    tables: Mapping[str, HeldTable] = field(default_factory=dict)
    record: ReleaseRecord = field(default_factory=ReleaseRecord)
    """The release that wrote it, as far as its driver is still on the device."""
    snapshot: str = ""
    """Id of the snapshot that has to be put on the device first."""

    def __str__(self) -> str:
        kind = "snapshot" if self.snapshot else "checkpoint"
        return f"{kind} {self.snapshot or self.file} of {self.written}"


@dataclass(frozen=True)
class Observed:
    """What the device says, and what was recorded about it."""

    supervisor: bool = False
    """A supervisor answers."""
    release: str = ""
    """The active worker's release; empty when none forwards."""
    unconfirmed: bool = False
    """The active release is in probation: the device goes back by itself unless it is confirmed."""
    graph: Graph | None = None
    """The active worker's graph; None when it could not be read."""
    expected: Graph | None = None
    """What was released last; where the graph departs from it, somebody else changed it."""
    record: ReleaseRecord = field(default_factory=ReleaseRecord)
    """The active release's release.json; empty when there is none."""
    tables: Mapping[str, HeldTable] = field(default_factory=dict)
    """State tables the supervisor holds, by STATE/TABLE."""
    saved: SavedState | None = None
    """Where tables that the supervisor does not hold come from."""
    parked: bool = False
    """A worker of the release before is parked: there is a way back."""
    confirmed: str = ""
    """The release that was confirmed here last."""
    foreign: bool = False
    """Something answers that the ledger knows nothing of."""
    share: Share | None = None
    """What the packet path has of the device."""
    capabilities: Capabilities = field(default_factory=Capabilities)
    """What its driver can do."""

    @property
    def running(self) -> bool:
        """A worker forwards."""
        return bool(self.release)

    @property
    def artifact(self) -> str:
        """Digest of the active driver, empty when unknown."""
        return self.record.artifact
