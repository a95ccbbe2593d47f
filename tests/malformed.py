"""Frames of hostile senders: of every protocol that elements parse, most of them damaged."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from random import Random

from tests.packets import (
    Segment,
    arp,
    fragment6,
    icmp,
    icmp6,
    ipv4,
    ipv6,
    mac,
    raw,
    tcp,
    udp,
)

HOST = "02:00:00:00:00:99"
BROADCAST = "ff:ff:ff:ff:ff:ff"
LONGEST = 1514
PORTS = (0, 20, 53, 80, 443, 2055, 4789, 8080, 40000, 65535)
LENGTHS = (0, 1, 7, 8, 19, 20, 39, 40, 255, 256, 0x7FFF, 0x8000, 0xFFFF)
ARP, IPV4, IPV6 = 0x0806, 0x0800, 0x86DD
NESTED = 2
"""How deep packets lie in tunnels and errors, at most."""


@dataclass(frozen=True)
class Side:
    """What hosts on one side of a network element send: to its Ethernet address, mostly between
    these addresses; both are of IPv4 and of IPv6.
    """

    ether: str
    sources: tuple[str, ...]
    destinations: tuple[str, ...]


def frames(random: Random, side: Side) -> Iterator[bytes]:
    """Yield frames without end; a quarter of them is whole, so that the others meet sessions."""
    while True:
        whole = frame(random, side)
        yield whole if random.random() < 0.25 else damaged(random, whole)


def frame(random: Random, side: Side, depth: int = NESTED) -> bytes:
    """Build a frame as a host would."""
    kind, payload = _asked_or_told(random, side) if random.random() < 0.05 else (0, b"")
    if not kind:
        payload = packet(random, side, depth)
        kind = IPV6 if payload[0] >> 4 == 6 else IPV4
    to = BROADCAST if random.random() < 0.03 else side.ether
    return mac(to) + mac(HOST) + random.choice(ENVELOPES)(kind, payload)[:LONGEST]


def packet(random: Random, side: Side, depth: int = NESTED) -> bytes:
    """Build an IPv4 or IPv6 packet."""
    version = 6 if random.random() < 0.35 else 4
    source = random.choice([one for one in side.sources if _version(one) == version])
    destination = random.choice([one for one in side.destinations if _version(one) == version])
    segment = random.choice(SEGMENTS)(random, side, depth)
    hops = random.choice((0, 1, 2, 64, 64, 64, 255))
    if version == 6:
        chain = [_extension(random) for _ in range(random.choice((0, 0, 0, 1, 2, 9)))]
        return ipv6(source, destination, segment, hop_limit=hops, extensions=chain)
    return ipv4(
        source, destination, segment, ttl=hops, tos=random.getrandbits(8),
        ident=random.randrange(4), dont_fragment=random.random() < 0.3,
        offset=random.choice((0, 0, 0, 0, 1, 3, 8191)), more=random.random() < 0.1,
        options=random.choice((b"", b"", b"", _options(random)))[:40],
    )  # fmt: skip


def damaged(random: Random, whole: bytes) -> bytes:
    """Do one to three things to a frame that no honest host does."""
    for _ in range(random.randint(1, 3)):
        whole = random.choice(DAMAGES)(random, whole)
    return whole[:LONGEST]


@cache
def _version(address: str) -> int:
    return ip_address(address).version


def _asked_or_told(random: Random, side: Side) -> tuple[int, bytes]:
    """Return an ARP packet and its EtherType."""
    four = [one for one in (*side.sources, *side.destinations) if _version(one) == 4]
    operation = random.choice(("request", "reply"))
    return ARP, arp(operation, random.choice(four), random.choice(four), sender_mac=HOST)


def _options(random: Random) -> bytes:
    """Return options as TCP, IPv4 and neighbour discovery have them: kind, length, value."""
    kinds, lengths = (0, 1, 2, 3, 4, 5, 7, 8, 68, 131, 148), (0, 1, 2, 4, 10)
    return b"".join(
        bytes([random.choice(kinds), random.choice(lengths)])
        + random.randbytes(random.randrange(9))
        for _ in range(random.randrange(1, 5))
    )


def _extension(random: Random) -> tuple[int, bytes]:
    """Return an IPv6 extension header."""
    if random.random() < 0.3:
        return fragment6(random.choice((0, 0, 1, 8191)), random.random() < 0.5, random.randrange(4))
    kind = random.choice((0, 43, 60, 51, 135, 139, 253))
    words = random.choice((0, 0, 1, 2))
    return kind, bytes([words]) + random.randbytes(6 + 8 * words)


def _some(random: Random) -> bytes:
    return random.randbytes(random.choice((0, 0, 1, 5, 40, 600)))


def _tcp(random: Random, side: Side, depth: int) -> Segment:
    options = _options(random) if random.random() < 0.4 else b""
    return tcp(
        random.choice(PORTS), random.choice(PORTS), random.choice((2, 18, 16, 24, 17, 4, 63, 0)),
        _some(random), seq=random.getrandbits(32), ack=random.getrandbits(32),
        window=random.getrandbits(16), options=options[:40],
    )  # fmt: skip


def _udp(random: Random, side: Side, depth: int) -> Segment:
    ports = random.choice(PORTS), random.choice(PORTS)
    return udp(*ports, _some(random), checksummed=random.random() < 0.8)


def _quoted(random: Random, side: Side, depth: int) -> bytes:
    if depth == 0:
        return _some(random)
    return packet(random, side, depth - 1)[: random.choice((0, 8, 20, 28, 48, 1500))]


def _icmp(random: Random, side: Side, depth: int) -> Segment:
    kind = random.choice((0, 3, 3, 4, 5, 8, 8, 11, 12, 13, 255))
    rest = random.choice((0, 1280, 7 << 16))
    return icmp(kind, random.randrange(16), rest, _quoted(random, side, depth))


def _icmp6(random: Random, side: Side, depth: int) -> Segment:
    kind = random.choice((1, 2, 3, 4, 128, 129, 130, 133, 134, 135, 135, 136, 136, 137, 143))
    payload = _quoted(random, side, depth)
    if kind in (135, 136):
        asked = ip_address(random.choice(side.destinations)).packed
        payload = asked.ljust(16, b"\0") + _options(random)
    return icmp6(kind, random.randrange(8), random.choice((0, 1280, 3 << 29)), payload)


def _gre(random: Random, side: Side, depth: int) -> Segment:
    inner = packet(random, side, depth - 1) if depth else _some(random)
    flags = random.choice((0, 0, 0, 0x8000, 0x2000, 0x1000, 0xB000, 0x4000, 1))
    words = (flags >> 15) + (flags >> 13 & 1) + (flags >> 12 & 1)
    kind = random.choice((IPV4, IPV4, IPV6, 0x6558, 0x880B))
    return raw(47, struct.pack("!HH", flags, kind) + random.randbytes(4 * words) + inner)


def _vxlan(random: Random, side: Side, depth: int) -> Segment:
    inner = frame(random, side, depth - 1) if depth else _some(random)
    head = struct.pack("!II", random.choice((8 << 24, 8 << 24, 0)), random.choice((7, 7, 8)) << 8)
    return udp(random.choice(PORTS), 4789, head + inner, checksummed=random.random() < 0.5)


def _inside(random: Random, side: Side, depth: int) -> Segment:
    return raw(random.choice((4, 41)), _quoted(random, side, depth))


def _other(random: Random, side: Side, depth: int) -> Segment:
    return raw(random.randrange(256), _some(random))


Builder = Callable[[Random, Side, int], Segment]
SEGMENTS: tuple[Builder, ...] = (
    *[_tcp] * 4, *[_udp] * 3, *[_icmp] * 2, *[_icmp6] * 2, *[_gre] * 2, *[_vxlan] * 2,
    _inside, _other,
)  # fmt: skip


def _plain(kind: int, payload: bytes) -> bytes:
    return struct.pack("!H", kind) + payload


def _behind(prefix: str) -> Callable[[int, bytes], bytes]:
    """Return what puts these bytes before the type, as tags and SNAP do."""
    return lambda kind, payload: bytes.fromhex(prefix) + _plain(kind, payload)


def _pppoe(kind: int, payload: bytes) -> bytes:
    protocol = 0x57 if kind == IPV6 else 0x21
    return struct.pack("!HHHHH", 0x8864, 0x1100, 1, len(payload) + 2, protocol) + payload


def _mpls(kind: int, payload: bytes) -> bytes:
    return struct.pack("!HI", 0x8847, 16 << 12 | 0x140) + payload


def _snap(kind: int, payload: bytes) -> bytes:
    length = min(8 + len(payload), 1500)
    return struct.pack("!H", length) + bytes.fromhex("aaaa03000000") + _plain(kind, payload)


ENVELOPES: tuple[Callable[[int, bytes], bytes], ...] = (
    *[_plain] * 16, _behind("81000000"), _behind("81000007"), _behind("88a8000581000007"),
    _behind("8100000081000000"), _pppoe, _mpls, _snap,
)  # fmt: skip


def _cut(random: Random, whole: bytes) -> bytes:
    return whole[: random.randrange(14, max(15, len(whole)))]


def _lengthened(random: Random, whole: bytes) -> bytes:
    return whole + random.randbytes(random.choice((1, 6, 46, 900)))


def _flipped(random: Random, whole: bytes) -> bytes:
    bits = bytearray(whole)
    for _ in range(random.randint(1, 8)):
        bits[random.randrange(12, len(bits))] ^= 1 << random.randrange(8)
    return bytes(bits)


def _overwritten(random: Random, whole: bytes) -> bytes:
    """Put an odd length, or any byte, somewhere into the headers."""
    at = random.randrange(12, max(13, min(len(whole), 120)))
    if random.random() < 0.5:
        return whole[:at] + struct.pack("!H", random.choice(LENGTHS)) + whole[at + 2 :]
    return whole[:at] + random.randbytes(1) + whole[at + 1 :]


def _repeated(random: Random, whole: bytes) -> bytes:
    """Put a header there twice."""
    begin = random.randrange(12, max(13, len(whole)))
    end = begin + random.choice((2, 4, 8, 20, 40))
    return whole[:end] + whole[begin:]


DAMAGES: tuple[Callable[[Random, bytes], bytes], ...] = (
    *(_cut, _lengthened, _flipped, _repeated), *[_overwritten] * 3
)  # fmt: skip
