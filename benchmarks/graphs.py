"""The configurations that are measured: the same work in each program's own elements."""

from __future__ import annotations

from benchmarks.contests import COUNTED, FOREVER
from benchmarks.programs import FASTCLICK, OURS

# Classes that our driver is built from.
CLASSES = [
    *["CheckIPHeader", "CheckSession", "Counter", "Discard", "FastUDPFlows", "FromDevice"],
    *["InfiniteSource", "IPFilter", "IPMirror", "OpenSession", "Queue", "RatedSource"],
    *["SessionTable", "ToDevice"],
]
# 64 bytes: UDP from 10.0.0.1 port 1025 to 10.1.0.2 port 53.
FRAME = (
    "02000000000202000000000108004500003200000000401166b80a0000010a0100020401003500"
    "1e000000000000000000000000000000000000000000000000"
)
# The frame matches the last rule.
RULES = [
    "deny src net 192.168.0.0/16",
    "deny src net 172.16.0.0/12",
    "deny tcp dst port 23",
    "deny tcp dst port 25",
    "deny udp dst port 69",
    "deny udp dst port 137",
    "allow tcp dst port 80",
    "allow tcp dst port 443",
    "allow icmp",
    "allow udp dst port 53",
]
ONE_PACKET = f"InfiniteSource(DATA \\<{FRAME}>, LIMIT -1, BURST 64, TIMESTAMP false)"


def stateless_source() -> str:
    """The source of `stateless` by itself."""
    return f"{ONE_PACKET} -> {COUNTED}"


def stateless() -> str:
    """Check the header, find the rule, count."""
    return f"{ONE_PACKET} -> CheckIPHeader(OFFSET 14) -> IPFilter({', '.join(RULES)}) -> {COUNTED}"


def flows_to(program: str, flows: int) -> str:
    """A source of packets of `flows` flows, which differ in their ports."""
    ethers = "02:00:00:00:00:01, 10.0.0.1, 02:00:00:00:00:02, 10.1.0.2"
    burst = ", BURST 64" if program == FASTCLICK else ""
    source = f"FastUDPFlows(0, -1, 64, {ethers}, {flows}, {FOREVER}{burst})"
    return source if program in (OURS, FASTCLICK) else f"{source} -> Unqueue(BURST 64)"


def flows_source(program: str, flows: int) -> str:
    """The source of `sessions` by itself."""
    return f"{flows_to(program, flows)} -> {COUNTED}"


def sessions(program: str, flows: int) -> str:
    """Check the header, find the packet's session among `flows`, count.

    Our sessions count as answered: the first packet of each is mirrored back as its answer.
    """
    start = f"{flows_to(program, flows)} -> CheckIPHeader(OFFSET 14)"
    if program != OURS:
        return f"{start} -> rw :: IPRewriter(keep 0 1) -> {COUNTED} rw[1] -> Discard;"
    return (
        f"t :: SessionTable(CAPACITY {flows * 2}); {start} -> check :: CheckSession(t) -> {COUNTED}"
        "check[1] -> OpenSession(t) -> IPMirror -> check; check[2] -> Discard; check[3] -> Discard;"
    )


def sessions_handler(program: str) -> str:
    """Return the handler that counts the sessions of `sessions`."""
    return "t.count" if program == OURS else "rw.size"


def forward(program: str, source: str, target: str) -> str:
    """Forward from one interface to another."""
    method = "" if program == OURS else ", METHOD LINUX"
    return f"FromDevice({source}{method}) -> Queue(4096) -> ToDevice({target}{method});"


def send(interface: str, packet_source: str = ONE_PACKET) -> str:
    """The configuration of the sender on the wire."""
    return f"{packet_source} -> c :: Counter -> Queue(256) -> ToDevice({interface});"


def receive(interface: str) -> str:
    """The configuration of the receiver on the wire."""
    return f"FromDevice({interface}) -> {COUNTED}"
