"""Snapshots that tests put into the store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from schemas.snapshot import Occasion, Snapshot, SnapshotTable

START = datetime(2030, 1, 31, 18, tzinfo=UTC)


EDGE1, EDGE2 = "edge1/edge-firewall", "edge2/edge-firewall"


def snapshot(
    number: int, occasion: Occasion = Occasion.PERIODIC, instance: str = EDGE1
) -> Snapshot:
    taken = START + timedelta(minutes=number)
    table = SnapshotTable(layout="0" * 16, version=1, capacity=16, records=3)
    return Snapshot(
        id=f"{taken:%Y%m%dT%H%M%SZ}-{number}",
        instance=instance,
        taken=taken,
        occasion=occasion,
        revision=f"main@sha1:{number:040x}",
        tables={"sessions/sessions": table},
    )
