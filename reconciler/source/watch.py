"""Waits for changes: polls every repository with jitter, and notices commits to a local one at
once.
"""

from __future__ import annotations

import asyncio
import random
import re
from pathlib import Path
from types import TracebackType

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from reconciler.source.command import Git, GitFailed

# Spreads the polls of reconcilers that were started together over the interval.
JITTER = 0.1


class Watch:
    """Async context manager; `wait()` returns when it is time to look at the repository."""

    def __init__(self, url: str, interval: float) -> None:
        """Watch the repository at `url`; poll it every `interval` seconds, give or take."""
        self._interval = interval
        self._folder = local_refs(url)
        self._woken = asyncio.Event()
        self._observer = Observer() if self._folder is not None else None

    async def __aenter__(self) -> Watch:
        if self._observer is not None and self._folder is not None:
            wake = _RefChanged(asyncio.get_running_loop(), self._woken)
            # Not the whole folder recursively: objects change all the time, and only refs matter.
            self._observer.schedule(wake, str(self._folder), recursive=False)
            self._observer.schedule(wake, str(self._folder / "refs"), recursive=True)
            await asyncio.to_thread(self._observer.start)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._observer is not None:
            self._observer.stop()
            await asyncio.to_thread(self._observer.join)

    async def wait(self) -> None:
        """Wait until a ref changes or the interval is over."""
        seconds = self._interval * random.uniform(1 - JITTER, 1 + JITTER)
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            return
        self._woken.clear()

    def wake(self) -> None:
        """Make the current or next `wait` return at once; from the event loop's thread."""
        self._woken.set()


class _RefChanged(FileSystemEventHandler):
    """Calls back from watchdog's thread when a ref changes."""

    def __init__(self, loop: asyncio.AbstractEventLoop, woken: asyncio.Event) -> None:
        self._loop = loop
        self._woken = woken

    def on_any_event(self, event: FileSystemEvent) -> None:
        # Reading a ref is an event too, and our own fetch reads them all.
        if event.event_type in ("opened", "closed_no_write"):
            return
        paths = (str(event.src_path), str(getattr(event, "dest_path", "")))
        if any(is_ref(path) for path in paths) and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._woken.set)


def is_ref(path: str) -> bool:
    """Tell whether a path inside a git folder holds refs, and is not a lock file."""
    name = path.rsplit("/", 1)[-1]
    return not name.endswith(".lock") and (name in ("packed-refs", "HEAD") or "/refs/" in path)


def local_refs(url: str) -> Path | None:
    """Return the folder of refs and packed-refs of a local repository (bare, with a work tree, or a
    linked work tree), or None when `url` is not local.
    """
    path = Path(re.sub(r"^file://", "", url)).expanduser().absolute()
    if not path.exists():
        return None
    for folder in (path / ".git", path):
        try:
            return (folder / Git(folder).line("rev-parse", "--git-common-dir")).resolve()
        except (GitFailed, OSError):
            continue
    return None
