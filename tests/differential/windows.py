"""Where a TCP segment lies, by the numbers and windows of those that both boxes let through (van
Rooij's bounds). Of the states of a connection it knows the handshake, and exact resets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.differential.taken import UNSET, Taken
from tests.packets import ACK, FIN, RST, SYN

LEAST_WINDOW = 66_000
"""Bytes by which an acknowledgment may be old, whatever the window."""
SCALE = 7
"""Window scale that hosts of flows.py offer if a SYN has options."""

History = Sequence[Taken]


def distance(number: int, base: int) -> int:
    """Return how far `number` lies after `base`; negative when before."""
    return (number - base + 2**31) % 2**32 - 2**31


@dataclass
class Connection:
    """Segments of both ends, each from its newest SYN of the handshake on."""

    client: list[Taken] = field(default_factory=list)
    server: list[Taken] = field(default_factory=list)
    answers: list[Taken] = field(default_factory=list)
    """All SYN-ACKs of the handshake: the client may go by the window of any."""
    over: bool = False
    agreed: bool = False
    """In a simultaneous open: the client has acknowledged the server's SYN by its SYN-ACK."""
    asked: Taken | None = None
    """A SYN of the client inside the connection, until another segment comes."""
    ended: bool = False
    """A reset has ended it; the next SYN of the client opens another connection."""
    reopened: bool = False

    @classmethod
    def of(cls, history: History) -> Connection:
        connection = cls()
        for one in history:
            if one.passed and one.flags != UNSET:
                connection._take(one)
        return connection

    def _take(self, one: Taken) -> None:
        asked, self.asked = self.asked, None
        if one.has(RST):
            self.ended |= _is_next(one, self)
        elif one.has(SYN):
            self._open(one, asked)
        elif self.side(one.inwards):
            self.side(one.inwards).append(one)
            self.over |= bool(self.answers) and (one.has(FIN) or self._completes(one))

    def _open(self, syn: Taken, asked: Taken | None) -> None:
        if syn.inwards and asked is not None and syn.acknowledgment == asked.end:
            self.client, self.server, self.answers, self.over = [asked], [syn], [syn], False
        elif syn.inwards and not self.over and not self.ended:
            self.server = [syn]
            self.answers += [syn] if syn.has(ACK) else []
            self.over = self.agreed and syn.has(ACK)
        elif not syn.inwards and syn.has(ACK):
            self.agreed = not self.ended
            self.over |= self.agreed and bool(self.answers)
        elif not syn.inwards and not syn.has(ACK) and self.ended:
            self.client, self.server, self.answers, self.over = [syn], [], [], False
            self.ended, self.reopened, self.agreed = False, True, False
        elif not syn.inwards and not syn.has(ACK):
            self.asked = syn if self.answers else None
            self.client = self.client if self.answers else [syn]

    def _completes(self, one: Taken) -> bool:
        return not one.inwards and distance(one.acknowledgment, self.server[0].end) >= 0

    def side(self, inwards: bool) -> list[Taken]:
        return self.server if inwards else self.client

    def all_acknowledged(self, inwards: bool) -> bool:
        """Return whether all that this side has sent is acknowledged."""
        mine, theirs = self.side(inwards), self.side(not inwards)
        base = mine[0].sequence
        acknowledged = [distance(one.acknowledgment, base) for one in theirs if one.has(ACK)]
        return max(acknowledged, default=0) >= _reached(mine)

    @property
    def shift(self) -> int:
        """Window scale of the connection."""
        return SCALE if self.client[0].header > 20 and self.server[0].header > 20 else 0


def closed(history: History) -> bool:
    """Return whether both have sent a FIN and acknowledged everything."""
    known = Connection.of(history)
    fins = {one.inwards for one in history if one.passed and one.has(FIN)}
    return len(fins) == 2 and known.all_acknowledged(False) and known.all_acknowledged(True)


def fits(last: Taken, history: History) -> bool:
    """Return whether the segment counts as part of the connection."""
    known = Connection.of(history)
    if last.has(RST):
        heard = bool(known.side(last.inwards))
        return _is_next(last, known) or (heard and _begins_within(last, known))
    if last.inwards and last.has(SYN | ACK) and not _repeats(last, known):
        return _answers(last, known)
    if last.inwards and not known.server:
        return last.has(SYN, ACK) or _challenges(last)
    return _begins_within(last, known) and _acknowledges(last, known)


def _repeats(answer: Taken, known: Connection) -> bool:
    """Return whether a SYN-ACK has the number of the previous one, or comes after the handshake and
    answers no new SYN.
    """
    if known.over and not _answers(answer, known):
        return True
    return bool(known.server) and answer.sequence == known.server[0].sequence


def _is_next(reset: Taken, known: Connection) -> bool:
    """Return whether a reset has the exact number or, if its end has sent nothing else, a valid
    acknowledgment.
    """
    mine, theirs = known.side(reset.inwards), known.side(not reset.inwards)
    if not mine:
        return reset.has(ACK) and _acknowledges(reset, known)
    base = mine[0].sequence
    acknowledged = [distance(one.acknowledgment, base) for one in theirs if one.has(ACK)]
    first = distance(mine[0].end, base)
    return distance(reset.sequence, base) in (_reached(mine), max(acknowledged, default=first))


def _answers(last: Taken, known: Connection) -> bool:
    """Return whether it answers a SYN, whatever its own sequence number."""
    if known.asked and last.acknowledgment == known.asked.end:
        return True
    if known.over or not known.client:
        return False
    return distance(last.acknowledgment, known.client[0].sequence) == _reached(known.client)


def _challenges(last: Taken) -> bool:
    """Return whether it may be a host's answer to a SYN while it still has an older connection."""
    return last.has(ACK, SYN | FIN) and last.end == last.sequence


def _begins_within(last: Taken, known: Connection) -> bool:
    """Return whether it begins in the other's window, at most a window before what was sent."""
    mine, theirs = known.side(last.inwards), known.side(not last.inwards)
    if not mine or not theirs:
        return any(last.sequence == one.end for one in mine)
    base = mine[0].sequence
    allowing = theirs if last.inwards else [*known.answers, *theirs]
    limits = [(one.acknowledgment if one.has(ACK) else mine[0].end, one) for one in allowing]
    limit = max(distance(number, base) + one.window(known.shift) for number, one in limits)
    oldest = _reached(mine) - max(one.window(known.shift) for one in theirs)
    return distance(last.sequence, base) <= limit and distance(last.end, base) >= oldest


def _acknowledges(last: Taken, known: Connection) -> bool:
    """Return whether it acknowledges what the other end has sent, and nothing much older."""
    mine, theirs = known.side(last.inwards), known.side(not last.inwards)
    if not last.has(ACK) or not theirs:
        return not last.has(ACK)
    number, reached = distance(last.acknowledgment, theirs[0].sequence), _reached(theirs)
    if not mine:
        return number == reached
    widest = max(one.window(known.shift) for one in mine)
    return reached - max(LEAST_WINDOW, widest) <= number <= reached


def _reached(side: list[Taken]) -> int:
    return max(distance(one.end, side[0].sequence) for one in side)
