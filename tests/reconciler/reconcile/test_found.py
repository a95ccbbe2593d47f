"""State of what this reconciler did not start is saved before that is replaced."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from reconciler.outcome import OutcomeKind
from reconciler.store import Ledger, Snapshots
from reconciler.testbed.here import directory_of
from schemas.snapshot import Occasion, Snapshot
from tests.reconciler.reconcile.house import House

FIRST = ["Stage", "Checkpoint", "Start", "Takeover", "Verify", "Confirm"]
CONFIG = "made :: RatedSource(0, 100); seen :: Counter; gone :: Discard; made -> seen -> gone;"


@asynccontextmanager
async def stranger(house: House) -> AsyncIterator[None]:
    """Start a driver as if by hand, with the control socket where the device expects it."""
    artifact = await house.builder.build(["RatedSource", "Counter", "Discard"])
    directory_of(house.device).mkdir(parents=True)
    socket = directory_of(house.device) / "control.sock"
    process = await asyncio.create_subprocess_exec(
        str(artifact.driver), "-e", CONFIG, "-u", socket.name, cwd=socket.parent
    )
    try:
        async with asyncio.timeout(10):
            while not socket.exists():  # noqa: ASYNC110 - another process makes it
                await asyncio.sleep(0.01)
        yield
    finally:
        process.kill()
        await process.wait()


def kept(house: House) -> Snapshot:
    (snapshot,) = Snapshots(house.data / "snapshots").all()
    return snapshot


async def test_all_that_can_be_read_of_a_stranger_is_kept(house: House) -> None:
    house.repository.commit()
    async with stranger(house):
        assert (await house.once()).kind is OutcomeKind.APPLIED
    assert house.recorder.steps == FIRST
    snapshot = kept(house)
    assert (snapshot.occasion, snapshot.tables) == (Occasion.FOUND, {})
    snapshots = Snapshots(house.data / "snapshots")
    assert "made -> seen" in snapshots.read_text(snapshot, "config.click")
    handlers = json.loads(snapshots.read_text(snapshot, "handlers.json"))
    assert handlers["seen.class"].strip() == "Counter"
    assert int(handlers["gone.count"]) >= 0
    assert "SnapshotTaken" in [reason for reason, _ in house.recorder.events]
    house.repository.commit(counter="other", probe="other.count >= 0")
    assert (await house.once()).kind is OutcomeKind.APPLIED
    assert kept(house) == snapshot, "what we started ourselves is no stranger"


async def test_a_release_that_another_ledger_knows_is_kept_before_it_is_replaced(
    house: House,
) -> None:
    house.repository.commit()
    await house.once()
    house.ledger.close()
    (house.data / "ledger.db").unlink()
    house.ledger = Ledger(house.data / "ledger.db")
    assert (await house.once()).kind is OutcomeKind.UNCHANGED, "it is what shall run"
    assert Snapshots(house.data / "snapshots").all() == ()
    house.repository.commit(counter="other", probe="other.count >= 0")
    assert (await house.once()).kind is OutcomeKind.APPLIED
    assert kept(house).occasion is Occasion.FOUND
    assert house.recorder.steps.count("Checkpoint") == 1
