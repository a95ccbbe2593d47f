"""One attempt on one instance, as the effects of its steps see it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from reconciler.build import Builder
from reconciler.devices.client import DeviceClient
from reconciler.devices.reports import TakeoverReport
from reconciler.reporters.observers import Observer
from reconciler.store import Snapshots
from reconciler.store.records import EventType
from schemas.plan import Plan
from schemas.steps import Step

T = TypeVar("T")


class Recorder(Protocol):
    """Records what an attempt does."""

    async def begin(self, step: Step) -> None:
        """Record a step before its effect."""

    async def reject(self, reason: str) -> None:
        """Remember why this release must not be tried again."""

    async def event(self, kind: EventType, reason: str, message: str) -> None:
        """Record something worth knowing."""

    def report(self, report: TakeoverReport) -> None:
        """Record a takeover or revert."""


@dataclass(frozen=True)
class Contents:
    """The contents of a release: element classes, Click language, release.json."""

    classes: frozenset[str] = frozenset()
    config: str = ""
    record: str = ""


@dataclass(frozen=True)
class Work:
    """One attempt on one instance: the plan, what it acts on, and who is told of it."""

    attempt: str
    plan: Plan
    contents: Contents
    device: DeviceClient
    snapshots: Snapshots
    builder: Builder
    observer: Observer
    recorder: Recorder
    superseded: asyncio.Event

    @property
    def key(self) -> str:
        """Name of the instance."""
        return self.plan.instance


async def to_its_end(effect: Coroutine[Any, Any, T]) -> T:
    """Run an effect to its end even when cancelled meanwhile: a takeover must not be interrupted
    halfway.
    """
    task = asyncio.ensure_future(effect)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise
