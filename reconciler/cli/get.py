"""`click-up get devices|elements|rollouts`: the state of everything, one line each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path

import typer

from reconciler.cli.workplace import (
    Output,
    OutputOption,
    StateOption,
    first_line,
    open_ledger,
    print_json,
    print_table,
    short_revision,
)
from reconciler.store import InstanceRecord
from schemas.status import Condition, ConditionStatus, ConditionType, InstanceStatus, Phase

get = typer.Typer(help="Show devices, elements or rollouts.", no_args_is_help=True)


@get.command()
def devices(state: StateOption = None, output: OutputOption = Output.TABLE) -> None:
    """Every instance: what it runs and whether it is ready.

    Exit codes: 0 printed, 1 there is no ledger in the state folder yet.
    """
    records = _records(state)
    if output is Output.JSON:
        print_json([_as_json(record) for record in records])
        return
    header = (
        "INSTANCE",
        "REVISION",
        "VERSION",
        "SUSPENDED",
        "READY",
        "SYNCED",
        "HEALTHY",
        "CHECKPOINTED",
        "MESSAGE",
    )
    print_table(header, [_row(record, record.status) for record in records if record.status])


@get.command()
def elements(state: StateOption = None, output: OutputOption = Output.TABLE) -> None:
    """Every network element: its versions, and how many of its devices are ready.

    Exit codes: 0 printed, 1 there is no ledger in the state folder yet.
    """
    _grouped("ELEMENT", _records(state), lambda record: record.key.partition("/")[2], output)


@get.command()
def rollouts(state: StateOption = None, output: OutputOption = Output.TABLE) -> None:
    """Every rollout: its versions, and how many of its devices are ready.

    Exit codes: 0 printed, 1 there is no ledger in the state folder yet.
    """
    _grouped("ROLLOUT", _records(state), lambda record: record.rollout, output)


def _records(state: Path | None) -> list[InstanceRecord]:
    with closing(open_ledger(state)) as ledger:
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


def _grouped(
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


def _row(record: InstanceRecord, status: InstanceStatus) -> tuple[str, ...]:
    return (
        record.key,
        short_revision(status.applied_revision) or "-",
        status.version or "-",
        str(record.suspension is not None),
        _word(status.condition(ConditionType.READY)),
        _word(status.condition(ConditionType.SYNCED)),
        _word(status.condition(ConditionType.HEALTHY)),
        _word(status.condition(ConditionType.CHECKPOINTED)),
        short_revision(first_line(_message(status))),
    )


def _message(status: InstanceStatus) -> str:
    """Why it is not ready; or else why its state is not saved."""
    ready, saved = (
        status.condition(kind) for kind in (ConditionType.READY, ConditionType.CHECKPOINTED)
    )
    if ready is None:
        return "not reconciled yet"
    if ready.status is ConditionStatus.TRUE and saved and saved.status is ConditionStatus.FALSE:
        return f"not checkpointed, {saved.reason}: {saved.message}"
    return ready.message


def _word(condition: Condition | None) -> str:
    return "Unknown" if condition is None else condition.status.value
