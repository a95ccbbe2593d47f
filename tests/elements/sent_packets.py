"""Packets of random flows, and the totals that were counted."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from tests.ipfix import Record
from tests.packets import (
    ACK,
    FIN,
    ICMP,
    ICMP6,
    RST,
    SYN,
    TCP,
    UDP,
    Segment,
    icmp,
    icmp6,
    ipv4,
    ipv6,
    raw,
    tcp,
    udp,
)

GRE = 47
Flow = tuple[int, str, str]
"""Protocol, source and destination, as the table lists them."""


@dataclass
class Totals:
    """Totals by flow: packets, bytes, TCP flags."""

    flows: dict[Flow, tuple[int, int, int]]

    def add(self, flow: Flow, packets: int, octets: int, flags: int) -> None:
        before = self.flows.get(flow, (0, 0, 0))
        self.flows[flow] = (before[0] + packets, before[1] + octets, before[2] | flags)

    def add_line(self, line: str) -> None:
        """Add a line of the table."""
        protocol, source, destination, _, packets, octets, flags, _ = line.split()
        self.add((int(protocol), source, destination), int(packets), int(octets), int(flags, 16))

    def add_record(self, record: Record) -> None:
        """Add a record that a collector received."""
        version = "IPv4" if "sourceIPv4Address" in record else "IPv6"
        source, destination = (
            endpoint(str(record[f"{side}{version}Address"]), int(record[f"{side}TransportPort"]))
            for side in ("source", "destination")
        )
        counts = ("packetDeltaCount", "octetDeltaCount", "tcpControlBits")
        packets, octets, flags = (int(record[name]) for name in counts)
        self.add((int(record["protocolIdentifier"]), source, destination), packets, octets, flags)


@dataclass(frozen=True)
class Sent:
    """A packet to be metered."""

    six: bool
    host: int
    protocol: int
    port: int
    size: int
    flags: int

    @property
    def addresses(self) -> tuple[str, str]:
        if self.six:
            return f"2001:db8::{self.host}", "2001:db8:f::1"
        return f"10.0.0.{self.host}", "192.0.2.1"

    @property
    def segment(self) -> Segment:
        data = bytes(self.size)
        if self.protocol == ICMP:
            return (icmp6 if self.six else icmp)(self.port, 1, payload=data)
        if self.protocol == TCP:
            return tcp(self.port, 80, self.flags, data)
        return udp(self.port, 53, data) if self.protocol == UDP else raw(self.protocol, data)

    @property
    def packet(self) -> bytes:
        return (ipv6 if self.six else ipv4)(*self.addresses, self.segment)

    @property
    def flow(self) -> Flow:
        ports = {ICMP: (0, self.port << 8 | 1), TCP: (self.port, 80), UDP: (self.port, 53)}
        source, destination = map(endpoint, self.addresses, ports.get(self.protocol, (0, 0)))
        protocol = ICMP6 if self.six and self.protocol == ICMP else self.protocol
        return protocol, source, destination

    @property
    def tcp_flags(self) -> int:
        return self.flags if self.protocol == TCP else 0


def endpoint(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


SENT = st.builds(
    Sent,
    six=st.booleans(),
    host=st.integers(1, 6),
    protocol=st.sampled_from([ICMP, TCP, UDP, GRE]),
    port=st.integers(1, 3),
    size=st.integers(0, 300),
    flags=st.sampled_from([SYN, SYN | ACK, ACK, FIN | ACK, RST]),
)
