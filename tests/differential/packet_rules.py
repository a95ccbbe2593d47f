"""Rules that tell whether the last packet, given those before it, differs for a known reason."""

from __future__ import annotations

from tests.differential.flows import BEHIND, FORWARDED_PORT
from tests.differential.taken import Taken
from tests.differential.windows import Connection, History, closed
from tests.kernels.gateway import Seen
from tests.packets import ICMP, TCP, UDP, checksum

GRE = 47


def wrong_checksum(last: Taken, history: History) -> bool:
    """The checksum of TCP, UDP or an ICMP query is wrong, that of the IP header is right."""
    if not last.by_us_alone or _is_error(last) or checksum(last.packet[: last.seen.header]):
        return False
    return not last.seen.sound and not Seen("sent", last.from_us).sound


def other_error(last: Taken, history: History) -> bool:
    """It is a source quench (obsolete, RFC 6633) or a redirect (only for the link)."""
    return last.by_linux_alone and last.packet[9] == ICMP and last.seen.payload[0] in (4, 5)


def _is_error(one: Taken) -> bool:
    return one.packet[9] == ICMP and one.seen.payload[0] in (3, 11, 12)


def error_about_the_unsent(last: Taken, history: History) -> bool:
    """It quotes a packet of an end that has sent nothing in the session."""
    if not _is_error(last):
        return False
    sent = [one for one in history if one.passed and not _is_error(one)]
    return last.by_linux_alone and not any(one.inwards != last.inwards for one in sent)


def short_quote(last: Taken, history: History) -> bool:
    """It quotes fewer than the eight bytes behind the header that RFC 792 requires."""
    return last.by_linux_alone and _is_error(last) and len(last.seen.payload) < 8 + 20 + 8


def no_gre(last: Taken, history: History) -> bool:
    return last.packet[9] == GRE and last.ours and not last.linux


def _content(seen: Seen) -> bytes:
    """Return the payload behind the ports, without the checksum."""
    at = {TCP: 16, UDP: 6}[seen.protocol]
    return seen.payload[4:at] + seen.payload[at + 2 :]


def _from_another_port(last: Taken) -> bool:
    """The two outputs differ only in the port and the checksum that covers it."""
    if not last.passed or last.packet[9] not in (TCP, UDP):
        return False
    linux, ours = Seen("sent", last.from_linux), Seen("sent", last.from_us)
    same = linux.source == ours.source and linux.to == ours.to
    return same and _content(linux) == _content(ours) and ours.sound and linux.sport != ours.sport


def two_hosts(last: Taken, history: History) -> bool:
    return last.note == "same port, other host" and _from_another_port(last)


def hairpin(last: Taken, history: History) -> bool:
    """It reaches the owner of an outside endpoint, from its sender's outside endpoint."""
    if not last.by_us_alone or last.packet[9] not in (TCP, UDP):
        return False
    mapped = {
        Seen("sent", one.from_us).from_: one.seen.from_
        for one in history
        if one.passed and one.packet[9] == last.packet[9]
    }
    came, sender = Seen("sent", last.from_us), last.seen
    port = FORWARDED_PORT if sender.from_ == BEHIND else sender.sport
    expected = (mapped.get(sender.to), (sender.destination, port))
    same = _content(came) == _content(sender) and came.sound
    return same and last.from_inside and (came.to, came.from_) == expected


def port_of_a_forward(last: Taken, history: History) -> bool:
    """The host behind the forward sends the first packet."""
    ended = Connection.of(history).ended or closed(history)
    asked = any(one.passed and not one.inwards for one in history) and not ended
    forwards = Seen("sent", last.from_us).sport == FORWARDED_PORT if last.passed else False
    return not asked and forwards and last.seen.from_ == BEHIND and _from_another_port(last)


def late_fragments(last: Taken, history: History) -> bool:
    """They are of TCP, or the datagram's first fragment comes after another one."""
    if not last.pieces or not last.by_linux_alone:
        return False
    return last.packet[9] == TCP or bool(int.from_bytes(last.pieces[0][6:8]) & 0x1FFF)
