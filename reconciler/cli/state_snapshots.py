"""`click-up state ls | prune`: the snapshots that the reconciler keeps, and their names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from reconciler.cli.terminal import say
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
    str | None,
    typer.Argument(metavar="KEY", help="Only this instance, as DEVICE/ELEMENT (default: all)"),
]


def snapshots_in(data: Path | None) -> Snapshots:
    """Return the snapshots in the given or the default data folder."""
    return Snapshots(data_folder(data) / "snapshots")


def checkpoint_file(source: str, data: Path | None, code: int = 1) -> Path:
    """Return `source` if it is a file, else the checkpoint file of the snapshot of this name; end
    the command with `code` when there is neither.
    """
    if Path(source).is_file():
        return Path(source)
    if "@" not in source and source.count("/") != 1:
        fail(f"{source}: there is no such file, and it is not the name of a snapshot", code)
    snapshots = snapshots_in(data)
    try:
        file = snapshots.checkpoint(found := snapshots.find(source))
    except NoSuchSnapshot as error:
        fail(str(error), code)
    if file is None:
        fail(
            f"{found.name} has no records: no checkpoint could be taken; see its handlers.json",
            code,
        )
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
    dumped = one.model_dump(mode="json")
    for table in dumped["tables"].values():
        del table["descriptor"]  # `show` prints the fields of a table
    return dumped


def prune(
    key: InstanceArgument = None,
    keep: Annotated[int, typer.Option(min=0, metavar="N", help="Keep so many of the newest")] = 1,
    older_than: Annotated[
        str | None, typer.Option(metavar="DURATION", help="Remove only what is older, such as 30d")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be removed")
    ] = False,
    data: DataOption = None,
) -> None:
    """Remove old snapshots of one instance or of all, whatever their occasion.

    Exit codes: 0 done, 1 one cannot be removed, 2 the duration cannot be read.
    """
    before = _before(older_than)
    snapshots = Snapshots(writable_folder(data) / "snapshots")
    known = snapshots.all(key)
    for instance in dict.fromkeys(one.instance for one in known):
        newest_first = [one for one in reversed(known) if one.instance == instance]
        for snapshot in newest_first[keep:]:
            if snapshot.taken < before:
                say(f"{'would remove' if dry_run else '✔ removed'} {snapshot.name}")
                if not dry_run:
                    snapshots.remove(snapshot)


def _before(older_than: str | None) -> datetime:
    if older_than is None:
        return datetime.max.replace(tzinfo=UTC)
    try:
        return datetime.now(UTC) - timedelta(seconds=parse_duration(older_than))
    except ValueError as error:
        fail(f"--older-than {older_than}: {error}", 2)
