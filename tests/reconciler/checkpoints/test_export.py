"""Exported records as other programs read them."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from reconciler.checkpoints.columns import Column, Kind, columns
from reconciler.checkpoints.export import Format, export
from tests.reconciler.checkpoints.tables import checkpoint_of, session, sessions, table_of


@pytest.fixture
def shown() -> tuple[Column, ...]:
    table = table_of([session(1), session(2, state=99, opened=0)])
    return columns(checkpoint_of(table), table, [sessions()])


def test_csv(shown: tuple[Column, ...], tmp_path: Path) -> None:
    export(shown, Format.CSV, tmp_path / "it.csv")
    with (tmp_path / "it.csv").open(newline="") as file:
        first, second = csv.DictReader(file)
    assert list(first) == [column.name for column in shown]
    assert (first["first_address"], first["first_port"]) == ("10.0.0.1", "40001")
    assert (first["state"], second["state"]) == ("established", "99")
    assert (first["opened"], second["opened"]) == ("2027-01-15T07:59:00.000Z", "")


def test_json_lines(shown: tuple[Column, ...], tmp_path: Path) -> None:
    export(shown, Format.JSON, tmp_path / "it.json")
    first, second = map(json.loads, (tmp_path / "it.json").read_text().splitlines())
    assert (first["first_address"], first["first_port"]) == ("10.0.0.1", 40001)
    assert (second["opened"], second["seconds_left"]) == (None, 30.0)


def test_parquet(shown: tuple[Column, ...], tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is optional")
    export(shown, Format.PARQUET, tmp_path / "it.parquet")
    first, second = parquet.read_table(tmp_path / "it.parquet").to_pylist()
    assert (first["first_address"], first["first_port"]) == ("10.0.0.1", 40001)
    assert (first["state"], second["state"]) == ("established", "99")
    assert first["opened"].replace(tzinfo=UTC) == datetime(2027, 1, 15, 7, 59, tzinfo=UTC)
    assert second["opened"] is None
    mixed = Column("detail", Kind.NUMBER, np.array([16, 6], np.uint8))
    words = replace(mixed, kind=Kind.NAMED, words={6: "tcp"})
    mixed = replace(mixed, otherwise=((np.array([False, True]), words),))
    export([mixed], Format.PARQUET, tmp_path / "mixed.parquet")
    read = parquet.read_table(tmp_path / "mixed.parquet").to_pylist()
    assert read == [{"detail": "16"}, {"detail": "tcp"}]
