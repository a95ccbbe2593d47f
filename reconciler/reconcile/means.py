"""What passes work with, and what the loop tells them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.build import Builder
from reconciler.library import Library
from reconciler.reporters.observers import Observer
from reconciler.store import Ledger, Snapshots


@dataclass(frozen=True)
class Means:
    """What every pass works with; `state` is the reconciler's state directory."""

    state: Path
    ledger: Ledger
    library: Library
    builder: Builder
    observer: Observer

    @property
    def snapshots(self) -> Snapshots:
        """Of all devices' states."""
        return Snapshots(self.state / "snapshots")


@dataclass
class Signals:
    """What the loop tells a pass about its instance: when commits to it came (event loop time),
    and that one came just now.
    """

    commits: list[float] = field(default_factory=list)
    last_takeover: float | None = None
    superseded: asyncio.Event = field(default_factory=asyncio.Event)
