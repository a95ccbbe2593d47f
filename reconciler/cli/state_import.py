"""`click-up state import`: loads records of a snapshot into the release that a device runs."""

from __future__ import annotations

import asyncio
import sys
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from reconciler.build import Builder
from reconciler.cli.plan_text import plan_lines
from reconciler.cli.state_snapshots import checkpoint_file
from reconciler.cli.terminal import say
from reconciler.cli.workplace import (
    DataOption,
    KeyArgument,
    LibraryOption,
    Output,
    OutputOption,
    fail,
    known_instance,
    open_ledger,
    open_library,
    print_json,
    writable_folder,
)
from reconciler.devices.client import DeviceClient
from reconciler.devices.open import open_device
from reconciler.errors import Stalled, Transient, VerifyFailed, Waiting
from reconciler.observe.saved_state import Contents, held_tables, utc_text, writer_record
from reconciler.plan.import_plan import import_plan, left_out_tables
from reconciler.plan.terms import Observed, SavedState
from reconciler.reconcile import Dependencies, Planner
from reconciler.reconcile.importing import import_records, observe
from reconciler.record.journal import applied_desired
from reconciler.reporters.progress import ProgressObserver
from schemas.plan import Plan

REFUSED, REVERTED = 2, 3


def import_state(
    key: KeyArgument,
    source: Annotated[
        str, typer.Argument(metavar="SNAPSHOT", help="DEVICE/ELEMENT@latest, an id, or a file")
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show the plan")] = False,
    data: DataOption = None,
    own: LibraryOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Load the records of a snapshot, of this device or another, into a running instance.

    The running release takes over from itself. Records of another layout are migrated; an import
    that would lose fields is refused. What the tables hold now is saved as a snapshot first.

    Exit codes: 0 imported, or with --dry-run could be; 1 it could not be done; 2 refused, or there
    is no such snapshot; 3 verification failed, and the device has its own records back.
    """
    file = checkpoint_file(source, data, REFUSED).absolute()
    name = "" if Path(source).is_file() else source
    folder = writable_folder(data)
    with closing(open_ledger(folder)) as ledger:
        record = known_instance(ledger, key)
        desired = applied_desired(record)
        if desired is None:
            fail(f"nothing has been applied to {key} yet")
        library = open_library(own)
        observer = ProgressObserver(sys.stderr if output is Output.JSON else sys.stdout)
        planner = Planner(folder, library, Builder(folder / "cache", library))
        dependencies = Dependencies(planner, ledger, observer)
        device = open_device(desired.device, desired.element.name, folder)
        try:
            observed = asyncio.run(_observe(file, name, device))
            plan = import_plan(key, observed, desired.rollout)
            _show(plan, observed, output)
            if plan.refusals:
                raise typer.Exit(REFUSED)
            if not dry_run:
                asyncio.run(import_records(plan, device, record, desired.rollout, dependencies))
        except VerifyFailed as error:
            fail(str(error), REVERTED)
        except (Stalled, Transient, Waiting) as error:
            fail(str(error))


async def _observe(file: Path, name: str, device: DeviceClient) -> Observed:
    """Read and verify the file, which is of the snapshot `name` if there is one. Raises
    CheckpointDamaged, CheckpointTooNew.
    """
    contents = await asyncio.to_thread(Contents.of, file)
    record = await writer_record(device, contents.release)
    saved = SavedState(
        str(file), utc_text(contents.taken), held_tables(contents.tables), record, name
    )
    return await observe(device, saved)


def _show(plan: Plan, observed: Observed, output: Output) -> None:
    if output is Output.JSON:
        print_json({**plan.model_dump(mode="json"), "left_out": left_out_tables(observed)})
        return
    for line in plan_lines(plan):
        say(line)
    for table in left_out_tables(observed):
        say(f"  - table {table} is left out: the running release has no table of that name")
