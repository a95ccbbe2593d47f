"""click-up's own driver and supervisor keep the contract of all clients."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.build import Builder
from reconciler.devices.open import open_device
from schemas.device import Device
from tests.libraries import todays_library
from tests.reconciler.devices.contract import BAD, NEW, OLD, Contract, Subject

CACHE = Path(__file__).parents[4] / "build" / "tests" / "cache"
CONFIGS = {
    OLD: "i :: Idle; d :: Discard; i -> d; s :: SessionTable;",
    NEW: "j :: Idle; d :: Discard; j -> d; s :: SessionTable;",
    BAD: "n :: Nonsense;",
}
DEVICE = {
    "apiVersion": "click-up/v1alpha1",
    "kind": "Device",
    "metadata": {"name": "box"},
    "spec": {"checkpoints": {"interval": "0s"}},
}


@pytest.fixture
async def subject(tmp_path: Path) -> Subject:
    builder = Builder(CACHE, todays_library())
    client = open_device(Device.model_validate(DEVICE), "stream", tmp_path)
    artifact = await builder.build(["Idle", "Discard", "SessionTable"])
    return Subject(client, await builder.supervisor(), artifact.driver, CONFIGS)


class TestClickUp(Contract):
    """Over real processes and files."""
