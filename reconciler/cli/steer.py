"""`click-up reconcile | suspend | resume | handler`: intervene by hand."""

from __future__ import annotations

import asyncio
import getpass
import re
import time
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from reconciler.cli.terminal import say
from reconciler.cli.workplace import (
    DataOption,
    KeyArgument,
    data_folder,
    fail,
    known_instance,
    local_time,
    open_ledger,
)
from reconciler.devices.client import DeviceClient
from reconciler.devices.control_socket import ControlSocketError
from reconciler.devices.open import open_device
from reconciler.errors import DeviceUnreachable
from reconciler.store import Ledger, Suspension
from schemas.device import Device
from schemas.meta import parse_duration

TAKEN_SECONDS = 10.0


def reconcile(
    key: KeyArgument,
    retry: Annotated[bool, typer.Option("--retry", help="Try rejected revisions again")] = False,
    data: DataOption = None,
) -> None:
    """Ask the running reconciler to reconcile an instance now.

    Exit codes: 0 it took the request; 1 no reconciler took it within 10 s.
    """
    with closing(open_ledger(data)) as ledger:
        known_instance(ledger, key)
        say(f"► requesting {key}" + (", including rejected revisions" if retry else ""))
        request = ledger.requests.add(key, retry)
        taken = asyncio.run(_wait_until_taken(ledger, request))
    if not taken:
        fail(
            f"no reconciler is running with {data_folder(data)}; the next `click-up run` will take"
            " the request"
        )
    say(f"✔ {key} is being reconciled; see `click-up events {key}`")


async def _wait_until_taken(ledger: Ledger, request: int) -> bool:
    deadline = time.monotonic() + TAKEN_SECONDS
    while not await asyncio.to_thread(ledger.requests.was_taken, request):
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.1)
    return True


def suspend(
    key: KeyArgument,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why, for others to read")],
    until: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="A duration (2h) or a time (2030-01-31T18:00) (default: until resumed)",
        ),
    ] = None,
    data: DataOption = None,
) -> None:
    """Suspend an instance: no upgrades, no healing of drift.

    Exit codes: 0 suspended, 1 there is no such instance, 2 the time cannot be read, or is past.
    """
    now = time.time()
    end = None if until is None else _end_time(until, now)
    if end is not None and end <= now:
        fail(f"--until {until}: that time is past; name a later one", 2)
    with closing(open_ledger(data)) as ledger:
        known_instance(ledger, key)
        ledger.suspend(
            key, Suspension(reason=reason, owner=getpass.getuser(), since=now, until=end)
        )
        ledger.requests.add(key, retry=False)
    say(f"✔ {key} is suspended " + ("until resumed" if end is None else f"until {local_time(end)}"))


def _end_time(until: str, now: float) -> float:
    if re.fullmatch(r"[\d.]+[a-z]+", until):
        try:
            return now + parse_duration(until)
        except ValueError as error:
            fail(f"--until {until}: {error}", 2)
    try:
        return datetime.fromisoformat(until).timestamp()
    except ValueError:
        fail(f"--until {until}: write a duration such as 2h, or a time such as 2030-01-31T18:00", 2)


def resume(key: KeyArgument, data: DataOption = None) -> None:
    """Resume reconciling a suspended instance.

    Exit codes: 0 resumed, or was not suspended; 1 there is no such instance.
    """
    with closing(open_ledger(data)) as ledger:
        known_instance(ledger, key)
        ledger.resume(key)
        ledger.requests.add(key, retry=False)
    say(f"✔ {key} is reconciled again")


handler = typer.Typer(help="Read and write handlers of a running release.", no_args_is_help=True)
HandlerArgument = Annotated[
    str,
    typer.Argument(
        metavar="ELEMENT.HANDLER", help="Such as sessions.count; `list` prints the elements"
    ),
]


@handler.command()
def read(key: KeyArgument, name: HandlerArgument, data: DataOption = None) -> None:
    """Read a handler and print what it returns.

    Exit codes: 0 printed, 1 there is no such instance or handler, or nothing runs.
    """
    device = _device(key, data)
    try:
        say(asyncio.run(device.read(name)).rstrip("\n"))
    except (ControlSocketError, DeviceUnreachable) as error:
        fail(str(error))


@handler.command()
def write(
    key: KeyArgument,
    name: HandlerArgument,
    value: Annotated[str, typer.Argument(metavar="VALUE", help="Value to write")] = "",
    data: DataOption = None,
) -> None:
    """Write a handler; what then differs from the repository is drift, and is healed.

    Exit codes: 0 written, 1 there is no such instance or handler, nothing runs, or the value was
    refused.
    """
    device = _device(key, data)
    try:
        asyncio.run(device.write([(name, value)]))
    except (ControlSocketError, DeviceUnreachable) as error:
        fail(str(error))


def _device(key: str, data: Path | None) -> DeviceClient:
    with closing(open_ledger(data)) as ledger:
        record = known_instance(ledger, key)
    if record.applied is None:
        fail(f"nothing has been applied to {key} yet")
    device = Device.model_validate(record.applied["device"])
    return open_device(device, key.partition("/")[2], data_folder(data))
