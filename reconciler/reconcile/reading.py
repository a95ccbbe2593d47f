"""Reads and resolves what others wrote in processes of their own, so that nothing in a repository
ends the reconciler or fills its memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from reconciler.confined import Confined, Ended, OutOfMemory, OutOfTime, Task
from reconciler.diagnostics import Diagnostic, Position
from reconciler.errors import Stalled
from reconciler.library import Library
from reconciler.load.desired_state import DesiredState, read_desired_state
from reconciler.load.repository import Desired
from reconciler.resolve import Resolved, resolve
from reconciler.yaml.contents import Contents
from reconciler.yaml.limits import Limits

REMEMBERED = 1000
"""Instances whose last resolution is remembered: passes ask for it again every few seconds."""

_LOOK = "Look for what grew in the last commits, or raise the limit with --limit."
_REPORT = (
    "If it lacked memory, raise that limit with --limit, or give the machine more; else report it,"
    " with the repository, as a mistake of click-up."
)


class Reader:
    """Reads revisions and resolves network elements, in `processes`, a context."""

    def __init__(self, library: Library, limits: Limits) -> None:
        self._limits = limits
        memory = limits.read_memory
        resolving = partial(resolve, library=library)
        self.processes = Confined(
            {
                "read": Task(read_desired_state, memory, limits.read_seconds),
                "resolve": Task(resolving, memory, limits.resolve_seconds),
            }
        )
        self._resolved: dict[str, tuple[Desired, Resolved]] = {}

    async def read(self, revision: str, files: Mapping[str, Contents]) -> DesiredState:
        """Return what the files of a revision ask for. Raises Stalled, NoProcess."""
        with self._told(Position(), f"reading {revision}", "read_seconds"):
            read: DesiredState = await self.processes.call("read", revision, files, self._limits)
        return read

    async def resolve(self, desired: Desired) -> Resolved:
        """Return the element graph of an instance, or its mistakes. Raises Stalled, NoProcess."""
        known = self._resolved.pop(desired.key, None)
        if known is None or known[0] is not desired:
            place = desired.element_document.at("spec")
            with self._told(place, f"resolving {desired.key}", "resolve_seconds"):
                known = desired, await self.processes.call("resolve", desired)
        self._resolved[desired.key] = known
        if len(self._resolved) > REMEMBERED:
            del self._resolved[next(iter(self._resolved))]
        return known[1]

    @contextmanager
    def _told(self, place: Position, work: str, seconds: str) -> Iterator[None]:
        try:
            yield
        except Ended as error:
            mistake = self._mistake(error, place, work, seconds)
            raise Stalled(str(mistake), (mistake,)) from error

    def _mistake(self, error: Ended, place: Position, work: str, seconds: str) -> Diagnostic:
        memory = self._limits.told("read_memory")
        if isinstance(error, OutOfMemory):
            detail = f"{work} takes more bytes of memory than {memory}"
            return Diagnostic.at(place, "Too much to read", detail, _LOOK)
        if isinstance(error, OutOfTime):
            detail = f"{work} takes more seconds than {self._limits.told(seconds)}"
            return Diagnostic.at(place, "Too much to read", detail, _LOOK)
        detail = f"the process that was {work} {error}, within {memory} bytes of memory"
        return Diagnostic.at(place, "Reading failed", detail, _REPORT)
