"""The programs that are compared: our driver, and Click and FastClick if they are on PATH."""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import ROOT
from reconciler.demo.telling import Teller
from reconciler.errors import DeviceUnreachable, NobodyListens
from reconciler.testbed.here import connected_here
from reconciler.testbed.site import Site

OURS, CLICK, FASTCLICK = "click-up", "click", "fastclick"
# An element class that every FastClick has and Click does not.
ONLY_FASTCLICK = "ReplayUnqueue"
CACHE = ROOT / "build" / "bench" / "cache"
"""Build cache that is kept: these benchmarks do not measure the build of drivers."""
START_SECONDS = 20.0
REPLY_SECONDS = 10.0
POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Program:
    """A program that runs Click configurations; `name` is OURS, CLICK or FASTCLICK."""

    name: str
    path: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add options that name Click and FastClick when they are not on PATH by these names."""
    for name in (CLICK, FASTCLICK):
        parser.add_argument(
            f"--{name}", metavar="PROGRAM", default=name, help="its user-level driver"
        )


async def programs(
    site: Site, classes: Sequence[str], wanted: argparse.Namespace, tell: Teller
) -> list[Program]:
    """Return our driver, built for `classes`, and those of the other programs that are found."""
    tell.say("►", "building our driver")
    artifact = await site.builder(str(CACHE)).build(classes)
    found = {OURS: Program(OURS, str(artifact.driver))}
    for name in (wanted.click, wanted.fastclick):
        path = shutil.which(name)
        if path and (program := _recognised(path)):
            found.setdefault(program.name, program)
    for name in (CLICK, FASTCLICK):
        tell.say(
            "✔" if name in found else "✗",
            f"{name}: {found[name].path}" if name in found else f"{name} is not here: left out",
        )
    return list(found.values())


def _recognised(path: str) -> Program | None:
    """Tell whether `path` is Click or FastClick; None if it is neither."""
    done = subprocess.run(
        [path, "-q", "-h", "classes", "-e", "Idle -> Idle;"], capture_output=True, text=True
    )
    if done.returncode != 0 or "Idle" not in done.stdout.split():
        return None
    return Program(FASTCLICK if ONLY_FASTCLICK in done.stdout.split() else CLICK, path)


@dataclass(frozen=True)
class Running:
    """A program that runs a configuration."""

    process: asyncio.subprocess.Process
    socket: Path

    async def number(self, handler: str) -> int:
        """Read a handler as a number. Raises DeviceUnreachable, ControlSocketError."""
        async with connected_here(self.socket) as control:
            return int(await control.read(handler, seconds=REPLY_SECONDS))

    async def write(self, handler: str, value: str) -> None:
        """Write a handler. Raises DeviceUnreachable, ControlSocketError."""
        async with connected_here(self.socket) as control:
            await control.write(handler, value, seconds=REPLY_SECONDS)

    def cpu_seconds(self) -> float:
        """Return the processor time that it has used so far (clock_getcpuclockid(3))."""
        return time.clock_gettime_ns((~self.process.pid << 3) | 2) / 1e9

    async def packets_a_cpu_second(self, handler: str, seconds: float) -> float:
        """Count packets by `handler` for some seconds; return them per second of processor time."""
        before, cpu = await self.number(handler), self.cpu_seconds()
        await asyncio.sleep(seconds)
        after, cpu_after = await self.number(handler), self.cpu_seconds()
        return (after - before) / (cpu_after - cpu)

    def go_on(self) -> None:
        """Continue after halt()."""
        self.process.send_signal(signal.SIGCONT)

    def halt(self) -> None:
        """Stop it, so that it uses no processor, until go_on()."""
        self.process.send_signal(signal.SIGSTOP)


@asynccontextmanager
async def running(
    program: Program, text: str, folder: Path, inside: Sequence[str] = ()
) -> AsyncIterator[Running]:
    """Run `text` until the end of the block, with a control socket. `inside` is a command prefix
    that starts it elsewhere.

    Raises DeviceUnreachable, with the reason, when it does not come up.
    """
    socket = folder / f"{program.name}.sock"
    socket.unlink(missing_ok=True)
    command = [*inside, program.path, "-u", str(socket)]
    async with started(command, text, folder / program.name) as process:
        await _answers(process, socket, folder / program.name)
        yield Running(process, socket)


@asynccontextmanager
async def started(
    command: Sequence[str], text: str, name: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run `command` on a configuration until the end of the block."""
    config = name.with_suffix(".click")
    config.write_text(text)
    with name.with_suffix(".log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *command, str(config), stdout=asyncio.subprocess.DEVNULL, stderr=log
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def last_words(name: Path) -> str:
    """Return the end of what the program started as `name` wrote to standard error."""
    return name.with_suffix(".log").read_text(errors="replace")[-500:]


async def _answers(process: asyncio.subprocess.Process, socket: Path, name: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.returncode is None:
        try:
            async with connected_here(socket) as control:
                await control.read("version", seconds=REPLY_SECONDS)
                return
        except NobodyListens:
            await asyncio.sleep(POLL_SECONDS)
    raise DeviceUnreachable(f"{name.name} does not run: {last_words(name)}")


def pin(process: asyncio.subprocess.Process) -> None:
    """Pin a process to one processor: the last one that we may use."""
    os.sched_setaffinity(process.pid, {max(os.sched_getaffinity(0))})
