"""The part of the ledger that holds requests to reconcile an instance now."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Engine, delete, insert, select, update

from reconciler.store import tables as t


class Requests:
    """Requests that commands make and running loops take."""

    def __init__(self, engine: Engine, clock: Callable[[], float]) -> None:
        self._engine = engine
        self._clock = clock

    def add(self, key: str, retry: bool) -> int:
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

    def take(self) -> frozenset[str]:
        """Return the keys requested since the last call."""
        open_ = t.requests.c.taken.is_(None)
        with self._engine.connect() as connection:
            if connection.execute(select(t.requests.c.id).where(open_).limit(1)).first() is None:
                return frozenset()
        with self._engine.begin() as connection:
            taken = update(t.requests).where(open_).values(taken=self._clock())
            return frozenset(connection.execute(taken.returning(t.requests.c.key)).scalars())
