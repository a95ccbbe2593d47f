"""The device of which only the records exist keeps the contract, too."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.reconciler.devices.contract import BAD, NEW, OLD, Contract, Subject
from tests.reconciler.devices.recorded import RecordedDevice, Records

CONFIGS = {
    OLD: "i :: Idle; d :: Discard; i -> d;",
    NEW: "j :: Idle; d :: Discard; j -> d;",
    BAD: "n :: Nonsense;",
}


@pytest.fixture
def subject(tmp_path: Path) -> Subject:
    client = RecordedDevice("box/stream", Records())
    return Subject(client, tmp_path / "supervisor", tmp_path / "driver", CONFIGS)


class TestRecorded(Contract):
    """Without checkpoints, as its capabilities say."""
