"""The programs that are measured side by side: our driver, and the Clicks that are on PATH."""

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
# An element class that Click does not have and every FastClick does.
ONLY_FASTCLICK = "ReplayUnqueue"
CACHE = ROOT / "build" / "bench" / "cache"
"""Of drivers: they are not what these benchmarks are about."""
START_SECONDS = 20.0
REPLY_SECONDS = 10.0
POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Program:
    """One that runs Click configurations; `name` is OURS, CLICK or FASTCLICK."""

    name: str
    path: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How the programs of others are named when they are not on PATH as click and fastclick."""
    for name in (CLICK, FASTCLICK):
        parser.add_argument(
            f"--{name}", metavar="PROGRAM", default=name, help="its user-level driver"
        )


async def programs(
    site: Site, classes: Sequence[str], wanted: argparse.Namespace, tell: Teller
) -> list[Program]:
    """Our driver, built for `classes`, and the others, as far as they are there."""
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
    """Which of the two it is; None for a program that is neither."""
    done = subprocess.run(
        [path, "-q", "-h", "classes", "-e", "Idle -> Idle;"], capture_output=True, text=True
    )
    if done.returncode != 0 or "Idle" not in done.stdout.split():
        return None
    return Program(FASTCLICK if ONLY_FASTCLICK in done.stdout.split() else CLICK, path)


@dataclass(frozen=True)
class Running:
    """A program at work on a configuration."""

    process: asyncio.subprocess.Process
    socket: Path

    async def number(self, handler: str) -> int:
        """What a read handler counts. Raises DeviceUnreachable, ControlSocketError."""
        async with connected_here(self.socket) as control:
            return int(await control.read(handler, seconds=REPLY_SECONDS))

    async def write(self, handler: str, value: str) -> None:
        """Raises DeviceUnreachable, ControlSocketError."""
        async with connected_here(self.socket) as control:
            await control.write(handler, value, seconds=REPLY_SECONDS)

    def cpu_seconds(self) -> float:
        """Processor time that it has used so far (clock_getcpuclockid(3))."""
        return time.clock_gettime_ns((~self.process.pid << 3) | 2) / 1e9

    async def packets_a_cpu_second(self, handler: str, seconds: float) -> float:
        """Packets that `handler` counts in a while, by the processor time they took."""
        before, cpu = await self.number(handler), self.cpu_seconds()
        await asyncio.sleep(seconds)
        after, cpu_after = await self.number(handler), self.cpu_seconds()
        return (after - before) / (cpu_after - cpu)

    def go_on(self) -> None:
        """After halt()."""
        self.process.send_signal(signal.SIGCONT)

    def halt(self) -> None:
        """Use no processor for a while."""
        self.process.send_signal(signal.SIGSTOP)


@asynccontextmanager
async def running(
    program: Program, text: str, folder: Path, inside: Sequence[str] = ()
) -> AsyncIterator[Running]:
    """Run `text` until the end of the block, with a control socket. `inside` starts it elsewhere.

    Raises DeviceUnreachable when it does not come up; the text then says why.
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
    """What a program that was started under `name` wrote to standard error."""
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
    """Keep it on one processor: the last one that we may use."""
    os.sched_setaffinity(process.pid, {max(os.sched_getaffinity(0))})
