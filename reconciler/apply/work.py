"""One attempt on one instance, as the effects of its steps see it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from reconciler.build import Builder
from reconciler.devices.local import LocalDevice
from reconciler.devices.status import TakeoverReport
from reconciler.reporters.observers import Observer
from reconciler.store import Snapshots
from reconciler.store.records import EventType
from schemas.plan import Plan, Step

T = TypeVar("T")


@dataclass(frozen=True)
class Work:
    """One attempt on one instance: what to apply, to what, and whom to tell."""

    key: str
    attempt: str
    plan: Plan
    device: LocalDevice
    snapshots: Snapshots
    builder: Builder
    observer: Observer
    classes: frozenset[str]
    config: str
    record: str
    known_good: bool  # this release was confirmed here before: nothing better to go back to
    superseded: asyncio.Event
    begin: Callable[[Step], Awaitable[None]]  # records a step before its effect
    reject: Callable[[str], Awaitable[None]]  # remembers why this release must not be tried again
    event: Callable[[EventType, str, str], Awaitable[None]]  # records kind, reason, message
    tell: Callable[[TakeoverReport], None]  # records a takeover or revert


async def whole(effect: Coroutine[Any, Any, T]) -> T:
    """Run an effect to its end even when we are told to stop in the middle: a takeover is never
    torn.
    """
    task = asyncio.ensure_future(effect)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise


def number(step: Step, name: str) -> float:
    """An argument of a step that is a number."""
    value = step.arguments[name]
    assert isinstance(value, (int, float))
    return float(value)
