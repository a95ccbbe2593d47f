"""The simulated device keeps the contract, too."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.capabilities import Capabilities
from tests.reconciler.devices.contract import BAD, NEW, OLD, Contract, Subject
from tests.reconciler.devices.recorded import (
    PARKS_NONE,
    REMEMBERS_ONLY,
    STOPS_AND_STARTS,
    RecordedDevice,
    Records,
)

CONFIGS = {
    OLD: "i :: Idle; d :: Discard; i -> d;",
    NEW: "j :: Idle; d :: Discard; j -> d;",
    BAD: "n :: Nonsense;",
}


def recorded(folder: Path, capabilities: Capabilities) -> Subject:
    client = RecordedDevice("box/stream", Records(), capabilities=capabilities)
    return Subject(client, folder / "supervisor", folder / "driver", CONFIGS)


class TestRecorded(Contract):
    """A device without checkpoints, as its capabilities say."""

    @pytest.fixture
    def subject(self, tmp_path: Path) -> Subject:
        return recorded(tmp_path, REMEMBERS_ONLY)


class TestParksNone(Contract):
    """A release takes over; the only way back is to stage the previous one."""

    @pytest.fixture
    def subject(self, tmp_path: Path) -> Subject:
        return recorded(tmp_path, PARKS_NONE)


class TestStopsAndStarts(Contract):
    """The fewest capabilities that a driver can have."""

    @pytest.fixture
    def subject(self, tmp_path: Path) -> Subject:
        return recorded(tmp_path, STOPS_AND_STARTS)
