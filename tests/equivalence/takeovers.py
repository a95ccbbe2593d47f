"""The ways in which another worker goes on where one stopped."""

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
"""Carries out one and returns what left from then on."""


def adopted(taker: Replay) -> Takeover:
    """The taker has the same layout: it goes on in the same memory."""
    return lambda moment: _rest(taker, moment, moment.at)


def carried(taker: Replay, carrier: Replay) -> Takeover:
    """The taker has another layout; records are carried by the program that knows both."""

    def take_over(moment: Moment) -> Left:
        _carry(taker, carrier, moment)
        taker.resume()
        taker.feed(moment.at, moment.frames)
        return _left(taker, moment)

    return take_over


def there_and_back(old: Replay, new: Replay, random: Random) -> Takeover:
    """The taker is reverted some frames later: what changed since is carried back."""

    def take_over(moment: Moment) -> Left:
        middle = random.randint(moment.at, moment.frames)
        _carry(new, new, moment)
        new.resume()
        new.feed(moment.at, middle)
        new.program.ask("pause")
        answer = new.program.ask("back", middle)
        assert answer.split()[2] == "0", f"{answer}: records carried, expired, lost"
        first = _left(new, moment)
        second = _rest(old, moment, middle)
        return first[0] + second[0], first[1] + second[1]

    return take_over


def _carry(taker: Replay, carrier: Replay, moment: Moment) -> None:
    """All records into the table of the taker, which is open and has not begun."""
    before = set(moment.tables.iterdir())
    taker.open(moment.at, moment.tables)
    (source,) = before
    (target,) = set(moment.tables.iterdir()) - before
    answer = carrier.program.ask("carry", moment.at, source, target)
    assert answer.split()[2] == "0", f"{answer}: records carried, expired, lost"


def _rest(taker: Replay, moment: Moment, first: int) -> Left:
    taker.open(first, moment.tables)
    taker.resume()
    taker.feed(first, moment.frames)
    return _left(taker, moment)


def _left(replay: Replay, moment: Moment) -> Left:
    left = replay.left(moment.folder)
    replay.close()
    return left
