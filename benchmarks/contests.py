"""Contests: a job on which programs are compared, and the competing ways of doing it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from benchmarks.programs import OURS

FOREVER = 2_000_000_000
COUNT, COUNTED = "c.count", "c :: Counter -> Discard;"


@dataclass(frozen=True)
class Entry:
    """One way of doing a job: the program, its graph, and the handler with its number of flows."""

    who: str
    program: str
    graph: str
    flows: str = ""


@dataclass(frozen=True)
class Traffic:
    """Frames to write to a capture before a contest, their number, and the name of its file."""

    name: str
    packets: int
    frames: Callable[[], Iterable[bytes]]


@dataclass(frozen=True)
class Contest:
    """A job, its entries, and the classes that our driver needs for it.

    Sources never end, except one named `in`, which reads the capture of `traffic`, {capture}, and
    waits until its handler `active` is written.
    """

    what: str
    classes: tuple[str, ...]
    entries: tuple[Entry, ...]
    traffic: Traffic | None = None


Function = Callable[[int], Iterable[Contest]]
"""Returns the contests of a network function for a number of flows."""


def source(program: str, flows: int, length: int = 64) -> str:
    """Return a source of packets of random flows, `flows` in all, from 10.0.0.1 to 192.0.2.80."""
    ends = "02:00:00:00:00:01, 10.0.0.1, 02:00:00:00:00:02, 192.0.2.80"
    made = f"FastUDPFlows(0, -1, {length}, {ends}, {flows}, {FOREVER})"
    return (
        f"{made} -> Strip(14)" if program == OURS else f"{made} -> Unqueue(BURST 64) -> Strip(14)"
    )
