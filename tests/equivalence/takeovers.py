"""The ways in which one worker takes over from another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.equivalence.replaying import Left, Replay


@dataclass(frozen=True)
class Moment:
    """A worker paused before frame `at` of `frames`; `tables` is a copy of its own."""

    folder: Path
    tables: Path
    at: int
    frames: int


Takeover = Callable[[Moment], Left]
"""Carries out a takeover and returns what left from then on."""


def adopted(taker: Replay) -> Takeover:
    """The taker has the same layout: it goes on in the same memory."""
    return lambda moment: _rest(taker, moment, moment.at)


def carried(taker: Replay, carrier: Replay) -> Takeover:
    """The taker has another layout; records are carried by the program that knows both."""

    def take_over(moment: Moment) -> Left:
        _carry(taker, carrier, moment)
        return _from(taker, moment, moment.at)

    return take_over


def carried_meanwhile(old: Replay, taker: Replay, carrier: Replay, random: Random) -> Takeover:
    """As `carried`, but the old worker goes on for some frames: records that it changes while they
    are carried are carried again.
    """

    def take_over(moment: Moment) -> Left:
        again, end = sorted(random.randint(moment.at, moment.frames) for _ in range(2))
        old.open(moment.at, moment.tables)
        old.resume(moment.at)
        _begin(taker, carrier, moment)
        old.feed(moment.at, again)
        carrier.program.ask("round", again)
        old.feed(again, end)
        old.pause()
        _end(carrier, end)
        return _joined(_left(old, moment), _from(taker, moment, end))

    return take_over


def there_and_back(old: Replay, new: Replay, carrier: Replay, random: Random) -> Takeover:
    """The taker is reverted some frames later: what changed since is carried back."""

    def take_over(moment: Moment) -> Left:
        middle = random.randint(moment.at, moment.frames)
        _carry(new, carrier, moment)
        new.resume(moment.at)
        new.feed(moment.at, middle)
        new.pause()
        _assert_none_lost(carrier.program.ask("back", middle))
        return _joined(_left(new, moment), _rest(old, moment, middle))

    return take_over


def _carry(taker: Replay, carrier: Replay, moment: Moment) -> None:
    """Carry all records into the table of the taker, which opens but does not resume."""
    _begin(taker, carrier, moment)
    _end(carrier, moment.at)


def _begin(taker: Replay, carrier: Replay, moment: Moment) -> None:
    """Open the taker and carry records in a first round."""
    before = set(moment.tables.iterdir())
    taker.open(moment.at, moment.tables)
    (source,) = before
    (target,) = set(moment.tables.iterdir()) - before
    assert carrier.program.ask("carry", source, target) == "attached"
    carrier.program.ask("round", moment.at)


def _end(carrier: Replay, at: int) -> None:
    """Carry records in the last round, after the old worker has paused."""
    _assert_none_lost(carrier.program.ask("last", at))


def _assert_none_lost(counts: str) -> None:
    assert counts.split()[2] == "0", f"{counts}: records carried, expired, lost"


def _rest(taker: Replay, moment: Moment, first: int) -> Left:
    taker.open(first, moment.tables)
    return _from(taker, moment, first)


def _from(taker: Replay, moment: Moment, first: int) -> Left:
    """Return what leaves when the taker, which is open, gets all frames from `first` on."""
    taker.resume(first)
    taker.feed(first, moment.frames)
    return _left(taker, moment)


def _joined(first: Left, second: Left) -> Left:
    return first[0] + second[0], first[1] + second[1]


def _left(replay: Replay, moment: Moment) -> Left:
    left = replay.left(moment.folder)
    replay.close()
    return left
