"""The device of which only the records exist keeps the contract, too."""

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
    """Without checkpoints, as its capabilities say."""

    @pytest.fixture
    def subject(self, tmp_path: Path) -> Subject:
        return recorded(tmp_path, REMEMBERS_ONLY)


class TestParksNone(Contract):
    """A release takes over, and there is no way back but to stage the one before."""

    @pytest.fixture
    def subject(self, tmp_path: Path) -> Subject:
        return recorded(tmp_path, PARKS_NONE)


class TestStopsAndStarts(Contract):
    """The least that a driver can do."""

    @pytest.fixture
    def subject(self, tmp_path: Path) -> Subject:
        return recorded(tmp_path, STOPS_AND_STARTS)
