"""Exclusive use of a cache, between the builds of all processes."""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

POLL_SECONDS = 0.05


@asynccontextmanager
async def locked(cache: Path) -> AsyncIterator[None]:
    """Hold the lock of `cache`. It ends with its holder, so a killed build blocks nobody."""
    await asyncio.to_thread(cache.mkdir, parents=True, exist_ok=True)
    descriptor = os.open(cache / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        # Polls, since a blocking flock in a thread could not be cancelled.
        while not _try_lock(descriptor):  # noqa: ASYNC110 - another process unlocks
            await asyncio.sleep(POLL_SECONDS)
        yield
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
