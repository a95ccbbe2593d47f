"""`click-up events | history | tree`: what happened, and what runs where."""

from __future__ import annotations

import time
from contextlib import closing
from typing import Annotated

import typer

from reconciler.cli.terminal import say
from reconciler.cli.workplace import (
    DataOption,
    Output,
    OutputOption,
    age,
    first_line,
    known_instance,
    local_time,
    open_ledger,
    print_json,
    print_table,
    short_revision,
)
from reconciler.diagnostics import one_line
from reconciler.graph.click_language import parse
from reconciler.store import Attempt, Event, InstanceRecord, Ledger

OptionalKey = Annotated[
    str | None,
    typer.Argument(metavar="KEY", help="Only this instance, as DEVICE/ELEMENT (default: all)"),
]
LimitOption = Annotated[int, typer.Option(min=1, metavar="N", help="Show at most so many")]


def events(
    key: OptionalKey = None,
    limit: LimitOption = 50,
    data: DataOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """List what happened, oldest first; repeated events are counted.

    Exit codes: 0 printed, 1 there is no ledger yet.
    """
    with closing(open_ledger(data)) as ledger:
        found = ledger.events.newest(key, limit)
    if output is Output.JSON:
        print_json([event.model_dump(mode="json") for event in found])
        return
    header = ("LAST SEEN", "TYPE", "REASON", "INSTANCE", "MESSAGE")
    print_table(header, [_event_row(event) for event in found])


def _event_row(event: Event) -> tuple[str, ...]:
    seen = age(time.time() - event.last_seen)
    if event.count > 1:
        seen += f" (x{event.count} over {age(event.last_seen - event.first_seen)})"
    return (
        seen,
        event.type,
        event.reason,
        event.key or "-",
        short_revision(first_line(event.message)),
    )


def history(
    key: OptionalKey = None,
    limit: LimitOption = 20,
    data: DataOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """List attempts to change instances, newest first.

    Exit codes: 0 printed, 1 there is no ledger yet.
    """
    with closing(open_ledger(data)) as ledger:
        found = ledger.attempts(key, limit)
    if output is Output.JSON:
        print_json([attempt.model_dump(mode="json") for attempt in found])
        return
    header = (
        "STARTED",
        "INSTANCE",
        "REVISION",
        "VERSION",
        "OUTCOME",
        "SECONDS",
        "PAUSE",
        "MESSAGE",
    )
    print_table(header, [_attempt_row(attempt) for attempt in found])


def _attempt_row(attempt: Attempt) -> tuple[str, ...]:
    pause = (attempt.report or {}).get("running", {}).get("pause_ns")
    return (
        local_time(attempt.started),
        attempt.key,
        short_revision(attempt.revision),
        attempt.version,
        attempt.outcome or f"running ({attempt.step})",
        "-" if attempt.ended is None else f"{attempt.ended - attempt.started:.1f}",
        "-" if not pause else f"{pause / 1e6:.3f} ms",
        first_line(attempt.message),
    )


def tree(
    key: OptionalKey = None, data: DataOption = None, output: OutputOption = Output.TABLE
) -> None:
    """Show what instances are made of: rollout, device, network element, release, elements.

    Exit codes: 0 printed, 1 there is no such instance, or no ledger yet.
    """
    with closing(open_ledger(data)) as ledger:
        records = ledger.instances() if key is None else [known_instance(ledger, key)]
        found = [_tree(ledger, record) for record in records if record.status is not None]
    if output is Output.JSON:
        print_json(found if key is None else found[0])
        return
    for line in (line for one in found for line in _lines(one)):
        say(one_line(line))


Node = dict[str, "str | list[Node]"]


def _tree(ledger: Ledger, record: InstanceRecord) -> Node:
    status = record.status
    device, _, element = record.key.partition("/")
    release = status.release if status is not None else ""
    text = ledger.graph(release)
    elements = parse(text).elements if text is not None else ()
    leaves = [_node(f"Element/{one.name} {one.class_name}") for one in elements]
    version = f" {status.version}" if status is not None and status.version else ""
    revision = short_revision(status.applied_revision) if status is not None else ""
    running = _node(f"Release/{release[:12]} {revision}".rstrip(), leaves)
    network = _node(f"NetworkElement/{element}{version}", [running] if release else [])
    return _node(f"Rollout/{record.rollout or '-'}", [_node(f"Device/{device}", [network])])


def _node(name: str, children: list[Node] | None = None) -> Node:
    return {"name": name, "children": children or []}


def _lines(node: Node, first: str = "", rest: str = "") -> list[str]:
    lines = [f"{first}{node['name']}"]
    children = node["children"]
    assert isinstance(children, list)
    for number, child in enumerate(children):
        last = number == len(children) - 1
        branch, below = ("└── ", "    ") if last else ("├── ", "│   ")
        lines += _lines(child, rest + branch, rest + below)
    return lines
