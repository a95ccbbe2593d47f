"""What passes work with, and what the loop tells them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from reconciler.reconcile.planning import Planner
from reconciler.reporters.observers import Observer
from reconciler.store import Ledger


@dataclass(frozen=True)
class Dependencies:
    """What every pass works with."""

    planner: Planner
    ledger: Ledger
    observer: Observer


@dataclass
class Signals:
    """What the loop tells a pass about its instance: the times of its commits (event loop clock),
    and that one arrives during the pass.
    """

    commits: list[float] = field(default_factory=list)
    last_takeover: float | None = None
    superseded: asyncio.Event = field(default_factory=asyncio.Event)
