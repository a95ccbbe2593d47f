"""`click-up get devices|elements|rollouts`: one line for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from enum import StrEnum
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer

from reconciler.cli.workplace import (
    DataOption,
    Output,
    OutputOption,
    first_line,
    open_ledger,
    print_json,
    print_table,
    short_revision,
)
from reconciler.store import InstanceRecord
from schemas.status import Condition, ConditionStatus, ConditionType, InstanceStatus, Phase

get = typer.Typer(
    help="List instances on devices, network elements or rollouts.", no_args_is_help=True
)


class DevicesOutput(StrEnum):
    """Formats in which devices are printed."""

    TABLE = "table"
    WIDE = "wide"
    JSON = "json"


WideOption = Annotated[
    DevicesOutput,
    typer.Option("--output", "-o", help="Output format; wide adds priority, cores and rings"),
]


@get.command()
def devices(data: DataOption = None, output: WideOption = DevicesOutput.TABLE) -> None:
    """List instances: what each runs and whether it is ready.

    Exit codes: 0 printed, 1 there is no ledger yet.
    """
    records = _records(data)
    if output is DevicesOutput.JSON:
        print_json([_as_json(record) for record in records])
        return
    wide = output is DevicesOutput.WIDE
    header = (
        "INSTANCE",
        "REVISION",
        "VERSION",
        "SUSPENDED",
        "READY",
        "SYNCED",
        "HEALTHY",
        "CHECKPOINTED",
        *(("LOSSLESS", "PRIORITY", "CORES", "RINGS") if wide else ()),
        "MESSAGE",
    )
    rows = [_row(record, record.status, wide) for record in records if record.status]
    print_table(header, rows)


@get.command()
def elements(data: DataOption = None, output: OutputOption = Output.TABLE) -> None:
    """List network elements: versions, and how many of their devices are ready.

    Exit codes: 0 printed, 1 there is no ledger yet.
    """
    _print_groups("ELEMENT", _records(data), lambda record: record.key.partition("/")[2], output)


@get.command()
def rollouts(data: DataOption = None, output: OutputOption = Output.TABLE) -> None:
    """List rollouts: versions, and how many of their devices are ready.

    Exit codes: 0 printed, 1 there is no ledger yet.
    """
    _print_groups("ROLLOUT", _records(data), lambda record: record.rollout, output)


def _records(data: Path | None) -> list[InstanceRecord]:
    with closing(open_ledger(data)) as ledger:
        return [record for record in ledger.instances() if record.status is not None]


def _as_json(record: InstanceRecord) -> dict[str, object]:
    assert record.status is not None
    suspension = record.suspension
    return {
        **record.status.model_dump(mode="json"),
        "desired_revision": record.desired_revision,
        "rollout": record.rollout,
        "suspension": None if suspension is None else suspension.model_dump(mode="json"),
    }


@dataclass(frozen=True)
class _Group:
    name: str
    versions: list[str]
    instances: int
    ready: int


def _print_groups(
    title: str,
    records: Sequence[InstanceRecord],
    name_of: Callable[[InstanceRecord], str],
    output: Output,
) -> None:
    groups = []
    for name, members in groupby(sorted(records, key=name_of), key=name_of):
        statuses = [record.status for record in members if record.status is not None]
        versions = sorted({status.version for status in statuses if status.version})
        ready = sum(status.phase is Phase.READY for status in statuses)
        groups.append(_Group(name, versions, len(statuses), ready))
    if output is Output.JSON:
        print_json([asdict(group) for group in groups])
        return
    rows = [(g.name, ",".join(g.versions) or "-", f"{g.ready}/{g.instances}") for g in groups]
    print_table((title, "VERSIONS", "READY"), rows)


def _row(record: InstanceRecord, status: InstanceStatus, wide: bool) -> tuple[str, ...]:
    return (
        record.key,
        short_revision(status.applied_revision) or "-",
        status.version or "-",
        str(record.suspension is not None),
        _status_cell(status.condition(ConditionType.READY)),
        _status_cell(status.condition(ConditionType.SYNCED)),
        _status_cell(status.condition(ConditionType.HEALTHY)),
        _status_cell(status.condition(ConditionType.CHECKPOINTED)),
        *(_share_cells(status) if wide else ()),
        short_revision(first_line(_message(status))),
    )


def _share_cells(status: InstanceStatus) -> tuple[str, ...]:
    """Return the share of the device that the packet path has: LOSSLESS, PRIORITY, CORES, RINGS."""
    lossless, share = _status_cell(status.condition(ConditionType.LOSSLESS)), status.share
    if share is None:
        return (lossless, "-", "-", "-")
    rings = ",".join(f"{name}:{ring.frames}" for name, ring in share.rings.items())
    return (lossless, share.priority, ",".join(map(str, share.cores)) or "all", rings or "-")


def _message(status: InstanceStatus) -> str:
    """Return why it is not ready, else why its state is not saved, else what its rings dropped."""
    ready, saved, lossless = (
        status.condition(kind)
        for kind in (ConditionType.READY, ConditionType.CHECKPOINTED, ConditionType.LOSSLESS)
    )
    if ready is None:
        return "not reconciled yet"
    if ready.status is not ConditionStatus.TRUE:
        return ready.message
    if saved and saved.status is ConditionStatus.FALSE:
        return f"not checkpointed, {saved.reason}: {saved.message}"
    if lossless and lossless.status is ConditionStatus.FALSE:
        return lossless.message
    return ready.message


def _status_cell(condition: Condition | None) -> str:
    return "Unknown" if condition is None else condition.status.value
