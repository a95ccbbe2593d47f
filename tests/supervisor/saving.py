"""A supervisor that is asked for checkpoints, and the files that it keeps."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from tests.supervisor.running import Supervised


def checkpoint(supervised: Supervised, reason: str = "asked for") -> dict[str, Any]:
    code, answer = supervised.write("checkpoint", reason)
    assert code == 200, answer
    found: dict[str, Any] = json.loads(answer)
    return found


def refused(supervised: Supervised) -> str:
    code, answer = supervised.write("checkpoint", "")
    assert code == 520, answer
    return answer


def pull_the_plug(supervised: Supervised) -> None:
    """Kill everything, so that only what is on disk remains."""
    supervised.process.kill()
    supervised.process.wait()


def kept(supervised: Supervised) -> list[str]:
    return sorted(os.listdir(supervised.directory / "kept"))


def path_of(supervised: Supervised, name: str) -> Path:
    return supervised.directory / "kept" / name


def settings(supervised: Supervised) -> dict[str, Any]:
    found: dict[str, Any] = supervised.status()["checkpoints"]
    return found
