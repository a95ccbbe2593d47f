"""What our network elements do otherwise than Linux, each with a rule that tells it from a fault.

A row of docs/reference/differences.md has the same name. `explain` gets a scenario up to the step
at which the two part, and names the row that accounts for it; what no row accounts for is a fault.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.differential.taken import UNSET, Taken
from tests.differential.windows import Connection, History, distance, fits
from tests.packets import ACK, FIN, ICMP, RST, SYN

GRE = 47
FARTHEST = 2**31 - 2**17
"""Almost half of all numbers, so that neither of two comes first."""

Rule = Callable[[Taken, History], bool]
"""Whether the last step, given those before it, is where the two part for this reason."""


def _handshake(history: History) -> bool:
    """Whether the server's SYN-ACK has passed."""
    return any(one.passed and one.inwards and one.has(SYN | ACK) for one in history)


def _handshake_over(history: History) -> bool:
    """Whether the client has acknowledged the server's SYN-ACK, or either end has given up."""
    answered = False
    for one in history:
        acknowledges = not one.inwards and one.has(ACK, SYN)
        if answered and one.passed and (acknowledges or one.has(FIN) or one.has(RST)):
            return True
        answered = answered or (one.passed and one.inwards and one.has(SYN | ACK))
    return False


def _syn_ack_of_the_opener(last: Taken, history: History) -> bool:
    """Linux alone lets it through in the handshake, and what acknowledges it; we alone afterwards,
    or after a reset.
    """
    if last.inwards or not last.has(SYN | ACK):
        ours = [one for one in history if one.passed and not one.inwards and one.has(SYN | ACK)]
        return last.by_linux_alone and last.inwards and last.acknowledgment in [o.end for o in ours]
    reset = any(one.passed and one.has(RST) for one in history)
    return last.by_us_alone if reset or _handshake_over(history) else last.by_linux_alone


def _early_answer(last: Taken, history: History) -> bool:
    """From the server, without a SYN, while nothing but the client's SYN has passed."""
    early = last.inwards and not last.has(SYN) and last.flags != UNSET and not _handshake(history)
    return (
        last.by_linux_alone and early and any(one.passed and one.has(SYN, ACK) for one in history)
    )


def _reset_of_an_opening(last: Taken, history: History) -> bool:
    """Linux alone takes the number of a SYN, we alone the one after it."""
    if last.inwards or not last.has(RST) or _handshake(history):
        return False
    syns = {one.sequence for one in history if one.linux and not one.inwards and one.has(SYN)}
    number = last.sequence if last.by_linux_alone else (last.sequence - 1) % 2**32
    return number in syns


def _after_a_reset(last: Taken, history: History) -> bool:
    """The session has ended here, not there: another SYN opens another one here."""
    if not any(one.linux and one.has(RST) for one in history):
        return False
    if last.by_linux_alone:
        return True
    both_opened = any(one.passed and one.inwards and one.has(SYN, ACK) for one in history)
    another = Connection.of(history).reopened or both_opened
    return another and last.flags != UNSET and fits(last, history)


def _opens(one: Taken) -> bool:
    return one.passed and not one.inwards and one.has(SYN, ACK)


def _after_a_second_syn(last: Taken, history: History) -> bool:
    """One of the two ends has sent several, with other numbers, and each box goes by another one.
    What fits the one that counts here passes, except for a SYN of the server.
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
    """After the FINs of both it may, but need not: one of them may not be acknowledged yet."""
    ended = {one.inwards for one in history if one.passed and one.has(FIN)}
    return _opens(syn) and len(ended) == 2


def _far_from_the_first(last: Taken, history: History) -> bool:
    """A SYN that is neither after nor before the one of who opened, so far is it away."""
    opening = last.has(SYN, ACK) and not last.inwards and not _handshake(history)
    first = [one.sequence for one in history if _opens(one)]
    return opening and bool(first) and abs(distance(last.sequence, first[-1])) > FARTHEST


def _syn_after_the_end(last: Taken, history: History) -> bool:
    """A FIN has passed, and then the server sent a SYN that neither box let through."""
    closed = False
    for one in history:
        if closed and one.inwards and one.has(SYN, ACK):
            return last.flags != UNSET and last.ours
        closed = closed or (one.passed and one.has(FIN))
    return False


def _simultaneous_open(last: Taken, history: History) -> bool:
    """The other side's SYN-ACK is awaited here, not there."""
    syn = any(one.inwards and one.linux and one.has(SYN, ACK) for one in history)
    return last.by_linux_alone and syn and last.flags != UNSET


