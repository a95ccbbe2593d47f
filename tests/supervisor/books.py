"""The entries of a Ledger, and their fate according to reports."""

from __future__ import annotations

import json
from typing import Any

from tests.supervisor.running import WIRES, Supervised

CRASH, HANG = 666, 667  # values at which a migration fails


def books(layout: int, capacity: int = 64, on_pause: int = 0, more: str = "") -> str:
    with_pause = f", ON_PAUSE {on_pause}" if on_pause else ""
    return WIRES + f"books :: Ledger({layout}, CAPACITY {capacity}{with_pause}); {more}"


def put(supervised: Supervised, key: int, value: int, handler: str = "put") -> None:
    code, why = supervised.write(f"books.{handler}", f"{key} {value}", "control.sock")
    assert code == 200, why


def held(supervised: Supervised, handler: str = "entries") -> dict[int, int]:
    pairs = (word.split("=") for word in supervised.worker(f"books.{handler}").split())
    return {int(key): int(value) for key, value in pairs}


def entries(report: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = report["states"]["books/entries"]
    return found


def fate(name: str, **counts: int) -> dict[str, object]:
    return {"fate": name, "kept": 0, "migrated": 0, "expired": 0, "lost": 0, "from": "", **counts}


def revert(supervised: Supervised) -> dict[str, Any]:
    code, answer = supervised.write("revert", "as asked")
    assert code == 200, answer
    report: dict[str, Any] = json.loads(answer)
    assert report["reason"] == "as asked"
    return report


FORTY = {key: key for key in range(1, 41)}


def carriers(supervised: Supervised) -> list[int]:
    return [int(event["pid"]) for event in supervised.events("carrier_started")]
