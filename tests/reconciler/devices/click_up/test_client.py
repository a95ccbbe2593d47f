"""A real supervisor, a real driver, no network."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from reconciler.build import Artifact, Builder
from reconciler.devices.click_up.client import ClickUpDevice
from reconciler.devices.click_up.detached import is_alive
from reconciler.devices.client import Release, TakeoverRequest
from reconciler.devices.control_socket import NoSuchElement
from reconciler.devices.open import open_click_up
from reconciler.errors import (
    CheckpointFailed,
    ConfirmTooLate,
    DeviceMisconfigured,
    DeviceUnready,
    DirectoryTaken,
    NobodyListens,
    TakeoverRefused,
    Transient,
)
from reconciler.testbed.here import checkpoint_folder_of, directory_of, releases_of
from reconciler.transports.local import LocalTransport
from schemas.device import Device
from tests.libraries import todays_library

CACHE = Path(__file__).parents[4] / "build" / "tests" / "cache"
OLD, NEW = "a" * 64, "b" * 64


def described(device: str = "box", **spec: object) -> Device:
    return Device.model_validate(
        {
            "apiVersion": "click-up/v1alpha1",
            "kind": "Device",
            "metadata": {"name": device},
            "spec": spec,
        }
    )


@pytest.fixture
async def builder() -> Builder:
    return Builder(CACHE, todays_library())


@pytest.fixture
async def artifact(builder: Builder) -> Artifact:
    return await builder.build(["Idle", "Discard"])


@pytest.fixture
async def device(tmp_path: Path, builder: Builder) -> AsyncIterator[ClickUpDevice]:
    made = open_click_up(described(), "stream", tmp_path)
    await made.start(await builder.supervisor())
    yield made
    with suppress(NobodyListens):
        await made.remove()


def release(digest: str, artifact: Artifact, config: str = "i :: Idle; d :: Discard; i -> d;"):
    return Release(digest, artifact.driver, config, f'{{"release": "{digest}"}}')


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


async def test_nothing_runs_at_first(tmp_path: Path) -> None:
    state = await open_click_up(described(), "stream", tmp_path).observe()
    assert (state.status, state.graph) == (None, None)


async def test_takes_over_confirms_and_reverts(device: ClickUpDevice, artifact: Artifact) -> None:
    await device.stage(release(OLD, artifact))
    report = await device.takeover(TakeoverRequest("1", OLD, confirm_seconds=30))
    assert (report.result, report.previous) == ("running", "")
    await device.confirm(OLD)
    await device.stage(release(NEW, artifact, "j :: Idle; d :: Discard; j -> d;"))
    assert (await device.takeover(TakeoverRequest("2", NEW, confirm_seconds=30))).previous == OLD
    state = await device.observe()
    assert state.status is not None and state.status.active is not None
    assert (state.status.active.release, state.status.unconfirmed) == (NEW, True)
    assert state.graph is not None and "j -> d" in state.graph
    assert state.record == f'{{"release": "{NEW}"}}'
    assert (await device.revert("two\nlines")).reason == "two lines"
    status = await device.status()
    assert status.active is not None and status.active.release == OLD
    with pytest.raises(ConfirmTooLate):
        await device.confirm(NEW)
    with pytest.raises(Transient, match="nothing to revert"):
        await device.revert("again")


async def test_the_same_attempt_takes_over_once(device: ClickUpDevice, artifact: Artifact) -> None:
    await device.stage(release(OLD, artifact))
    first = await device.takeover(TakeoverRequest("1", OLD, confirm_seconds=30))
    assert await device.takeover(TakeoverRequest("1", OLD, confirm_seconds=30)) == first
    assert (await device.status()).takeovers == 1


async def test_a_release_that_cannot_start_is_refused(
    device: ClickUpDevice, artifact: Artifact
) -> None:
    await device.stage(release(OLD, artifact))
    await device.takeover(TakeoverRequest("1", OLD, confirm_seconds=30))
    await device.confirm(OLD)
    await device.stage(release(NEW, artifact, "n :: Nonsense;"))
    with pytest.raises(TakeoverRefused, match="Nonsense"):
        await device.takeover(TakeoverRequest("2", NEW, confirm_seconds=30))
    status = await device.status()
    assert status.state == "forwarding"
    report = status.report_of("2")
    assert report is not None and report.result == "failed"


async def test_a_busy_supervisor_is_not_the_releases_fault(
    device: ClickUpDevice, artifact: Artifact
) -> None:
    await device.stage(release(OLD, artifact))
    await device.takeover(TakeoverRequest("1", OLD, confirm_seconds=30))
    with pytest.raises(Transient, match="not confirmed yet"):
        await device.takeover(TakeoverRequest("2", OLD, confirm_seconds=30))


async def test_handlers_of_the_active_worker(device: ClickUpDevice, artifact: Artifact) -> None:
    await device.stage(release(OLD, artifact))
    await device.takeover(TakeoverRequest("1", OLD, confirm_seconds=30))
    assert (await device.read("d.class")).strip() == "Discard"
    assert await device.sample(["d.count", "x.count"]) == {"d.count": "0", "x.count": None}
    with pytest.raises(NoSuchElement):
        await device.write([("x.reset", "")])


async def test_the_supervisor_outlives_nobody_but_us(device: ClickUpDevice) -> None:
    status = await device.status()
    assert os.getsid(status.pid) != os.getsid(0)
    parent = parent_of(status.pid)
    assert parent != os.getpid()
    os.kill(status.pid, signal.SIGKILL)
    while await is_alive(LocalTransport(), status.pid):
        pass
    assert (await device.observe()).status is None
    assert await device.sample(["d.count"]) == {"d.count": None}


async def test_removed_device_keeps_its_log_only(device: ClickUpDevice, artifact: Artifact) -> None:
    await device.stage(release(OLD, artifact))
    await device.takeover(TakeoverRequest("1", OLD, confirm_seconds=30))
    await device.remove()
    assert (await device.observe()).status is None
    assert not releases_of(device).exists()
    assert (directory_of(device) / "log.jsonl").exists()


async def test_another_instances_supervisor_is_left_alone(
    device: ClickUpDevice, artifact: Artifact, tmp_path: Path
) -> None:
    await device.stage(release(OLD, artifact))
    await device.takeover(TakeoverRequest("1", OLD, confirm_seconds=30))
    other = described("crate", directory=str(directory_of(device).parent))
    stranger = open_click_up(other, "stream", tmp_path)
    assert directory_of(stranger) == directory_of(device)
    for attempt in (stranger.observe(), stranger.stop(), stranger.remove(), stranger.prune()):
        with pytest.raises(DirectoryTaken, match="is that of box/stream; give one of the two"):
            await attempt
    assert (await device.status()).forwarding
    assert releases_of(device).exists()


async def test_misdescribed_devices_are_explained(tmp_path: Path, builder: Builder) -> None:
    supervisor = await builder.supervisor()
    nowhere = open_click_up(described(netns="no-such-place"), "stream", tmp_path)
    with pytest.raises(DeviceMisconfigured, match="ip netns add"):
        await nowhere.start(supervisor)
    (tmp_path / "file").touch()
    blocked = open_click_up(described(directory=str(tmp_path / "file")), "stream", tmp_path)
    with pytest.raises(DeviceMisconfigured, match=r"spec\.directory"):
        await blocked.start(supervisor)


async def test_a_missing_interface_is_the_devices_fault(
    device: ClickUpDevice, builder: Builder
) -> None:
    artifact = await builder.build(["FromDevice", "Discard"])
    await device.stage(release(OLD, artifact, "f :: FromDevice(nosuch0); f -> Discard;"))
    with pytest.raises(DeviceUnready, match=r"^box/stream: config\.click:1: .*'nosuch0'"):
        await device.takeover(TakeoverRequest("1", OLD, confirm_seconds=30))


async def test_a_place_where_nothing_can_be_staged_is_explained(
    tmp_path: Path, artifact: Artifact
) -> None:
    (tmp_path / "file").touch()
    blocked = open_click_up(described(directory=str(tmp_path / "file")), "stream", tmp_path)
    with pytest.raises(DeviceMisconfigured, match=r"spec\.directory"):
        await blocked.stage(release(OLD, artifact))


async def test_checkpoints_are_written_where_and_when_the_device_says(
    tmp_path: Path, builder: Builder
) -> None:
    artifact = await builder.build(["Idle", "Discard", "SessionTable"])
    device = open_click_up(described(checkpoints={"interval": "0s", "keep": 2}), "stream", tmp_path)
    await device.start(await builder.supervisor())
    try:
        await device.stage(release(OLD, artifact, "s :: SessionTable; Idle -> Discard;"))
        await device.takeover(TakeoverRequest("1", OLD, confirm_seconds=30))
        files = [(await device.checkpoint("before\nlunch")).file for _ in range(3)]
        assert await device.list_checkpoints() == [files[2], files[1]]
        said = (await device.status()).checkpoints
        assert said is not None and said.last is not None
        assert (said.last.file, said.last.reason) == (files[2], "before lunch")
        assert await device.configure_checkpoints(said) == ""
        changed = described(checkpoints={"interval": "5s"})
        other = open_click_up(changed, "stream", tmp_path)
        assert "every 5 s, the newest 5 are kept" in await other.configure_checkpoints(said)
        said = (await device.status()).checkpoints
        assert said is not None and await other.configure_checkpoints(said) == ""
        checkpoint_folder_of(device).rename(tmp_path / "gone")
        with pytest.raises(CheckpointFailed, match=r"^box/stream: "):
            await device.checkpoint("after lunch")
        said = (await device.status()).checkpoints
        assert said is not None and said.reason == "DirectoryMissing"
    finally:
        await device.remove()


async def test_everything_readable_is_read(device: ClickUpDevice, artifact: Artifact) -> None:
    await device.stage(release(OLD, artifact))
    await device.takeover(TakeoverRequest("1", OLD, confirm_seconds=30))
    found = await device.read_everything()
    assert {"flatconfig", "d.count", "d.class", "i.class"} <= found.keys()
    assert "d.reset" not in found
