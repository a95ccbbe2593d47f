"""A queue of keys with client-go's guarantees: a key waits once, never runs twice at the same time,
and runs again when it was added while it ran.
"""

from __future__ import annotations

import asyncio


class KeyedQueue:
    """A queue for one event loop."""

    def __init__(self) -> None:
        self._waiting: dict[str, None] = {}  # in order of arrival
        self._running: set[str] = set()
        self._dirty: set[str] = set()
        self._wakers: set[asyncio.Future[None]] = set()

    def add(self, key: str) -> None:
        """Let `key` run as soon as possible."""
        if key in self._running:
            self._dirty.add(key)
            return
        self._waiting.setdefault(key)
        self._wake()

    async def get(self) -> str:
        """Return the key that has waited longest; call `done` when it has run."""
        while not self._waiting:
            waker = asyncio.get_running_loop().create_future()
            self._wakers.add(waker)
            try:
                await waker
            finally:
                self._wakers.discard(waker)
        key = next(iter(self._waiting))
        del self._waiting[key]
        self._running.add(key)
        if self._waiting:
            self._wake()
        return key

    def done(self, key: str) -> None:
        """Mark `key` as no longer running."""
        self._running.remove(key)
        if key in self._dirty:
            self._dirty.remove(key)
            self.add(key)

    def _wake(self) -> None:
        waker = next((waker for waker in self._wakers if not waker.done()), None)
        if waker is not None:
            waker.set_result(None)
