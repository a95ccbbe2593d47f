"""What programs are measured on: a job, and the ways of doing it that compete."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from benchmarks.programs import OURS

FOREVER = 2_000_000_000
COUNT, COUNTED = "c.count", "c :: Counter -> Discard;"


@dataclass(frozen=True)
class Entry:
    """One way of doing a job: which program, its graph, and where it tells its flows."""

    who: str
    program: str
    graph: str
    flows: str = ""


@dataclass(frozen=True)
class Traffic:
    """Frames to be captured before a contest, how many, and a name for the file."""

    name: str
    packets: int
    frames: Callable[[], Iterable[bytes]]


@dataclass(frozen=True)
class Contest:
    """A job, the entries for it, and the classes that ours needs.

    Sources have no end, but for one named `in` that reads the capture of `traffic` as {capture} and
    waits until it is told to begin.
    """

    what: str
    classes: tuple[str, ...]
    entries: tuple[Entry, ...]
    traffic: Traffic | None = None


Function = Callable[[int], Iterable[Contest]]
"""A network function's contests with so many flows."""


def source(program: str, flows: int, length: int = 64) -> str:
    """Packets of so many flows from 10.0.0.1 to 192.0.2.80, picked at random."""
    ends = "02:00:00:00:00:01, 10.0.0.1, 02:00:00:00:00:02, 192.0.2.80"
    made = f"FastUDPFlows(0, -1, {length}, {ends}, {flows}, {FOREVER})"
    return (
        f"{made} -> Strip(14)" if program == OURS else f"{made} -> Unqueue(BURST 64) -> Strip(14)"
    )
