"""What network functions are measured on: a job, and the ways of doing it that compete."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.programs import OURS

FOREVER = 2_000_000_000
COUNTED = "c :: Counter -> Discard;"


@dataclass(frozen=True)
class Entry:
    """One way of doing a job: which program, its graph, and where it tells its flows."""

    who: str
    program: str
    graph: str
    flows: str = ""


@dataclass(frozen=True)
class Contest:
    """A job, the entries for it, and the classes that ours needs."""

    what: str
    classes: tuple[str, ...]
    entries: tuple[Entry, ...]


Function = Callable[[int], Iterator[Contest]]
"""A network function's contests with so many flows."""


def source(program: str, flows: int, kind: str = "UDP", length: int = 64) -> str:
    """Packets of so many flows from 10.0.0.1 to 192.0.2.80, picked at random."""
    ends = "02:00:00:00:00:01, 10.0.0.1, 02:00:00:00:00:02, 192.0.2.80"
    made = f"Fast{kind}Flows(0, -1, {length}, {ends}, {flows}, {FOREVER})"
    pulled = made if program == OURS else f"{made} -> Unqueue(BURST 64)"
    return f"{pulled} -> MarkMACHeader -> Strip(14)" if kind == "TCP" else f"{pulled} -> Strip(14)"
