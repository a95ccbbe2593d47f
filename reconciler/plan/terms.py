"""The plan's terms: what is desired; and what runs, is saved on disk and was recorded. Pure."""

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
    """A release that is to run, and everything a plan needs to know of it."""

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
    """The share of the device that its description gives the packet path, for people."""


def release_digest(resolved: Resolved, artifact: str) -> str:
    """Return the name of a release: the SHA-256, in hex, of element graph, driver and state
    layouts.
    """
    digest = hashlib.sha256()
    digest.update(f"{resolved.graph.digest()}\n{artifact}\n".encode())
    for name, state in sorted(resolved.states.items()):
        for table, layout in sorted(state.layouts.items()):
            digest.update(f"{name}/{table} {layout}\n".encode())
    return digest.hexdigest()


@dataclass(frozen=True)
class HeldTable:
    """A table that holds records; unknown numbers are 0, an unknown descriptor is empty."""

    layout: str
    """Hash, 16 hex digits."""
    version: int = 0
    capacity: int = 0
    records: int = 0
    descriptor: str = ""


@dataclass(frozen=True)
class SavedState:
    """Tables in a file: the device's newest checkpoint, or else its newest snapshot."""

    file: str
    written: str
    """When it was written, for people."""
    tables: Mapping[str, HeldTable] = field(default_factory=dict)
    record: ReleaseRecord = field(default_factory=ReleaseRecord)
    """The release that wrote it, if its driver is still on the device."""
    snapshot: str = ""
    """Id of the snapshot that must be copied to the device first."""

    def __str__(self) -> str:
        kind = "snapshot" if self.snapshot else "checkpoint"
        return f"{kind} {self.snapshot or self.file} of {self.written}"


@dataclass(frozen=True)
class Observed:
    """The device's report, and what was recorded about it."""

    supervisor: bool = False
    """Whether a supervisor answers."""
    release: str = ""
    """The active worker's release; empty when none forwards."""
    unconfirmed: bool = False
    """Whether the active release is on probation: the device reverts by itself unless it is
    confirmed.
    """
    graph: Graph | None = None
    """The active worker's graph; None when it could not be read."""
    expected: Graph | None = None
    """The graph released last; where the observed one departs from it, somebody else changed it."""
    record: ReleaseRecord = field(default_factory=ReleaseRecord)
    """The active release's release.json; empty when there is none."""
    tables: Mapping[str, HeldTable] = field(default_factory=dict)
    """State tables the supervisor holds, by STATE/TABLE."""
    saved: SavedState | None = None
    """The file with the tables that the supervisor does not hold."""
    parked: bool = False
    """Whether a worker of the previous release is parked, so that a revert is possible."""
    confirmed: str = ""
    """The release that was confirmed here last."""
    foreign: bool = False
    """Whether a supervisor answers that the ledger does not know."""
    share: Share | None = None
    """The share of the device that the packet path has."""
    capabilities: Capabilities = field(default_factory=Capabilities)
    """Capabilities of the device's driver."""

    @property
    def running(self) -> bool:
        """Whether a worker forwards."""
        return bool(self.release)

    @property
    def stops(self) -> bool:
        """What runs has to be stopped for the next release: its memory does not outlive that."""
        return self.running and not self.capabilities.takeover

    @property
    def artifact(self) -> str:
        """Digest of the active driver, empty when unknown."""
        return self.record.artifact
