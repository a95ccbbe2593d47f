"""Builds Ethernet frames byte by byte with right checksums, and reads and writes pcap files.

Every builder takes plain values and returns bytes, so cases read like the wire:
`ether(ipv4("10.0.0.1", "10.0.0.2", udp(1000, 53, b"query")))`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Literal

FIN, SYN, RST, PSH, ACK, URG = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20
ICMP, TCP, UDP, ICMP6, FRAGMENT6 = 1, 6, 17, 58, 44
ETHERTYPE_IPV4, ETHERTYPE_ARP, ETHERTYPE_VLAN, ETHERTYPE_IPV6 = 0x0800, 0x0806, 0x8100, 0x86DD
MAC_A, MAC_B, BROADCAST = "02:00:00:00:00:0a", "02:00:00:00:00:0b", "ff:ff:ff:ff:ff:ff"
DLT_ETHERNET, DLT_RAW = 1, 101


def checksum(data: bytes) -> int:
    """Return the Internet checksum of `data` (RFC 1071), as stored in network byte order."""
    padded = data + b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def mac(text: str) -> bytes:
    """Return the six bytes of an Ethernet address written `02:00:00:00:00:0a`."""
    return bytes(int(part, 16) for part in text.split(":"))


@dataclass(frozen=True)
class Segment:
    """A transport header with payload, and the offset of its checksum (None: it has none)."""

    protocol: int
    data: bytes
    checksum_at: int | None
    pseudo_header: bool = True

    def sealed(self, source: str, destination: str) -> bytes:
        """Return the bytes with the checksum over both addresses filled in (RFC 9293, 768, 4443,
        792).
        """
        if self.checksum_at is None:
            return self.data
        prefix = b""
        if self.pseudo_header:
            prefix = ip_address(source).packed + ip_address(destination).packed
            form = "!xBH" if len(prefix) == 8 else "!xxxBI"
            prefix += struct.pack(form, self.protocol, len(self.data))
        value = checksum(prefix + self.data)
        if self.protocol == UDP and value == 0:
            value = 0xFFFF
        at = self.checksum_at
        return self.data[:at] + struct.pack("!H", value) + self.data[at + 2 :]


def tcp(
    sport: int,
    dport: int,
    flags: int = ACK,
    payload: bytes = b"",
    *,
    seq: int = 0,
    ack: int = 0,
    window: int = 65535,
    options: bytes = b"",
) -> Segment:
    """Build a TCP segment (RFC 9293); `options` are padded to a multiple of four bytes."""
    options += b"\0" * (-len(options) % 4)
    words = 5 + len(options) // 4
    header = struct.pack("!HHIIBBHHH", sport, dport, seq, ack, words << 4, flags, window, 0, 0)
    return Segment(TCP, header + options + payload, 16)


def udp(sport: int, dport: int, payload: bytes = b"", *, checksummed: bool = True) -> Segment:
    """Build a UDP datagram (RFC 768); without `checksummed` its checksum field stays zero."""
    header = struct.pack("!HHHH", sport, dport, 8 + len(payload), 0)
    return Segment(UDP, header + payload, 6 if checksummed else None)


def icmp(kind: int, code: int = 0, rest: int = 0, payload: bytes = b"") -> Segment:
    """Build an ICMP message (RFC 792); `rest` is the second header word (identifier << 16 |
    sequence).
    """
    return Segment(ICMP, struct.pack("!BBHI", kind, code, 0, rest) + payload, 2, False)


def icmp6(kind: int, code: int = 0, rest: int = 0, payload: bytes = b"") -> Segment:
    """Build an ICMPv6 message (RFC 4443); `rest` is the second header word."""
    return Segment(ICMP6, struct.pack("!BBHI", kind, code, 0, rest) + payload, 2)


def raw(protocol: int, data: bytes = b"") -> Segment:
    """Wrap any payload of IP protocol `protocol`, such as a later fragment."""
    return Segment(protocol, data, None)


def ipv4(
    source: str,
    destination: str,
    segment: Segment,
    *,
    ttl: int = 64,
    tos: int = 0,
    ident: int = 0,
    offset: int = 0,
    more: bool = False,
    dont_fragment: bool = False,
    options: bytes = b"",
) -> bytes:
    """Build an IPv4 packet (RFC 791); `offset` in units of 8 bytes, `options` padded to 4 bytes."""
    body = segment.sealed(source, destination)
    options += b"\0" * (-len(options) % 4)
    size = 20 + len(options)
    fragment = offset | (0x2000 if more else 0) | (0x4000 if dont_fragment else 0)
    header = struct.pack(
        "!BBHHHBBH4s4s",
        0x40 | size // 4,
        tos,
        size + len(body),
        ident,
        fragment,
        ttl,
        segment.protocol,
        0,
        IPv4Address(source).packed,
        IPv4Address(destination).packed,
    )
    header += options
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + body


def ipv6(
    source: str,
    destination: str,
    segment: Segment,
    *,
    hop_limit: int = 64,
    traffic_class: int = 0,
    extensions: Iterable[tuple[int, bytes]] = (),
) -> bytes:
    """Build an IPv6 packet (RFC 8200); extensions are (header type, bytes after next-header)."""
    body = segment.sealed(source, destination)
    chain = list(extensions)
    kinds = [kind for kind, _ in chain] + [segment.protocol]
    extra = b"".join(bytes([kinds[i + 1]]) + rest for i, (_, rest) in enumerate(chain))
    first = 6 << 28 | traffic_class << 20
    head = struct.pack("!IHBB", first, len(extra + body), kinds[0], hop_limit)
    return head + IPv6Address(source).packed + IPv6Address(destination).packed + extra + body


def fragment6(offset: int, more: bool, ident: int = 1) -> tuple[int, bytes]:
    """Build the fragment extension header (RFC 8200 section 4.5); `offset` in units of
    eight bytes.
    """
    return FRAGMENT6, struct.pack("!BHI", 0, offset << 3 | int(more), ident)


def ether(
    payload: bytes,
    *,
    source: str = MAC_A,
    destination: str = MAC_B,
    ethertype: int | None = None,
    vlan: int | None = None,
) -> bytes:
    """Build an Ethernet frame without FCS; the type follows from the IP version unless given."""
    if ethertype is None:
        ethertype = ETHERTYPE_IPV6 if payload[:1] and payload[0] >> 4 == 6 else ETHERTYPE_IPV4
    tag = b"" if vlan is None else struct.pack("!HH", ETHERTYPE_VLAN, vlan)
    return mac(destination) + mac(source) + tag + struct.pack("!H", ethertype) + payload


def arp(
    operation: Literal["request", "reply"],
    sender: str,
    target: str,
    *,
    sender_mac: str = MAC_A,
    target_mac: str = "00:00:00:00:00:00",
) -> bytes:
    """Build an ARP packet (RFC 826), to be put into `ether(..., ethertype=ETHERTYPE_ARP)`."""
    code = 1 if operation == "request" else 2
    head = struct.pack("!HHBBH", 1, ETHERTYPE_IPV4, 6, 4, code)
    first = mac(sender_mac) + IPv4Address(sender).packed
    return head + first + mac(target_mac) + IPv4Address(target).packed


@dataclass(frozen=True)
class Capture:
    """One record of a pcap file: captured bytes, time (ns since 1970), length on the wire."""

    data: bytes
    time_ns: int = 0
    wire_length: int = 0


def write_pcap(
    path: Path,
    frames: Iterable[bytes | Capture],
    *,
    nanoseconds: bool = False,
    big_endian: bool = False,
    linktype: int = DLT_ETHERNET,
    snaplen: int = 262144,
) -> None:
    """Write a pcap file; plain frames get the times 1 ms, 2 ms, ..."""
    order = ">" if big_endian else "<"
    unit = 1 if nanoseconds else 1000
    magic = 0xA1B23C4D if nanoseconds else 0xA1B2C3D4
    parts = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snaplen, linktype)]
    for index, frame in enumerate(frames):
        record = frame if isinstance(frame, Capture) else Capture(frame, (index + 1) * 1_000_000)
        seconds, rest = divmod(record.time_ns, 1_000_000_000)
        size = len(record.data)
        wire = record.wire_length or size
        parts.append(struct.pack(order + "IIII", seconds, rest // unit, size, wire) + record.data)
    path.write_bytes(b"".join(parts))


def read_pcap(path: Path) -> list[Capture]:
    """Return all records of a pcap file of either byte order and time unit. Raises ValueError."""
    data = path.read_bytes()
    forms = {
        b"\xd4\xc3\xb2\xa1": ("<", 1000),
        b"\xa1\xb2\xc3\xd4": (">", 1000),
        b"\x4d\x3c\xb2\xa1": ("<", 1),
        b"\xa1\xb2\x3c\x4d": (">", 1),
    }
    if data[:4] not in forms:
        raise ValueError(f"{path}: not a pcap file (magic {data[:4].hex()})")
    order, unit = forms[data[:4]]
    records, at = [], 24
    while at < len(data):
        seconds, rest, size, wire = struct.unpack_from(order + "IIII", data, at)
        kept = data[at + 16 : at + 16 + size]
        records.append(Capture(kept, seconds * 1_000_000_000 + rest * unit, wire))
        at += 16 + size
    return records
