"""Events and requests: the part of the ledger that says what happened and what was asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select, update

from reconciler.store import tables as t
from reconciler.store.records import Event, EventType

# Within this many seconds an equal event is counted, not repeated (as Kubernetes and Flux do).
FOLD_SECONDS = 600.0
EVENTS_KEPT = 1000


class Happenings:
    """Events, folded, and requests to reconcile now."""

    def __init__(self, engine: Engine, clock: Callable[[], float]) -> None:
        self._engine = engine
        self._clock = clock

    def record_event(self, key: str, kind: EventType, reason: str, message: str) -> None:
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

    def events(self, key: str | None = None, limit: int = 50) -> tuple[Event, ...]:
        """Return the newest events, oldest first."""
        query = select(t.events).order_by(t.events.c.last_seen.desc(), t.events.c.id.desc())
        if key is not None:
            query = query.where(t.events.c.key == key)
        with self._engine.connect() as connection:
            rows = connection.execute(query.limit(limit)).all()
        return tuple(_event(row._mapping) for row in reversed(rows))

    def request(self, key: str, retry: bool) -> int:
        """Ask a running loop to reconcile `key` now; with `retry`, rejected releases too. Returns
        the request's id.
        """
        with self._engine.begin() as connection:
            if retry:
                connection.execute(delete(t.rejected).where(t.rejected.c.key == key))
            statement = insert(t.requests).values(key=key, retry=retry, at=self._clock())
            return int(connection.execute(statement.returning(t.requests.c.id)).scalar_one())

    def was_taken(self, request: int) -> bool:
        """Tell whether a running loop has taken the request."""
        query = select(t.requests.c.taken).where(t.requests.c.id == request)
        with self._engine.connect() as connection:
            return connection.execute(query).scalar() is not None

    def take_requests(self) -> frozenset[str]:
        """Return the keys requested since the last call, with whether rejected releases are
        retried.
        """
        open_ = t.requests.c.taken.is_(None)
        with self._engine.connect() as connection:
            if connection.execute(select(t.requests.c.id).where(open_).limit(1)).first() is None:
                return frozenset()
        with self._engine.begin() as connection:
            taken = update(t.requests).where(open_).values(taken=self._clock())
            return frozenset(connection.execute(taken.returning(t.requests.c.key)).scalars())


def _add_event(
    connection: Connection, key: str, kind: EventType, reason: str, message: str, now: float
) -> None:
    values = {"key": key, "type": kind, "reason": reason, "message": message, "count": 1}
    added = insert(t.events).values(**values, first_seen=now, last_seen=now)
    newest = int(connection.execute(added.returning(t.events.c.id)).scalar_one())
    connection.execute(delete(t.events).where(t.events.c.id <= newest - EVENTS_KEPT))


def _event(row: Mapping[Any, Any]) -> Event:
    return Event(**{name: row[name] for name in Event.model_fields})