def _wrong(one: Taken) -> bool:
    return any(word in one.note.split() for word in ("seq", "ack", "window"))


def _wrong_numbers(last: Taken, history: History) -> bool:
    """The step itself, or one before it that Linux took in, has wrong numbers. Linux alone lets
    pass what lies outside a window, we alone what begins within it.
    """
    taken_in = any(
        _wrong(one) and (one.linux or one.has(SYN | ACK) or _is_early(one, history[:place]))
        for place, one in enumerate(history)
    )
    if last.flags == UNSET or not (_wrong(last) or taken_in):
        return False
    return last.ours == fits(last, history)


def _is_early(one: Taken, history: History) -> bool:
    """From the server, which has not answered yet."""
    return one.inwards and not _handshake(history)


def _wrong_checksum(last: Taken, history: History) -> bool:
    sound = len(last.packet) >= 20 and last.seen.sound
    return last.ours and not last.linux and not sound


def _other_error(last: Taken, history: History) -> bool:
    """Source quench (obsolete, RFC 6633) and redirect (for the link alone)."""
    return last.by_linux_alone and last.packet[9] == ICMP and last.seen.payload[0] in (4, 5)


def _is_error(one: Taken) -> bool:
    return one.packet[9] == ICMP and one.seen.payload[0] in (3, 11, 12)


def _error_about_the_unsent(last: Taken, history: History) -> bool:
    """It quotes a packet of an end that has sent nothing in the session."""
    if not _is_error(last):
        return False
    sent = [one for one in history if one.passed and not _is_error(one)]
    return last.linux and not any(one.inwards != last.inwards for one in sent)


def _short_quote(last: Taken, history: History) -> bool:
    """Fewer than the eight bytes behind the quoted header that RFC 792 promises."""
    return _is_error(last) and len(last.seen.payload) < 8 + 20 + 8 and last.linux


def _no_gre(last: Taken, history: History) -> bool:
    return last.packet[9] == GRE and last.ours and not last.linux


def _two_hosts(last: Taken, history: History) -> bool:
    return last.note == "same port, other host"


def _hairpin(last: Taken, history: History) -> bool:
    return last.note == "hairpin" and last.ours and not last.linux


def _late_fragments(last: Taken, history: History) -> bool:
    return "fragments" in last.note and last.linux and not last.ours


@dataclass(frozen=True)
class Difference:
    """A row of the table."""

    name: str
    elements: tuple[str, ...]
    rule: Rule


BOTH = ("nat-gateway", "edge-firewall")
DIFFERENCES = (
    Difference("syn-ack-of-the-opener", BOTH, _syn_ack_of_the_opener),
    Difference("early-answer", BOTH, _early_answer),
    Difference("reset-of-an-opening", BOTH, _reset_of_an_opening),
    Difference("after-a-reset", BOTH, _after_a_reset),
    Difference("second-syn", BOTH, _after_a_second_syn),
    Difference("syn-after-the-end", BOTH, _syn_after_the_end),
    Difference("simultaneous-open", BOTH, _simultaneous_open),
    Difference("wrong-numbers", BOTH, _wrong_numbers),
    Difference("wrong-checksum", BOTH, _wrong_checksum),
    Difference("other-errors", BOTH, _other_error),
    Difference("error-about-the-unsent", BOTH, _error_about_the_unsent),
    Difference("short-quote", BOTH, _short_quote),
    Difference("no-gre", BOTH, _no_gre),
    Difference("port-per-host", ("nat-gateway",), _two_hosts),
    Difference("hairpin", ("nat-gateway",), _hairpin),
    Difference("late-fragments", ("edge-firewall",), _late_fragments),
)


def explain(element: str, history: History) -> str | None:
    """The name of the row that accounts for the last step, None when none does."""
    *before, last = history
    for difference in DIFFERENCES:
        if element in difference.elements and difference.rule(last, before):
            return difference.name
    return None
