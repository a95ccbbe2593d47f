"""Rules that tell whether the last TCP segment, given those before, differs for a known reason."""

from __future__ import annotations

from tests.differential.taken import UNSET, Taken
from tests.differential.windows import Connection, History, closed, distance, fits
from tests.packets import ACK, FIN, RST, SYN

FARTHEST = 2**31 - 2**17
"""Almost half of the number space: so far apart, neither of two numbers comes first."""


def _handshake(history: History) -> bool:
    """Return whether the server's SYN-ACK has passed."""
    return any(one.passed and one.inwards and one.has(SYN | ACK) for one in history)


def _handshake_over(history: History) -> bool:
    """Return whether both acknowledged the other's SYN, or one gave up after an answer."""
    asked = answered = acknowledged = False
    for one in [one for one in history if one.passed]:
        if (answered or acknowledged) and (one.has(FIN) or one.has(RST)):
            return True
        asked |= one.inwards and one.has(SYN)
        answered |= asked and one.inwards and one.has(ACK)
        acknowledged |= asked and not one.inwards and one.has(ACK)
    return answered and acknowledged


def _since_reopening(history: History) -> History:
    """Return the history since another SYN after a reset, or after both FINs."""
    for place in reversed(range(len(history))):
        before = history[:place]
        if _opens(history[place]) and (Connection.of(before).ended or closed(before)):
            return history[place:]
    return history


def syn_ack_of_the_opener(last: Taken, history: History) -> bool:
    """In the handshake only Linux lets it and its acknowledgment through; afterwards, or after a
    reset, only we do.
    """
    passed = [one for one in _since_reopening(history) if one.passed]
    if last.inwards or not last.has(SYN | ACK):
        mine = [one for one in passed if not one.inwards and one.has(SYN | ACK)]
        ends = [one.end for one in mine if not _is_awaited(one, passed)]
        return last.by_linux_alone and last.inwards and last.acknowledgment in ends
    over = _handshake_over(passed) or any(one.has(RST) for one in passed)
    return last.by_us_alone if over else last.by_linux_alone and not _is_awaited(last, passed)


def _syns(passed: History) -> dict[bool, Taken]:
    """Return the newest SYN of each end, by whether that is the server."""
    return {one.inwards: one for one in passed if one.has(SYN, ACK)}


def _is_awaited(syn_ack: Taken, passed: History) -> bool:
    """In a simultaneous open: it has the number of its SYN and acknowledges the other end's."""
    syns = _syns(passed)
    if len(syns) < 2 or syn_ack.sequence != syns[syn_ack.inwards].sequence:
        return False
    return syn_ack.acknowledgment == syns[not syn_ack.inwards].end


def early_answer(last: Taken, history: History) -> bool:
    """It comes from the server, without a SYN, when only the client's SYN has passed; we let
    through no challenge and nothing after a reset.
    """
    since = _since_reopening(history)
    early = last.inwards and not last.has(SYN) and last.flags != UNSET and not _handshake(since)
    expected = fits(last, since) and not Connection.of(since).ended
    return last.by_linux_alone and early and not expected and any(_opens(one) for one in since)


def reset_of_an_opening(last: Taken, history: History) -> bool:
    """Linux alone accepts the number of the SYN, we alone the one after it."""
    if last.inwards or not last.has(RST) or _handshake(history):
        return False
    syns = {one.sequence for one in history if one.linux and not one.inwards and one.has(SYN)}
    number = last.sequence if last.by_linux_alone else (last.sequence - 1) % 2**32
    return number in syns


def after_a_reset(last: Taken, history: History) -> bool:
    """The session has ended here, but not in Linux: there the server may answer its SYN, until
    another SYN, which may be that of a server inside, opens another session here.
    """
    if last.flags == UNSET or not any(one.passed and one.has(RST) for one in history):
        return False
    known = Connection.of(history)
    if last.by_linux_alone:
        half_open = known.ended and last.inwards and last.has(SYN)
        return half_open or ((known.ended or known.reopened) and not fits(last, history))
    if known.ended and last.inwards and last.has(SYN, ACK) and last.from_inside:
        return True
    both_opened = any(one.passed and one.inwards and one.has(SYN, ACK) for one in history)
    return (known.reopened or both_opened) and fits(last, history)


