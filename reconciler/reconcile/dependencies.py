"""The objects that passes work with, and the signals that the loop sends them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from reconciler.reconcile.planning import Planner
from reconciler.reporters.observers import Observer
from reconciler.store import Ledger


@dataclass(frozen=True)
class Dependencies:
    """The objects that every pass works with."""

    planner: Planner
    ledger: Ledger
    observer: Observer


@dataclass
class Signals:
    """Signals of the loop to a pass about its instance: the times of its commits (event loop
    clock), and that one arrives during the pass.
    """

    commits: list[float] = field(default_factory=list)
    last_takeover: float | None = None
    superseded: asyncio.Event = field(default_factory=asyncio.Event)
