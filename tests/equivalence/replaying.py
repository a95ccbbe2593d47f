"""Programs that replay a capture, and what an upgrade in the middle of it does to what leaves."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.equivalence.flows import Seen
from tests.kernels.conversation import Conversation

INTERFACES = ("lan", "wan")
# A batch leaves in the order of the branches that its packets take; one by one is exact.
BATCH = 1
Left = tuple[bytes, bytes]
"""Bytes that left on each interface."""


class Replay:
    """One program: the graph of one release over tables in folders."""

    def __init__(self, program: Conversation, config: Path) -> None:
        self.program = program
        self.config = config

    def load(self, frames: Path) -> None:
        """Load the capture; `feed` takes indices into it."""
        self.program.ask("frames", frames)

    def open(self, at: int, tables: Path) -> None:
        """Configure and initialise before frame `at`; adopt those of `tables` that fit."""
        answer = self.program.ask("open", at, tables, self.config)
        assert answer == "open", answer

    def resume(self, at: int) -> None:
        """Resume before frame `at`."""
        self.program.ask("resume", at)

    def pause(self) -> None:
        self.program.ask("pause")

    def feed(self, first: int, end: int) -> tuple[int, ...]:
        """Let frames [first, end) arrive; return the bytes that have left on each interface."""
        return tuple(map(int, self.program.ask("feed", first, end, BATCH).split()))

    def left(self, folder: Path) -> Left:
        """Return everything that has left since `open`."""
        self.program.ask("save", folder / "left-")
        first, second = ((folder / f"left-{name}").read_bytes() for name in INTERFACES)
        return first, second

    def close(self) -> None:
        self.pause()
        self.program.ask("close")


@dataclass(frozen=True)
class Undisturbed:
    """The output of one release for a whole capture."""

    left: Left
    sizes: tuple[tuple[int, ...], ...]
    """Bytes that had left on each interface before frame number k."""

    def after(self, first: int) -> Left:
        """Return what left from frame `first` on."""
        lan, wan = self.sizes[first]
        return self.left[0][lan:], self.left[1][wan:]


Stop = Callable[[int, Path], None]


def ignore(at: int, tables: Path) -> None:
    """Do nothing at a stop."""


def write_frames(path: Path, seen: list[Seen]) -> None:
    """Write a capture in the format that the programs read."""
    parts = [struct.pack("<BI", one.interface, len(one.frame)) + one.frame for one in seen]
    path.write_bytes(b"".join(parts))


def undisturbed(
    replay: Replay, folder: Path, frames: int, places: Collection[int] = (), stop: Stop = ignore
) -> Undisturbed:
    """Replay all of it; at each of the places the worker pauses, and `stop` may copy its tables."""
    tables = emptied(folder / "undisturbed")
    replay.open(0, tables)
    replay.resume(0)
    sizes: list[tuple[int, ...]] = [(0,) * len(INTERFACES)]
    for number in range(frames):
        if number in places:
            replay.pause()
            stop(number, tables)
            replay.resume(number)
        sizes.append(replay.feed(number, number + 1))
    left = replay.left(folder)
    replay.close()
    return Undisturbed(left, tuple(sizes))


def emptied(folder: Path) -> Path:
    """Empty and return the folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


@contextmanager
def copied(tables: Path, copy: Path) -> Iterator[Path]:
    """Provide a copy of the tables as they are now."""
    shutil.copytree(tables, copy)
    yield copy
    shutil.rmtree(copy)
