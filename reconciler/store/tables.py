"""Tables of the ledger. Times are seconds since 1970 (UTC)."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

# Raised with every change of the tables; a ledger of another version is refused.
VERSION = 1

metadata = MetaData()

about = Table("about", metadata, Column("version", Integer, primary_key=True))

instances = Table(
    "instances",
    metadata,
    Column("key", String, primary_key=True),
    Column("status", Text),  # schemas.InstanceStatus as JSON
    Column("desired_revision", String, nullable=False, default=""),
    Column("desired_digest", String, nullable=False, default=""),
    Column("rollout", String, nullable=False, default=""),
    Column("applied", Text),  # the objects applied last, as JSON
    Column("suspension", Text),  # Suspension as JSON, NULL when not suspended
    Column("updated", Float, nullable=False),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", String, primary_key=True),
    Column("key", String, nullable=False),
    Column("revision", String, nullable=False),
    Column("version", String, nullable=False),
    Column("release", String, nullable=False),
    Column("digest", String, nullable=False),  # of release and verify specification
    Column("step", String, nullable=False),  # the step begun last
    Column("outcome", String, nullable=False),  # "" while running
    Column("message", Text, nullable=False),
    Column("started", Float, nullable=False),
    Column("ended", Float),
    Column("report", Text),  # the supervisor's takeover report and step times as JSON
    Index("attempts_by_key", "key", "started"),
)

rejected = Table(
    "rejected",
    metadata,
    Column("key", String, primary_key=True),
    Column("digest", String, primary_key=True),  # of release and verify specification
    Column("revision", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Float, nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String, nullable=False),
    Column("type", String, nullable=False),  # Normal or Warning
    Column("reason", String, nullable=False),
    Column("message", Text, nullable=False),
    Column("count", Integer, nullable=False),
    Column("first_seen", Float, nullable=False),
    Column("last_seen", Float, nullable=False),
    Index("events_by_key", "key", "last_seen"),
)

graphs = Table(
    "graphs",
    metadata,
    Column("digest", String, primary_key=True),  # of the release
    Column("text", Text, nullable=False),  # its Click language
    Column("at", Float, nullable=False),
)

requests = Table(
    "requests",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String, nullable=False),
    Column("retry", Boolean, nullable=False),
    Column("at", Float, nullable=False),
    Column("taken", Float),
)
