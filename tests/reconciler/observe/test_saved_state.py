"""What a supervisor would restore, found by looking at the same files."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.devices.local import LocalDevice
from reconciler.observe.saved_state import Contents, saved_state
from reconciler.plan.terms import SavedState
from reconciler.store import Snapshots
from tests.reconciler.observe.saved import DEVICE, TABLE, keep, write


@pytest.fixture
def device(tmp_path: Path) -> LocalDevice:
    made = LocalDevice(DEVICE, "edge-firewall", tmp_path)
    made.checkpoints.path.mkdir(parents=True)
    return made


@pytest.fixture
def snapshots(tmp_path: Path) -> Snapshots:
    return Snapshots(tmp_path / "snapshots")


def records(found: SavedState | None) -> int:
    assert found is not None
    return found.tables[TABLE].records


def test_nothing_is_saved_at_first(device: LocalDevice, snapshots: Snapshots) -> None:
    assert saved_state(device, snapshots) is None


def test_the_newest_checkpoint_counts(device: LocalDevice, snapshots: Snapshots) -> None:
    for sequence in (9, 10, 11):
        write(device.checkpoints.path, sequence, sequence)
    found = saved_state(device, snapshots)
    assert records(found) == 11
    assert str(found).startswith("checkpoint 0000000011.ckpt of 20")


def test_a_damaged_one_is_passed_over(device: LocalDevice, snapshots: Snapshots) -> None:
    write(device.checkpoints.path, 1, 3)
    newest = write(device.checkpoints.path, 2, 4)
    data = bytearray(newest.read_bytes())
    data[700] ^= 1
    newest.write_bytes(data)
    (device.checkpoints.path / "0000000003.ckpt.damaged").write_bytes(data)
    assert records(saved_state(device, snapshots)) == 3


def test_a_device_without_any_gets_the_newest_snapshot(
    device: LocalDevice, snapshots: Snapshots, tmp_path: Path
) -> None:
    keep(snapshots, write(tmp_path, 1, 3))
    newest = keep(snapshots, write(tmp_path, 2, 5))
    found = saved_state(device, snapshots)
    assert records(found) == 5
    assert found is not None and found.snapshot == newest.name
    write(device.checkpoints.path, 1, 4)
    assert records(saved_state(device, snapshots)) == 4


def test_who_wrote_it_is_known_while_the_release_is_on_the_device(
    device: LocalDevice, snapshots: Snapshots
) -> None:
    path = write(device.checkpoints.path, 1, 3)
    release = device.releases / Contents.of(path).release
    found = saved_state(device, snapshots)
    assert found is not None and found.record.release == ""
    release.mkdir(parents=True)
    (release / "release.json").write_text('{"states": {"sessions": {"class": "SessionTable"}}}')
    found = saved_state(device, snapshots)
    assert found is not None and found.record.release == release.name


def test_a_put_checkpoint_is_the_newest(device: LocalDevice, tmp_path: Path) -> None:
    write(device.checkpoints.path, 7, 3)
    put = device.checkpoints.put(write(tmp_path, 1, 5))
    assert put.name == "0000000008.ckpt"
    assert device.checkpoints.newest()[0] == put
    assert len(list(device.checkpoints.path.iterdir())) == 2
