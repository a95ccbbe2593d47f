"""`click-up state`: show, export, compare and import snapshots and checkpoints."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from reconciler.checkpoints.checkpoint import Checkpoint
from reconciler.checkpoints.export import Format, export, write_text
from reconciler.checkpoints.file import read_checkpoint
from reconciler.cli import state_diff, state_records
from reconciler.cli.state_import import import_state
from reconciler.cli.state_snapshots import checkpoint_file, ls, prune
from reconciler.cli.workplace import (
    DataOption,
    LibraryOption,
    Output,
    OutputOption,
    fail,
    open_library,
    print_json,
)
from reconciler.errors import Stalled
from schemas.layout import StateTable

state = typer.Typer(
    no_args_is_help=True, help="Inspect, export and import the states that upgrades keep."
)
state.command()(ls)
state.command(name="import")(import_state)
state.command()(prune)

SourceArgument = Annotated[
    str,
    typer.Argument(
        metavar="SNAPSHOT",
        help="DEVICE/ELEMENT@latest, an id or commit in place of latest, or a checkpoint file",
    ),
]
TableOption = Annotated[
    str | None, typer.Option("--table", metavar="STATE/TABLE", help="Only this table")
]
WhereOption = Annotated[
    str | None,
    typer.Option(
        "--where",
        metavar="CONDITION",
        help="Only records that match, such as 'state == established and first_port < 1024'",
    ),
]
FieldsOption = Annotated[
    str | None,
    typer.Option("--fields", metavar="A,B,C", help="Fields to include, or `all`"),
]
LimitOption = Annotated[
    int, typer.Option(min=0, metavar="N", help="Show at most so many of each table")
]
FormatOption = Annotated[
    Format | None, typer.Option("--format", help="Format of the file (default: as its name ends)")
]
ToOption = Annotated[
    str, typer.Option("--to", metavar="FILE", help="File to write, or - for standard output")
]


def open_checkpoint(source: str, folder: Path | None, code: int = 1) -> Checkpoint:
    """Read the checkpoint that `source` names; end the command with `code` when it cannot be."""
    try:
        return read_checkpoint(checkpoint_file(source, folder, code))
    except Stalled as error:
        fail(str(error), code)
    except OSError as error:
        fail(f"{source}: {error.strerror}", code)


def known_states(own: Path | None, code: int = 1) -> list[StateTable]:
    """Return every table of the element library: they define how fields are shown."""
    library = open_library(own, code)
    return [table for owner in library.states.values() for table in owner.states]


@state.command()
def show(
    source: SourceArgument,
    table: TableOption = None,
    where: WhereOption = None,
    fields: FieldsOption = None,
    limit: LimitOption = 50,
    data: DataOption = None,
    own: LibraryOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Print the records of a snapshot or checkpoint.

    Without --fields it prints keys, names, addresses and ports, and the time left.

    Exit codes: 0 printed, 1 the checkpoint cannot be read or is damaged, 2 there is no such table
    or field, or the condition is wrong.
    """
    checkpoint = open_checkpoint(source, data)
    found = state_records.select_records(checkpoint, known_states(own), table, where, fields)
    if output is Output.JSON:
        print_json(state_records.as_json(checkpoint, found, limit))
    else:
        state_records.print_records(checkpoint, found, limit)


@state.command(name="export")
def export_records(
    source: SourceArgument,
    to: ToOption,
    form: FormatOption = None,
    table: TableOption = None,
    where: WhereOption = None,
    fields: FieldsOption = "all",
    data: DataOption = None,
    own: LibraryOption = None,
) -> None:
    """Write the records of a table as csv, json (one object a line) or parquet.

    Exit codes: 0 written, 1 a file cannot be read or written, 2 there is no such table or field,
    the condition is wrong, or it is unclear which table or format is meant.
    """
    wanted = form or _format_of(to)
    checkpoint = open_checkpoint(source, data)
    found = state_records.select_records(checkpoint, known_states(own), table, where, fields)
    if len(found) != 1:
        names = ", ".join(one.name for one in found) or "none"
        fail(f"{source} has several tables: {names}; name one with --table", 2)
    if to != "-":
        export(found[0].columns, wanted, Path(to))
    elif wanted is Format.PARQUET:
        fail("parquet cannot be printed; name a file", 2)
    else:
        write_text(found[0].columns, wanted, sys.stdout)


def _format_of(name: str) -> Format:
    for form in Format:
        if name.endswith(f".{form}"):
            return form
    fail(f"cannot tell the format from {name!r}: give --format csv, json or parquet", 2)


@state.command()
def diff(
    before: SourceArgument,
    after: SourceArgument,
    table: TableOption = None,
    limit: LimitOption = 50,
    data: DataOption = None,
    own: LibraryOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Compare two checkpoints by key: records removed, added and changed.

    Deadlines are not compared, nor are times since boot when the two are of different boots.

    Exit codes: 0 they are the same, 1 they differ, 2 they cannot be read or compared, or there is
    no such table.
    """
    pair = open_checkpoint(before, data, 2), open_checkpoint(after, data, 2)
    found = state_diff.compare(*pair, known_states(own, 2), table)
    if output is Output.JSON:
        print_json([state_diff.as_json(one, limit) for one in found])
    else:
        for one in found:
            state_diff.print_comparison(one, limit)
    if not all(one.same for one in found):
        raise typer.Exit(1)
