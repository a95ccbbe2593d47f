"""Directories that a device's description names, in places that others can write."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler.build import Builder
from reconciler.devices.click_up.client import ClickUpDevice
from reconciler.devices.client import Release
from reconciler.devices.open import open_click_up
from reconciler.devices.reports import CheckpointStatus
from reconciler.errors import DeviceMisconfigured
from tests.libraries import todays_library
from tests.reconciler.devices.click_up.test_client import CACHE, described

STRANGER = 12345


@pytest.fixture
async def supervisor() -> Path:
    return await Builder(CACHE, todays_library()).supervisor()


def device(folder: Path, field: str, named: Path) -> ClickUpDevice:
    spec = {"directory": str(named)}
    told = spec if field == "directory" else {"checkpoints": spec}
    return open_click_up(described(**told), "stream", folder)


@pytest.mark.parametrize("field", ["directory", "checkpoints"])
@pytest.mark.parametrize(
    ("mode", "owner", "why"),
    [
        (0o777, 0, "every user can write to"),
        (0o755, STRANGER, "belongs to another user (12345)"),
        (0o775, 0, "another group (12345) can write to"),
    ],
)
async def test_a_directory_that_others_can_replace_is_refused(
    tmp_path: Path, supervisor: Path, field: str, mode: int, owner: int, why: str
) -> None:
    weak = tmp_path / "weak"
    (weak / "below").mkdir(parents=True)
    weak.chmod(mode)
    os.chown(weak, owner, STRANGER)
    (tmp_path / "link").symlink_to(weak / "below")
    refused = device(tmp_path, field, tmp_path / "link" / "not" / "yet")
    release = Release("a" * 64, supervisor, "", "{}")
    for attempt in (refused.start(supervisor), refused.stage(release)):
        with pytest.raises(DeviceMisconfigured, match="is no safe place: ") as told:
            await attempt
        assert why in str(told.value) and str(weak) in str(told.value)
    assert (await refused.observe()).status is None
    assert not (weak / "below" / "not").exists()


async def test_what_another_user_put_into_a_sticky_directory_is_refused(
    tmp_path: Path, supervisor: Path
) -> None:
    shared = tmp_path / "shared"
    (shared / "stream").mkdir(parents=True)
    shared.chmod(0o1777)
    os.chown(shared / "stream", STRANGER, -1)
    named = device(tmp_path, "directory", shared)
    with pytest.raises(DeviceMisconfigured, match=r"stream belongs to another user \(12345\)"):
        await named.start(supervisor)
    assert os.listdir(shared / "stream") == []
    os.chown(shared / "stream", 0, -1)
    await named.start(supervisor)
    await named.remove()


async def test_a_running_supervisor_is_sent_to_no_such_place(tmp_path: Path) -> None:
    weak = tmp_path / "weak"
    weak.mkdir()
    weak.chmod(0o777)
    with pytest.raises(DeviceMisconfigured, match="is no safe place: "):
        await device(tmp_path, "checkpoints", weak).configure_checkpoints(CheckpointStatus())
    assert os.listdir(weak) == []
