"""`click-up state ls | prune`: what the reconciler keeps, and how other commands name it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from reconciler.cli.workplace import (
    DataOption,
    Output,
    OutputOption,
    data_folder,
    fail,
    local_time,
    print_json,
    print_table,
    short_revision,
    writable_folder,
)
from reconciler.store import NoSuchSnapshot, Snapshots
from schemas.meta import parse_duration
from schemas.snapshot import Snapshot

InstanceArgument = Annotated[
    str | None, typer.Argument(metavar="[KEY]", help="Only of this instance: device/element")
]


def snapshots_in(data: Path | None) -> Snapshots:
    """Those of the chosen or the default data folder."""
    return Snapshots(data_folder(data) / "snapshots")


def file_of(source: str, data: Path | None, code: int = 1) -> Path:
    """The checkpoint file that `source` is, or that the snapshot of this name has; ends the command
    with `code` when there is neither.
    """
    if Path(source).is_file():
        return Path(source)
    if "@" not in source and source.count("/") != 1:
        fail(f"{source}: there is no such file, nor is it the name of a snapshot", code)
    snapshots = snapshots_in(data)
    try:
        file = snapshots.state(found := snapshots.find(source))
    except NoSuchSnapshot as error:
        fail(str(error), code)
    if file is None:
        fail(f"{found.name} has no records: nothing could be saved; see its handlers.json", code)
    return file


def ls(
    key: InstanceArgument = None, data: DataOption = None, output: OutputOption = Output.TABLE
) -> None:
    """List snapshots, oldest first.

    Exit codes: 0 printed.
    """
    found = snapshots_in(data).all(key)
    if output is Output.JSON:
        print_json([{"name": one.name, **_as_json(one)} for one in found])
        return
    header = ("SNAPSHOT", "TAKEN", "OCCASION", "VERSION", "REVISION", "RECORDS", "TABLES")
    print_table(header, [_row(one) for one in found])


def _row(one: Snapshot) -> tuple[str, ...]:
    return (
        one.name,
        local_time(one.taken.timestamp()),
        one.occasion.value,
        one.version or "-",
        short_revision(one.revision) or "-",
        str(one.records),
        ",".join(one.tables) or "-",
    )


def _as_json(one: Snapshot) -> dict[str, object]:
    said = one.model_dump(mode="json")
    for table in said["tables"].values():
        del table["descriptor"]  # `show` tells what a table's fields are
    return said


def prune(
    key: InstanceArgument = None,
    keep: Annotated[int, typer.Option(min=0, help="How many of the newest stay")] = 1,
    older_than: Annotated[
        str | None, typer.Option(metavar="DURATION", help="Only what is older, like 30d")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", metavar="", help="Only say what would go")
    ] = False,
    data: DataOption = None,
) -> None:
    """Remove old snapshots of every instance, or of one, whatever they were taken for.

    Exit codes: 0 done, 1 one cannot be removed, 2 the duration cannot be read.
    """
    before = _before(older_than)
    snapshots = Snapshots(writable_folder(data) / "snapshots")
    known = snapshots.all(key)
    for instance in dict.fromkeys(one.instance for one in known):
        newest_first = [one for one in reversed(known) if one.instance == instance]
        for snapshot in newest_first[keep:]:
            if snapshot.taken < before:
                typer.echo(f"{'would remove' if dry_run else '✔ removed'} {snapshot.name}")
                if not dry_run:
                    snapshots.remove(snapshot)


def _before(older_than: str | None) -> datetime:
    if older_than is None:
        return datetime.max.replace(tzinfo=UTC)
    try:
        return datetime.now(UTC) - timedelta(seconds=parse_duration(older_than))
    except ValueError as error:
        fail(f"--older-than {older_than}: {error}", 2)
