"""Where the command line finds the reconciler's data, and how it prints."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

import element_library
from reconciler.cli.terminal import say
from reconciler.diagnostics import one_line
from reconciler.errors import Stalled
from reconciler.library import Library, LibraryError, load_library
from reconciler.library.own import join_libraries
from reconciler.store import InstanceRecord, Ledger


class Output(StrEnum):
    """Formats in which results are printed."""

    TABLE = "table"
    JSON = "json"


def default_folder() -> Path:
    """Return $XDG_STATE_HOME/click-up, or /var/lib/click-up for root."""
    given = os.environ.get("XDG_STATE_HOME")
    if given:
        return Path(given) / "click-up"
    if os.geteuid() == 0:
        return Path("/var/lib/click-up")
    return Path.home() / ".local" / "state" / "click-up"


DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data",
        "--state",  # its former name, which scripts use
        metavar="FOLDER",
        help="Data folder of the reconciler; --state is the option's former name (default:"
        " $XDG_STATE_HOME/click-up, or /var/lib/click-up for root)",
    ),
]
OutputOption = Annotated[Output, typer.Option("-o", "--output", help="Output format")]
LibraryOption = Annotated[
    Path | None,
    typer.Option(
        "--library", metavar="FOLDER", help="Atoms and elements of your own, beside click-up's"
    ),
]
KeyArgument = Annotated[str, typer.Argument(metavar="KEY", help="Instance, as DEVICE/ELEMENT")]


def data_folder(data: Path | None) -> Path:
    """Return the absolute path of the data folder: the given one, else the default."""
    return (data or default_folder()).absolute()


def writable_folder(data: Path | None) -> Path:
    """Return the data folder, created if need be; end the command when it is not writable.

    What is made in it from now on is nobody else's: state tables tell who talks to whom.
    """
    os.umask(0o077)
    folder = data_folder(data)
    hint = "name another folder with --data, or run as a user who may write there"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        fail(f"cannot create the data folder {folder}: {error.strerror}; {hint}")
    if (folder / "ledger.db").exists() and os.access(folder, os.W_OK):
        _keep_private(folder)
    if not os.access(folder, os.W_OK | os.X_OK):
        fail(f"cannot write to the data folder {folder}; {hint}")
    return folder


def _keep_private(folder: Path) -> None:
    """Take the rights of others away from a data folder that an earlier version made."""
    for path in (folder, *folder.glob("ledger.db*"), folder / "snapshots"):
        if path.exists() and path.stat().st_uid == os.geteuid():
            path.chmod(path.stat().st_mode & ~0o077)


def open_library(own: Path | None, code: int = 1) -> Library:
    """Load the element library, with what the folder `own` adds; end the command with `code` when
    it has mistakes.
    """
    if own is None:
        return load_library()
    ours = Path(element_library.__file__).parent
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    try:
        return load_library(join_libraries(ours, own, caches / "click-up" / "libraries"))
    except (Stalled, LibraryError) as error:
        fail(str(error), code)


def open_ledger(data: Path | None) -> Ledger:
    """Open the ledger in the data folder; end the command when there is none."""
    folder = data_folder(data)
    path = folder / "ledger.db"
    if not path.exists():
        fail(
            f"nothing has been reconciled with {folder} yet: it holds no ledger; start"
            " `click-up run --repository PATH_OR_URL` first, or name the folder that it uses with"
            " --data"
        )
    return Ledger(path)


def known_instance(ledger: Ledger, key: str) -> InstanceRecord:
    """Return what the ledger records of `key`; end the command when it was never reconciled."""
    record = ledger.instance(key)
    if record.status is None:
        keys = ", ".join(record.key for record in ledger.instances()) or "none"
        fail(f"instance {key!r} has not been reconciled yet; known: {keys}")
    return record


def fail(message: str, code: int = 1) -> NoReturn:
    """Print an error and end the command."""
    say(f"✗ {message}", error=True)
    raise typer.Exit(code)


def tell_progress(finished: int, total: int, what: str) -> None:
    """Report the progress of a build on standard error."""
    say(f"► [{finished}/{total}] {what}", error=True)


def print_json(value: Any) -> None:
    """Print JSON for programs."""
    say(json.dumps(value, indent=2, sort_keys=True, default=str))


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows in columns as wide as their widest cell."""
    cells = [tuple(header), *(tuple(one_line(cell) for cell in row) for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header) - 1)]
    for row in cells:
        padded = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        say("  ".join([*padded, row[-1]]).rstrip())


def short_revision(revision: str) -> str:
    """Shorten the commit of a revision as tables show it: `main@sha1:696f056d`."""
    return re.sub(r"(@sha(?:1|256):[0-9a-f]{8})[0-9a-f]{32,56}", r"\1", revision)


def age(seconds: float) -> str:
    """Write a duration as `42s`, `8m24s`, `3h5m` or `12d`."""
    total = max(0, int(seconds))
    if total < 60:
        return f"{total}s"
    if total < 3600:
        return f"{total // 60}m{total % 60}s"
    if total < 86400:
        return f"{total // 3600}h{total % 3600 // 60}m"
    return f"{total // 86400}d"


def local_time(seconds: float) -> str:
    """Write a time as local date and time of day."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))


def first_line(text: str) -> str:
    """Return the first line of a text and how many more there are, for a row of a table."""
    lines = text.splitlines()
    if len(lines) < 2:
        return text
    return f"{lines[0]} (and {len(lines) - 1} more)"
