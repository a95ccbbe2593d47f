"""Writes columns as CSV, JSON lines or Parquet."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TextIO

from reconciler.checkpoints.columns import Column, Kind
from reconciler.errors import Stalled


class Format(StrEnum):
    """A file format that other programs read."""

    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


class ExtraMissing(Stalled):
    """The package that writes this format is not installed; the message says how to install it."""

    reason = "ExtraMissing"


def export(columns: Sequence[Column], form: Format, path: Path) -> None:
    """Write a file with one row for each record, replacing it. Raises ExtraMissing, OSError."""
    if form is Format.PARQUET:
        _write_parquet(columns, path)
        return
    with path.open("w", newline="", encoding="utf-8") as file:
        write_text(columns, form, file)


def write_text(columns: Sequence[Column], form: Format, file: TextIO) -> None:
    """Write CSV or JSON into an open file."""
    names = [column.name for column in columns]
    rows = zip(*(column.values() for column in columns), strict=True)
    if form is Format.CSV:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(rows)
        return
    for row in rows:
        file.write(json.dumps(dict(zip(names, row, strict=True)), separators=(",", ":")) + "\n")


def _write_parquet(columns: Sequence[Column], path: Path) -> None:
    try:
        import pyarrow
        import pyarrow.parquet
    except ModuleNotFoundError as error:
        raise ExtraMissing(
            "Parquet needs the package pyarrow: install it with `pip install 'click-up[export]'`,"
            " or export csv or json"
        ) from error
    # Numbers and times keep their types; the rest becomes text for people.
    typed = (Kind.NUMBER, Kind.SECONDS, Kind.MOMENT)
    arrays = {
        column.name: pyarrow.array(
            column.raw.copy()
            if column.kind in typed and not column.otherwise
            else [_text(one) for one in column.values()]
        )
        for column in columns
    }
    pyarrow.parquet.write_table(pyarrow.table(arrays), path)


def _text(value: object) -> str:
    return str(value)
