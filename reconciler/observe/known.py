"""Reads from the ledger the facts on which a plan depends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from reconciler.load.repository import Desired
from reconciler.record.journal import applied_desired
from reconciler.store import InstanceRecord, Ledger


@dataclass(frozen=True)
class Known:
    """Facts about an instance from the ledger; empty where click-up never reconciled."""

    applied: Desired | None = None
    """The desired state for which the last confirmed release was made."""
    confirmed: str = ""
    """The last confirmed release."""
    graph: str | None = None
    """The Click language of that release."""
    began: Callable[[str], bool] = lambda _attempt: False
    """Tells whether an attempt is one of ours."""


def known_of(record: InstanceRecord, ledger: Ledger) -> Known:
    """Read what the ledger knows of an instance."""
    confirmed = record.status.release if record.status is not None else ""
    return Known(
        applied=applied_desired(record),
        confirmed=confirmed,
        graph=ledger.graph(confirmed),
        began=lambda attempt: ledger.attempt(attempt) is not None,
    )


def everything_applied(ledger: Ledger) -> dict[str, dict[str, Any]]:
    """Return the objects of every instance as they were applied last, by key and kind."""
    records = ledger.instances()
    return {record.key: record.applied for record in records if record.applied is not None}
