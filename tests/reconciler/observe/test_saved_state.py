"""What a supervisor would restore, determined from the same files."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.devices.click_up.client import ClickUpDevice
from reconciler.devices.open import open_click_up
from reconciler.observe.saved_state import Contents, saved_state
from reconciler.plan.terms import SavedState
from reconciler.store import Snapshots
from reconciler.testbed.here import checkpoint_folder_of, releases_of
from tests.reconciler.observe.saved import DEVICE, TABLE, keep, write


@pytest.fixture
def device(tmp_path: Path) -> ClickUpDevice:
    made = open_click_up(DEVICE, "edge-firewall", tmp_path)
    checkpoint_folder_of(made).mkdir(parents=True)
    return made


@pytest.fixture
def snapshots(tmp_path: Path) -> Snapshots:
    return Snapshots(tmp_path / "snapshots")


def records(found: SavedState | None) -> int:
    assert found is not None
    return found.tables[TABLE].records


async def test_nothing_is_saved_at_first(device: ClickUpDevice, snapshots: Snapshots) -> None:
    assert await saved_state(device, snapshots) is None


async def test_the_newest_checkpoint_counts(device: ClickUpDevice, snapshots: Snapshots) -> None:
    for sequence in (9, 10, 11):
        write(checkpoint_folder_of(device), sequence, sequence)
    found = await saved_state(device, snapshots)
    assert records(found) == 11
    assert str(found).startswith("checkpoint 0000000011.ckpt of 20")


async def test_a_damaged_one_is_passed_over(device: ClickUpDevice, snapshots: Snapshots) -> None:
    write(checkpoint_folder_of(device), 1, 3)
    newest = write(checkpoint_folder_of(device), 2, 4)
    data = bytearray(newest.read_bytes())
    data[700] ^= 1
    newest.write_bytes(data)
    (checkpoint_folder_of(device) / "0000000003.ckpt.damaged").write_bytes(data)
    assert records(await saved_state(device, snapshots)) == 3


async def test_a_device_without_any_gets_the_newest_snapshot(
    device: ClickUpDevice, snapshots: Snapshots, tmp_path: Path
) -> None:
    keep(snapshots, write(tmp_path, 1, 3))
    newest = keep(snapshots, write(tmp_path, 2, 5))
    found = await saved_state(device, snapshots)
    assert records(found) == 5
    assert found is not None and found.snapshot == newest.name
    write(checkpoint_folder_of(device), 1, 4)
    assert records(await saved_state(device, snapshots)) == 4


async def test_who_wrote_it_is_known_while_the_release_is_on_the_device(
    device: ClickUpDevice, snapshots: Snapshots
) -> None:
    path = write(checkpoint_folder_of(device), 1, 3)
    release = releases_of(device) / Contents.of(path).release
    found = await saved_state(device, snapshots)
    assert found is not None and found.record.release == ""
    release.mkdir(parents=True)
    (release / "release.json").write_text('{"states": {"sessions": {"class": "SessionTable"}}}')
    found = await saved_state(device, snapshots)
    assert found is not None and found.record.release == release.name


async def test_a_put_checkpoint_is_the_newest(device: ClickUpDevice, tmp_path: Path) -> None:
    write(checkpoint_folder_of(device), 7, 3)
    put = await device.put_checkpoint(write(tmp_path, 1, 5))
    assert put == "0000000008.ckpt"
    assert (await device.list_checkpoints())[0] == put
    assert len(list(checkpoint_folder_of(device).iterdir())) == 2
