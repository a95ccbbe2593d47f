"""The processes that one has started, and those that these have."""

from __future__ import annotations

import asyncio
from pathlib import Path

from reconciler.confined import Confined


def server_of(confined: Confined) -> int:
    """Return the process below which calls run; other tests have started others."""
    assert confined._server is not None
    return confined._server.pid


def below(pid: int) -> list[int]:
    """Return the living processes that descend from one, parents first."""
    parents = dict(_parents())
    found = [pid]
    for parent in found:
        found += [child for child, of in parents.items() if of == parent]
    return found[1:]


async def until_below(pid: int, count: int, seconds: float = 30.0) -> list[int]:
    """Wait until so many processes descend from one, and return them."""
    async with asyncio.timeout(seconds):
        while len(found := below(pid)) < count:  # noqa: ASYNC110 - other processes change
            await asyncio.sleep(0.02)
    return found


async def until_gone(pids: list[int], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while set(pids) & dict(_parents()).keys():  # noqa: ASYNC110 - other processes change
            await asyncio.sleep(0.02)


def _parents() -> list[tuple[int, int]]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if state != "Z":
            found.append((int(folder.name), int(parent)))
    return found
