"""The ledger on SQLite. Methods block for about a millisecond; call them in a thread from asyncio
code.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, delete, event, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.exc import DatabaseError

from reconciler.errors import LedgerTooNew, LedgerUnusable
from reconciler.store import tables as t
from reconciler.store.events import Events
from reconciler.store.records import (
    Attempt,
    InstanceRecord,
    Rejection,
    Suspension,
)
from reconciler.store.requests import Requests
from schemas.status import InstanceStatus


class Ledger:
    """A ledger in one file; several processes may use it at once (WAL). `events` and `requests` are
    parts of it.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        """Open or create the ledger. Raises LedgerUnusable, and LedgerTooNew when another version
        wrote it.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self._engine = create_engine(f"sqlite:///{path}")
        self._clock = clock
        self.events = Events(self._engine, clock)
        self.requests = Requests(self._engine, clock)
        event.listen(self._engine, "connect", _set_pragmas)
        try:
            self._check_version(path)
        except DatabaseError as error:
            self.close()
            raise LedgerUnusable(
                f"cannot use the ledger {path}: {error.orig}; it has to be a ledger, in a folder"
                " that this user may write to; name another folder with --data"
            ) from error

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    # Instances

    def instance(self, key: str) -> InstanceRecord:
        """Return what is recorded of `key`, or an empty record."""
        with self._engine.connect() as connection:
            row = connection.execute(select(t.instances).where(t.instances.c.key == key)).first()
        return InstanceRecord(key=key) if row is None else _instance(row._mapping)

    def instances(self) -> tuple[InstanceRecord, ...]:
        """Return all instances, sorted by key."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(t.instances).order_by(t.instances.c.key)).all()
        return tuple(_instance(row._mapping) for row in rows)

    def record_status(
        self, status: InstanceStatus, desired_revision: str, digest: str, rollout: str
    ) -> None:
        """Replace the status of an instance, and the desired state for which it was determined."""
        self._put(
            status.instance,
            status=status.model_dump_json(),
            desired_revision=desired_revision,
            desired_digest=digest,
            rollout=rollout,
        )

    def record_applied(self, key: str, applied: Mapping[str, Any]) -> None:
        """Remember the objects of the release that was confirmed."""
        self._put(key, applied=json.dumps(applied))

    def suspend(self, key: str, suspension: Suspension) -> None:
        """Stop reconciling `key`."""
        self._put(key, suspension=suspension.model_dump_json())

    def resume(self, key: str) -> None:
        """Reconcile `key` again."""
        self._put(key, suspension=None)

    def forget(self, key: str) -> None:
        """Drop the instance; its attempts and events stay."""
        with self._engine.begin() as connection:
            connection.execute(delete(t.instances).where(t.instances.c.key == key))
            connection.execute(delete(t.rejected).where(t.rejected.c.key == key))

    # Attempts

    def begin_attempt(
        self, key: str, revision: str, version: str, release: str, digest: str
    ) -> str:
        """Record an attempt before any of its effects; returns its id."""
        # Sorts by time, and is unique among reconcilers that share a device.
        attempt = f"{int(self._clock() * 1000):013d}-{secrets.token_hex(4)}"
        with self._engine.begin() as connection:
            connection.execute(
                insert(t.attempts).values(
                    id=attempt,
                    key=key,
                    revision=revision,
                    version=version,
                    release=release,
                    digest=digest,
                    step="",
                    outcome="",
                    message="",
                    started=self._clock(),
                )
            )
        return attempt

    def record_step(self, attempt: str, step: str) -> None:
        """Record that `step` begins, before its effects."""
        with self._engine.begin() as connection:
            connection.execute(
                update(t.attempts).where(t.attempts.c.id == attempt).values(step=step)
            )

    def end_attempt(
        self, attempt: str, outcome: str, message: str = "", report: Mapping[str, Any] | None = None
    ) -> None:
        """Record how an attempt ended; only the first report of its end counts."""
        text = None if report is None else json.dumps(report)
        ended = {"outcome": outcome, "message": message, "report": text, "ended": self._clock()}
        open_ = (t.attempts.c.id == attempt) & (t.attempts.c.outcome == "")
        with self._engine.begin() as connection:
            connection.execute(update(t.attempts).where(open_).values(ended))

    def attempt(self, attempt: str) -> Attempt | None:
        """Return the attempt with this id."""
        with self._engine.connect() as connection:
            row = connection.execute(select(t.attempts).where(t.attempts.c.id == attempt)).first()
        return None if row is None else _attempt(row._mapping)

    def attempts(self, key: str | None = None, limit: int = 20) -> tuple[Attempt, ...]:
        """Return the newest attempts, newest first."""
        query = select(t.attempts).order_by(t.attempts.c.id.desc()).limit(limit)
        if key is not None:
            query = query.where(t.attempts.c.key == key)
        with self._engine.connect() as connection:
            return tuple(_attempt(row._mapping) for row in connection.execute(query))

    def unfinished(self, key: str) -> tuple[Attempt, ...]:
        """Return attempts that have begun and not ended, oldest first."""
        query = select(t.attempts).where(t.attempts.c.key == key, t.attempts.c.outcome == "")
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(t.attempts.c.id))
            return tuple(_attempt(row._mapping) for row in rows)

    # Rejected releases

    def reject(self, key: str, digest: str, revision: str, reason: str) -> None:
        """Remember that the release and verify specification `digest` failed on `key`."""
        values = {"revision": revision, "reason": reason, "at": self._clock()}
        with self._engine.begin() as connection:
            statement = upsert(t.rejected).values(key=key, digest=digest, **values)
            connection.execute(
                statement.on_conflict_do_update(index_elements=["key", "digest"], set_=values)
            )

    def rejections(self, key: str) -> tuple[Rejection, ...]:
        """Return everything rejected on `key`, oldest first."""
        query = select(t.rejected).where(t.rejected.c.key == key).order_by(t.rejected.c.at)
        with self._engine.connect() as connection:
            return tuple(Rejection(**row._mapping) for row in connection.execute(query))

    # Graphs of releases

    def keep_graph(self, release: str, text: str) -> None:
        """Keep the Click language of a release."""
        with self._engine.begin() as connection:
            statement = upsert(t.graphs).values(digest=release, text=text, at=self._clock())
            connection.execute(statement.on_conflict_do_nothing())

    def graph(self, release: str) -> str | None:
        """Return the Click language of a release, or None."""
        query = select(t.graphs.c.text).where(t.graphs.c.digest == release)
        with self._engine.connect() as connection:
            return connection.execute(query).scalar()

    def _put(self, key: str, **values: Any) -> None:
        values["updated"] = self._clock()
        with self._engine.begin() as connection:
            statement = upsert(t.instances).values(key=key, **values)
            connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_=values))

    def _check_version(self, path: Path) -> None:
        t.metadata.create_all(self._engine)
        with self._engine.begin() as connection:
            written = connection.execute(select(t.about.c.version)).scalars().all()
            if not written:
                # Two reconcilers may start on one new ledger at the same time.
                first = upsert(t.about).values(version=t.VERSION)
                connection.execute(first.on_conflict_do_nothing())
        newest = max(written, default=t.VERSION)
        if newest != t.VERSION:
            self.close()
            raise LedgerTooNew(
                f"{path} was written by another version of click-up (format {newest}, this one"
                f" knows {t.VERSION}); install the version that wrote it, or start with another"
                " --data"
            )


def _set_pragmas(connection: Any, _: object) -> None:
    # Readers (the CLI) never wait for the writer; writers wait for each other.
    for pragma in ("journal_mode=WAL", "busy_timeout=5000", "synchronous=NORMAL"):
        connection.execute(f"PRAGMA {pragma}")


def _instance(row: Mapping[Any, Any]) -> InstanceRecord:
    return InstanceRecord(
        key=row["key"],
        status=InstanceStatus.model_validate_json(row["status"]) if row["status"] else None,
        desired_revision=row["desired_revision"],
        desired_digest=row["desired_digest"],
        rollout=row["rollout"],
        applied=json.loads(row["applied"]) if row["applied"] else None,
        suspension=Suspension.model_validate_json(row["suspension"]) if row["suspension"] else None,
    )


def _attempt(row: Mapping[Any, Any]) -> Attempt:
    report = json.loads(row["report"]) if row["report"] else None
    return Attempt(**{**row, "report": report})
