"""State from one device continues on another one."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciler.build import Builder
from reconciler.demo.walkthrough import Scenario
from reconciler.devices.click_up.client import ClickUpDevice
from reconciler.devices.open import open_click_up
from reconciler.library import Library
from reconciler.load import load
from reconciler.outcome import OutcomeKind
from reconciler.testbed.desired import Files, edit_object, path_of
from reconciler.testbed.measure import traffic
from reconciler.testbed.merges import following
from reconciler.testbed.network import Network, network
from reconciler.testbed.site import Site, sessions_of
from schemas.snapshot import Occasion
from tests.e2e.support.caches import ROOT
from tests.e2e.support.loads import SMALL
from tests.e2e.support.place import Place, place
from tests.reconciler.checkpoints.tables import checkpoint_of, session, table_of
from tests.reconciler.checkpoints.writing import write_checkpoint

SPARE = "edge2"


@pytest.fixture
def spare(site: Site) -> Iterator[Network]:
    """Network of the second device; created after `site`, so that their names do not clash."""
    with network() as joined:
        yield joined


def with_spare(files: Files, joined: Network) -> Files:
    """Add a second device of the same kind in another network."""
    device, rollout = (path_of(files, kind) for kind in ("Device", "Rollout"))

    def rename(document: Any) -> None:
        document["metadata"]["name"] = SPARE
        document["spec"]["netns"] = joined.firewall.path
        document["spec"]["directory"] += "-spare"

    def both(document: Any) -> None:
        document["spec"]["devices"]["names"].append(SPARE)

    return {
        **files,
        "devices/spare.yaml": edit_object(files[device], rename),
        rollout: edit_object(files[rollout], both),
    }


async def click_up(data: Path, *words: str) -> tuple[int, str]:
    """Run a verb of the command line on this data folder."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "reconciler.cli.main", *words, "--data", str(data)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode()


async def test_sessions_move_to_another_device(
    site: Site, scenario: Scenario, library: Library, spare: Network
) -> None:
    files = with_spare(scenario.first, spare)
    async with place(site, scenario.first) as here:
        here.commits.commit("two of them", files)
        assert (await here.reconcile(library)).kind is OutcomeKind.APPLIED
        other = spare_device(files, here)
        try:
            async with traffic(site.network, SMALL):
                before = await sessions_of(here.device)
                here.commits.commit("upgrade", scenario.variants()[0])
                assert (await here.reconcile(library)).kind is OutcomeKind.APPLIED
            name = f"{here.key}@latest"
            [*_, newest] = here.snapshots.all(here.key)
            assert newest.occasion is Occasion.TAKEOVER and newest.records >= len(before)
            spare_key = f"{SPARE}/edge-firewall"
            code, out = await click_up(here.data, "state", "import", spare_key, name, "--dry-run")
            assert (code, "records from snapshot" in out) == (0, True), out
            assert await sessions_of(other) == frozenset()
            code, out = await click_up(here.data, "state", "import", spare_key, name)
            assert code == 0, out
            assert await sessions_of(other) >= before
            assert (await other.status()).state == "forwarding"
            code, out = await click_up(here.data, "history", spare_key, "-o", "json")
            attempt = json.loads(out)[0]
            assert attempt["outcome"] == "Imported"
            assert attempt["report"]["running"]["states"]["sessions/sessions"]["fate"] == "restored"
            assert (await here.reconcile(library)).kind is OutcomeKind.UNCHANGED
        finally:
            await other.remove()


def spare_device(files: Files, here: Place) -> ClickUpDevice:
    instances = load(files).instances()
    (desired,) = (one for one in instances if one.device.name == SPARE)
    return open_click_up(desired.device, desired.element.name, here.data)


async def test_what_cannot_be_imported_is_refused(
    site: Site, scenario: Scenario, library: Library
) -> None:
    async with place(site, scenario.first) as here:
        await here.reconcile(library)
        code, out = await click_up(here.data, "state", "import", here.key, f"{here.key}@latest")
        assert (code, "there is no snapshot" in out) == (2, True)
        file = here.data / "other.ckpt"
        write_checkpoint(file, checkpoint_of(table_of([session()], name="mappings/sessions")))
        code, out = await click_up(here.data, "state", "import", here.key, str(file))
        assert code == 2, out
        assert "has the tables mappings/sessions, the running release has sessions/sessions" in out
        file.write_bytes(file.read_bytes()[:-1])
        code, out = await click_up(here.data, "state", "import", here.key, str(file))
        assert (code, "is damaged" in out) == (1, True), out
        assert (await here.device.status()).takeovers == 1


def judged_by(files: Files, probe: str) -> Files:
    rollout = path_of(files, "Rollout")

    def change(document: Any) -> None:
        document["spec"]["verify"]["probes"] = [probe]

    return {**files, rollout: edit_object(files[rollout], change)}


async def test_an_import_that_fails_verification_gives_the_device_its_own_records_back(
    site: Site, scenario: Scenario, builder: Builder
) -> None:
    files, data = judged_by(scenario.first, "sessions.count == 0"), site.folder / "run" / "data"
    async with following(site, files, builder, "run") as running:
        release = (await running.device.status()).confirmed
        file = data / "some.ckpt"
        records = [session(number) for number in range(1, 6)]
        write_checkpoint(file, checkpoint_of(table_of(records, left=3600.0)))
        code, out = await click_up(data, "state", "import", running.key, str(file))
        assert (code, "probe `sessions.count == 0` fails" in out) == (3, True), out
        assert "5 restored" in out
        status = await running.device.status()
        assert (status.confirmed, status.state) == (release, "forwarding")
        assert (status.takeovers, status.reverts) == (2, 1)
        assert await running.sessions() == frozenset()
        assert running.ledger.rejections(running.key) == ()
        assert running.ledger.instance(running.key).suspension is None
        assert running.ledger.attempts(running.key)[0].outcome == "VerifyFailed"
