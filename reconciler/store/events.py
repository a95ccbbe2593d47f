"""The part of the ledger that holds events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select, update

from reconciler.store import tables as t
from reconciler.store.records import Event, EventType

# Within this many seconds an equal event is counted, not repeated (as Kubernetes and Flux do).
FOLD_SECONDS = 600.0
EVENTS_KEPT = 1000


class Events:
    """Events of instances; equal ones in short order are counted, not repeated."""

    def __init__(self, engine: Engine, clock: Callable[[], float]) -> None:
        self._engine = engine
        self._clock = clock

    def record(self, key: str, kind: EventType, reason: str, message: str) -> None:
        """Record an event, folding it into an equal recent one."""
        now, e = self._clock(), t.events.c
        same = (
            (e.key == key) & (e.type == kind) & (e.reason == reason) & (e.message == message)
            & (e.last_seen >= now - FOLD_SECONDS)
        )  # fmt: skip
        with self._engine.begin() as connection:
            folded = connection.execute(
                update(t.events).where(same).values(count=e.count + 1, last_seen=now)
            )
            if folded.rowcount == 0:
                _add_event(connection, key, kind, reason, message, now)

    def newest(self, key: str | None = None, limit: int = 50) -> tuple[Event, ...]:
        """Return the newest events, oldest first."""
        query = select(t.events).order_by(t.events.c.last_seen.desc(), t.events.c.id.desc())
        if key is not None:
            query = query.where(t.events.c.key == key)
        with self._engine.connect() as connection:
            rows = connection.execute(query.limit(limit)).all()
        return tuple(_event(row._mapping) for row in reversed(rows))


def _add_event(
    connection: Connection, key: str, kind: EventType, reason: str, message: str, now: float
) -> None:
    values = {"key": key, "type": kind, "reason": reason, "message": message, "count": 1}
    added = insert(t.events).values(**values, first_seen=now, last_seen=now)
    newest = int(connection.execute(added.returning(t.events.c.id)).scalar_one())
    connection.execute(delete(t.events).where(t.events.c.id <= newest - EVENTS_KEPT))


def _event(row: Mapping[Any, Any]) -> Event:
    return Event(**{name: row[name] for name in Event.model_fields})