def _opens(one: Taken) -> bool:
    return one.passed and not one.inwards and one.has(SYN, ACK)


def after_a_second_syn(last: Taken, history: History) -> bool:
    """One end has sent several SYNs with different numbers, and each box goes by another one. What
    fits the one that counts here passes, except for a SYN of the server.
    """
    if _far_from_the_first(last, history):
        return last.by_us_alone
    numbers = {(one.inwards, one.sequence) for one in history if one.passed and one.has(SYN)}
    several = len(numbers) > len({inwards for inwards, _ in numbers})
    expected = fits(last, history) and not (last.inwards and last.has(SYN, ACK))
    opened = [place for place, one in enumerate(history) if _opens_again(one, history[:place])]
    again = [fits(last, history[place:]) for place in opened]
    return several and last.flags != UNSET and last.ours in (expected, *again)


def _opens_again(syn: Taken, history: History) -> bool:
    """After both FINs it may, but need not: one of them may not be acknowledged yet."""
    ended = {one.inwards for one in history if one.passed and one.has(FIN)}
    return _opens(syn) and len(ended) == 2


def _far_from_the_first(last: Taken, history: History) -> bool:
    """It is a SYN so far from the opener's that it comes neither after nor before that."""
    opening = last.has(SYN, ACK) and not last.inwards and not _handshake(history)
    first = [one.sequence for one in history if _opens(one)]
    return opening and bool(first) and abs(distance(last.sequence, first[-1])) > FARTHEST


def syn_after_the_end(last: Taken, history: History) -> bool:
    """A FIN has passed, and then the server sent a SYN that neither box let through, or only Linux
    where the server may open connections itself.
    """
    fin = False
    for one in history:
        if fin and one.inwards and one.has(SYN, ACK) and last.by_us_alone:
            return last.flags != UNSET
        fin |= one.passed and one.has(FIN)
    opens = last.inwards and last.from_inside and last.has(SYN, ACK)
    return fin and last.by_linux_alone and opens and not closed(history)


def simultaneous_open(last: Taken, history: History) -> bool:
    """Both ends have sent a SYN, and we await a SYN-ACK of each, with the number of its SYN; before
    the first one, Linux alone lets through acknowledgments too. We accept a reset with the next
    number, or one of the server that acknowledges the SYN.
    """
    passed = [one for one in _since_reopening(history) if one.passed]
    syns = _syns(passed)
    answered = {one.inwards for one in passed if one.has(SYN | ACK)}
    if last.flags == UNSET or len(syns) < 2 or last.inwards in answered:
        return False
    if last.has(SYN | ACK):
        return last.by_linux_alone and not _is_awaited(last, passed)
    mine, theirs = syns[last.inwards], syns[not last.inwards]
    if last.has(RST):
        refuses = last.inwards and last.has(ACK) and last.acknowledgment == theirs.end
        return not answered and last.ours == (refuses or last.sequence == mine.end)
    repeats = last.has(SYN) and last.sequence == mine.sequence
    return not answered and last.by_linux_alone and not repeats


def _wrong(one: Taken) -> bool:
    return any(word in one.note.split() for word in ("seq", "ack", "window"))


def wrong_numbers(last: Taken, history: History) -> bool:
    """This step, or an earlier one that Linux accepted, has wrong numbers. Linux alone lets through
    what lies outside a window, we alone what begins within it.
    """
    taken_in = any(
        _wrong(one) and (one.linux or one.has(SYN | ACK) or _is_early(one, history[:place]))
        for place, one in enumerate(history)
    )
    if last.flags == UNSET or not (_wrong(last) or taken_in):
        return False
    return last.ours == fits(last, history)


def _is_early(one: Taken, history: History) -> bool:
    """It comes from the server, which has not answered the SYN yet."""
    return one.inwards and not _handshake(history)
