"""IP packets as values: hypothesis draws them, models change their fields, bytes come last."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from hypothesis import strategies as st

from tests.packets import Segment, ether, icmp, icmp6, ipv4, ipv6, raw, tcp, udp

ROUTER_ALERT = b"\x94\x04\0\0"
DESTINATION_OPTIONS = (60, bytes([0, 1, 4, 0, 0, 0, 0]))


@dataclass(frozen=True)
class Ip:
    """An IP packet of either version; `ttl` is the hop limit, `tos` the traffic class of IPv6."""

    version: int
    source: str
    destination: str
    segment: Segment
    ttl: int = 64
    tos: int = 0
    ident: int = 0
    dont_fragment: bool = False
    extended: bool = False
    """Has an option of IPv4 or an extension header of IPv6."""

    def packet(self) -> bytes:
        if self.version == 6:
            return ipv6(
                self.source,
                self.destination,
                self.segment,
                hop_limit=self.ttl,
                traffic_class=self.tos,
                extensions=[DESTINATION_OPTIONS] if self.extended else [],
            )
        return ipv4(
            self.source,
            self.destination,
            self.segment,
            ttl=self.ttl,
            tos=self.tos,
            ident=self.ident,
            dont_fragment=self.dont_fragment,
            options=ROUTER_ALERT if self.extended else b"",
        )

    def frame(self) -> bytes:
        return ether(self.packet())


ports = st.integers(0, 65535)
payloads = st.binary(max_size=80)


@st.composite
def segments(draw: st.DrawFn, version: int) -> Segment:
    kind = draw(st.sampled_from(["tcp", "udp", "icmp", "other"]))
    payload = draw(payloads)
    if kind == "tcp":
        flags = draw(st.integers(0, 255))
        numbers = {"seq": draw(st.integers(0, 2**32 - 1)), "ack": draw(st.integers(0, 2**32 - 1))}
        return tcp(draw(ports), draw(ports), flags, payload, **numbers)
    if kind == "udp":
        checksummed = version == 6 or draw(st.booleans())
        return udp(draw(ports), draw(ports), payload, checksummed=checksummed)
    if kind == "icmp":
        if version == 4:
            return icmp(draw(st.sampled_from([0, 8])), payload=payload)
        return icmp6(draw(st.sampled_from([128, 129])), payload=payload)
    return raw(draw(st.sampled_from([47, 50, 132])), payload)


@st.composite
def ip_packets(draw: st.DrawFn, versions: tuple[int, ...] = (4, 6)) -> Ip:
    version = draw(st.sampled_from(versions))
    addresses = (
        st.integers(0x01000000, 0xDFFFFFFF).map(lambda n: str(IPv4Address(n)))
        if version == 4
        else st.integers(0, 2**64 - 1).map(lambda n: str(IPv6Address(0x2001 << 112 | n)))
    )
    return Ip(
        version,
        draw(addresses),
        draw(addresses),
        draw(segments(version)),
        ttl=draw(st.integers(0, 255)),
        tos=draw(st.integers(0, 255)),
        ident=draw(ports),
        dont_fragment=draw(st.booleans()),
        extended=draw(st.booleans()),
    )


def lists_of_packets(versions: tuple[int, ...] = (4, 6)) -> st.SearchStrategy[list[Ip]]:
    """Lists of packets, up to several batches, so that each run of the driver tests many."""
    return st.lists(ip_packets(versions), min_size=1, max_size=100)
