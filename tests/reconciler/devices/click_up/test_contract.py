"""The client of click-up's own driver and supervisor keeps the contract of all clients."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from reconciler.build import Builder
from reconciler.devices.click_up.client import ClickUpDevice
from reconciler.devices.open import open_click_up
from reconciler.transports.local import LocalTransport
from reconciler.transports.transport import File
from schemas.device import Device
from tests.libraries import todays_library
from tests.reconciler.devices.contract import BAD, NEW, OLD, Contract, Subject

CACHE = Path(__file__).parents[4] / "build" / "tests" / "cache"
CONFIGS = {
    OLD: "i :: Idle; d :: Discard; i -> d; s :: SessionTable;",
    NEW: "j :: Idle; d :: Discard; j -> d; s :: SessionTable;",
    BAD: "n :: Nonsense;",
}
DEVICE = Device.model_validate(
    {
        "apiVersion": "click-up/v1alpha1",
        "kind": "Device",
        "metadata": {"name": "box"},
        "spec": {"checkpoints": {"interval": "0s"}},
    }
)


class Copying(LocalTransport):
    """A transport as to another machine: what is fetched or lent is a copy."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def fetch(self, place: PurePosixPath) -> Path:
        copy = self.folder / place.name
        copy.write_bytes(await self.read(place))
        return copy

    async def lend(self, file: Path, place: PurePosixPath) -> PurePosixPath:
        await self.put(File(file), place)
        return place


async def subject_of(client: ClickUpDevice) -> Subject:
    builder = Builder(CACHE, todays_library())
    artifact = await builder.build(["Idle", "Discard", "SessionTable"])
    return Subject(client, await builder.supervisor(), artifact.driver, CONFIGS)


class TestClickUp(Contract):
    """With real processes and files."""

    @pytest.fixture
    async def subject(self, tmp_path: Path) -> Subject:
        return await subject_of(open_click_up(DEVICE, "stream", tmp_path))


class TestClickUpElsewhere(Contract):
    """The same for a device whose files are not on our machine."""

    @pytest.fixture
    async def subject(self, tmp_path: Path) -> Subject:
        ours, theirs = tmp_path / "ours", PurePosixPath(tmp_path / "theirs")
        ours.mkdir()
        return await subject_of(ClickUpDevice(DEVICE, "stream", theirs, Copying(ours)))
