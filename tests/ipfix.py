"""A small IPFIX collector (RFC 7011): decodes and checks every message.

It knows the information elements by number, learns the records from the templates it was sent, and
tracks the sequence numbers of each observation domain.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address

Value = int | str
Record = dict[str, Value]
Template = list[tuple[int, int]]

# IANA's registry of IPFIX information elements, those that we send.
ELEMENTS = {
    1: "octetDeltaCount",
    2: "packetDeltaCount",
    4: "protocolIdentifier",
    5: "ipClassOfService",
    6: "tcpControlBits",
    7: "sourceTransportPort",
    8: "sourceIPv4Address",
    10: "ingressInterface",
    11: "destinationTransportPort",
    12: "destinationIPv4Address",
    27: "sourceIPv6Address",
    28: "destinationIPv6Address",
    136: "flowEndReason",
    152: "flowStartMilliseconds",
    153: "flowEndMilliseconds",
}
ADDRESSES = {8: IPv4Address, 12: IPv4Address, 27: IPv6Address, 28: IPv6Address}
IDLE, ACTIVE, ENDED, LACK_OF_RESOURCES = 1, 2, 3, 5
TEMPLATE_SET = 2


class BadMessage(AssertionError):
    """A message that no exporter may send; the error's text says what is wrong."""


@dataclass
class Collector:
    """The records and templates that one exporter has sent."""

    records: list[Record] = field(default_factory=list)
    messages: int = 0
    gaps: list[tuple[int, int]] = field(default_factory=list)
    """Expected and found sequence number, wherever they differ."""
    template_messages: int = 0
    _templates: dict[tuple[int, int], Template] = field(default_factory=dict)
    _sequence: dict[int, int] = field(default_factory=dict)

    def take(self, message: bytes) -> None:
        """Take in one message. Raises BadMessage."""
        if len(message) < 16:
            raise BadMessage(f"{len(message)} bytes are no message")
        version, length, _, sequence, domain = struct.unpack_from("!HHIII", message)
        if version != 10:
            raise BadMessage(f"version {version}")
        if length != len(message):
            raise BadMessage(f"the header says {length} bytes, it has {len(message)}")
        expected = self._sequence.get(domain, sequence)
        if sequence != expected:
            self.gaps.append((expected, sequence))
        before = len(self.records)
        for number, content in _sets(message):
            self._take_set(domain, number, content)
        self._sequence[domain] = (sequence + len(self.records) - before) % 2**32
        self.messages += 1

    def _take_set(self, domain: int, number: int, content: bytes) -> None:
        if number == TEMPLATE_SET:
            self.template_messages += 1
            self._take_templates(domain, content)
        elif number >= 256:
            self._take_data(domain, number, content)
        else:
            raise BadMessage(f"set {number} is neither data nor templates")

    def _take_templates(self, domain: int, content: bytes) -> None:
        at = 0
        while at + 4 <= len(content):
            number, count = struct.unpack_from("!HH", content, at)
            at += 4
            if number < 256 or count == 0 or at + 4 * count > len(content):
                raise BadMessage(f"template {number} with {count} fields")
            fields = [struct.unpack_from("!HH", content, at + 4 * i) for i in range(count)]
            at += 4 * count
            known = self._templates.setdefault((domain, number), fields)
            if known != fields:
                raise BadMessage(f"template {number} has changed its fields")

    def _take_data(self, domain: int, number: int, content: bytes) -> None:
        template = self._templates.get((domain, number))
        if template is None:
            raise BadMessage(f"data before template {number}")
        size = sum(length for _, length in template)
        if not size or len(content) % size >= 4 or len(content) < size:
            raise BadMessage(f"{len(content)} bytes are no records of {size}")
        for at in range(0, len(content) - size + 1, size):
            self.records.append(_record(template, content[at : at + size]))


def _sets(message: bytes) -> Iterator[tuple[int, bytes]]:
    at = 16
    while at < len(message):
        if at + 4 > len(message):
            raise BadMessage("a set without its header")
        number, length = struct.unpack_from("!HH", message, at)
        if length < 4 or at + length > len(message):
            raise BadMessage(f"set {number} of {length} bytes")
        yield number, message[at + 4 : at + length]
        at += length


def _record(template: Template, content: bytes) -> Record:
    record: Record = {}
    at = 0
    for element, length in template:
        data = content[at : at + length]
        at += length
        address = ADDRESSES.get(element)
        value = str(address(data)) if address else int.from_bytes(data, "big")
        record[ELEMENTS[element]] = value
    return record
