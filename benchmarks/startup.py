"""Time from the start of a program until it forwards: `python -m benchmarks.startup`.

Our driver, without a supervisor, is compared with Click and FastClick if they are on PATH. Time
counts from just before the process is created until the first frame leaves its second interface;
20,000 frames a second arrive at the first one. The programs take turns. Ours takes longer because
the kernel creates two large receive rings, in which frames wait during a takeover; a supervisor
creates them once for all releases.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time

from benchmarks import graphs
from benchmarks.figures import Figures, run
from benchmarks.programs import (
    OURS,
    Program,
    add_arguments,
    last_words,
    programs,
    running,
    started,
)
from reconciler.demo.telling import Teller
from reconciler.errors import DeviceUnreachable
from reconciler.testbed.network import Namespace
from reconciler.testbed.site import Site

RATE = 20_000
LONGEST_SECONDS = 20.0


def arguments() -> argparse.ArgumentParser:
    """What to measure, and how often."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("--times", type=int, default=11, help="starts of each program")
    return parser


async def figures(site: Site, wanted: argparse.Namespace, tell: Teller) -> Figures:
    """Return milliseconds, by program."""
    ready = await programs(site, graphs.CLASSES, wanted, tell)
    found: Figures = {program.name: [] for program in ready}
    (ours,) = (program for program in ready if program.name == OURS)
    steady = graphs.send("eth0", f"RatedSource(DATA \\<{graphs.FRAME}>, RATE {RATE}, LIMIT -1)")
    client = site.network.client.command()
    tell.say("►", f"starting each program {wanted.times} times")
    async with running(Program("sender", ours.path), steady, site.folder, client):
        watcher = await _watcher(site.network.server)
        for _ in range(wanted.times):
            for program in ready:
                found[program.name].append(await _start(site, program, watcher))
        watcher.kill()
        await watcher.wait()
    return found


async def _watcher(server: Namespace) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *server.program("benchmarks.arrivals", "eth0"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )


async def _start(site: Site, program: Program, watcher: asyncio.subprocess.Process) -> float:
    """Return the milliseconds from the start of the process to the first frame. Raises
    DeviceUnreachable."""
    assert watcher.stdin is not None
    assert watcher.stdout is not None
    name = site.folder / program.name
    text = graphs.forward(program.name, "eth0", "eth1")
    watcher.stdin.write(b"next\n")
    await watcher.stdout.readline()
    began = time.time_ns()
    async with started(site.network.firewall.command(program.path), text, name):
        try:
            arrived = int(await asyncio.wait_for(watcher.stdout.readline(), LONGEST_SECONDS))
        except TimeoutError as error:
            raise DeviceUnreachable(f"{name.name} forwards nothing: {last_words(name)}") from error
    return (arrived - began) / 1e6


if __name__ == "__main__":
    sys.exit(run("startup", figures, arguments(), "ms", OURS))
