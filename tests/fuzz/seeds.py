"""Writes the seed corpora: `python -m tests.fuzz.seeds`. Inputs found by fuzzing stay."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from ipaddress import IPv6Address
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from reconciler.checkpoints.checkpoint import Descriptor, Table
from schemas.layout import CLOCK_UNIT
from tests import packets as p
from tests.fuzz.targets import CORPUS
from tests.reconciler.checkpoints.tables import BOOT, SECOND, checkpoint_of
from tests.reconciler.checkpoints.writing import write_checkpoint

GRAPHS = {
    "chain": 'InfiniteSource(LIMIT 5, DATA "\\"x\\"") -> q :: Queue(10) -> Unqueue -> Discard;\n',
    "ports": "a :: Idle; b :: Tee(2); a -> [0]b; b[1] -> c :: Discard; b[0] -> Null -> c // end",
    "comments": '# 7 "x.click"\n/* two\nlines */ require(a b); x, y :: Idle; x->Discard;y->Discard',
    "strings": "c :: Classifier(12/0800, 0/\\<ff00>, -); Idle -> c; c[0,1]->Discard",
    "rules": "f :: IPFilter(allow tcp && dst port 80, deny all); Idle -> Strip(14) -> f -> Discard",
    "sessions": "s :: SessionTable(CAPACITY 64, UDP 5s); Idle -> c :: CheckSession(s) -> Discard;",
    "statements": "a :: Idle b :: Null\na -> b c :: Discard b -> c require(x) Idle -> Discard",
    "variables": 'define($N 2, $L "a $M", $M \\<00>) Idle -> Print("$L", ${N[0]})'
    " -> q :: Queue(${Q-$N}) -> Discard define($O <)\nIdle -> Print(/$O '$N' \\<$M> $N$L)"
    " -> Discard",
    "compound": "elementclass X { $a | input -> Null -> output } X -> { Idle } => Discard",
}
STREAMS = {
    "reads": b"READ value\r\nGET list\nCHECKREAD a.b\rCHECKWRITE xyz\r\nHELP\r\n",
    "data": b"WRITEDATA value 5\r\nhelloREADDATA echo 3\r\nabcQUIT\r\n",
    "until": b"WRITEUNTIL value END\r\none\r\ntwo\rEND\r\nREADUNTIL echo\nx\n\nLLRPC a 1\r\n",
    "wrong": b"\r\n  \nWRITEDATA value 99999999999\r\nWRITE\r\nnonsense\r\nREADDATA x y\r\n",
}
PATTERNS = [
    "12/0800 23/06%0f", "!0/ff?f 4/00", "-", "tcp dst port 80 or 1000-1023",
    "not (src host 10.0.0.1 and udp)", "icmp type echo-reply", "ip6 src net 2001:db8::/32",
    "src and dst port != 53", "ip tos & 0xfc == 0x10 || ip frag", "tcp opt syn tcp opt not ack",
]  # fmt: skip

ROUTES = {
    "numbers": (0, "10.0.0.0/8 0", "10.1/16 via 10.0.0.1 1", "10.1.2.3 192.0.2.1 2", "0/0 2"),
    "names": (1, "2001:db8::/32 fe80::1 wan", "::/0 - lan", "192.0.2.0/255.255.255.0 1"),
    "again": (0, "2001:db8::1 0", "2001:db8::1/127 1", "2001:db8::1/128 via fe80::2 1"),
    "mistakes": (1, "10.0.0.1/33 0", "10.0.0.0/8", "1.2.3.4/8 5", "::/0 1.2.3.4 0", "x 0 0"),
}
"""Numbers of outputs, and routes, as tests/fuzz/routes.cc reads them."""


def corpora() -> Iterator[tuple[str, str, bytes]]:
    """Return target, name and contents of every seed."""
    yield from (("checkpoint", name, data) for name, data in _checkpoints())
    yield from (("language", name, text.encode()) for name, text in GRAPHS.items())
    yield from (("control", name, data) for name, data in STREAMS.items())
    frames = _frames()
    for name, frame in frames.items():
        yield "ip_headers", name, frame
        yield "ip_headers", f"{name}-ip", frame[14:]
    for name, frame in (frames | _tunnels()).items():
        yield "stateless", name, _piece(frame, 3) + _piece(frame[14:], 2) + _piece(frame[:-1], 1)
    yield from (("sessions", name, data) for name, data in _conversations())
    yield from (("nat", name, data) for name, data in _translations())
    yield from (("match_patterns", name, data) for name, data in _searches())
    yield from (("balance", name, data) for name, data in _balanced())
    steps = [_step(frame[14:], what) for frame in frames.values() for what in (2, 4, 0x9F, 0xFC)]
    yield "token_buckets", "all", b"".join(steps)
    yield "flows", "all", b"".join(steps)
    yield from (("neighbours", name, data) for name, data in _neighbours())
    for name, (outputs, *lines) in ROUTES.items():
        yield "routes", name, bytes([int(outputs)]) + "\0".join(map(str, lines)).encode()
    for number, text in enumerate(PATTERNS):
        yield "patterns", f"{number}", text.encode() + b"\0" + frames["syn"][14 * (number > 2) :]
    for name, magic in (("micro", 0xA1B2C3D4), ("nano", 0xA1B23C4D)):
        for order in "<>":
            yield "pcap", f"{name}{'-swapped' * (order == '>')}", _pcap(order, magic, frames)


def _frames() -> dict[str, bytes]:
    options = b"\1\1\1\1"
    found = {
        "syn": p.ipv4("10.0.0.1", "10.0.0.2", p.tcp(80, 1000, p.SYN)),
        "query": p.ipv4("10.0.0.3", "10.0.0.4", p.udp(53, 99, b"payload"), options=options),
        "first": p.ipv4("10.0.0.3", "10.0.0.4", p.udp(53, 99, b"12345678"), more=True),
        "later": p.ipv4("10.0.0.3", "10.0.0.4", p.raw(p.UDP, b"\0P\0P"), offset=4),
        "echo": p.ipv4("10.0.0.1", "10.0.0.5", p.icmp(8)),
        "syn6": p.ipv6("2001:db8::1", "2001:db8:1::2", p.tcp(80, 1000, p.SYN)),
        "echo6": p.ipv6("fe80::1", "fe80::2", p.icmp6(128), hop_limit=255),
    }
    return {name: p.ether(packet) for name, packet in found.items()}


def _tunnels() -> dict[str, bytes]:
    """Return frames that stateless elements look into deeply."""
    inner, ends = p.ipv4("10.0.0.1", "10.0.0.2", p.udp(1, 2)), ("10.0.0.9", "10.0.0.8")
    ask = p.arp("request", "10.0.0.1", "10.0.0.2")
    solicit = p.icmp6(135, payload=IPv6Address("2001:db8::1").packed + b"\1\1\2\0\0\0\0\1")
    vxlan = p.udp(50000, 4789, bytes.fromhex("0800000000000700") + p.ether(inner))
    mss = p.tcp(1, 2, p.SYN, options=b"\2\4\5\xb4")
    found = {
        "gre": p.ether(p.ipv4(*ends, p.raw(47, bytes.fromhex("2000080000000007") + inner))),
        "vxlan": p.ether(p.ipv4(*ends, vxlan)),
        "long": p.ether(p.ipv4(*ends, p.raw(17, bytes(900)), options=b"\x94\4\0\0")),
        "mss": p.ether(p.ipv4(*ends, mss)),
        "arp": p.ether(ask, ethertype=p.ETHERTYPE_ARP),
        "solicit": p.ether(p.ipv6("2001:db8::9", "ff02::1:ff00:1", solicit, hop_limit=255)),
        "tagged": p.ether(inner, vlan=7),
    }
    return found


def _piece(packet: bytes, how: int) -> bytes:
    return struct.pack("<HB", len(packet), how) + packet


def _checkpoints() -> Iterator[tuple[str, bytes]]:
    tables = {"one": [_table("a/t", 1)], "none": [], "two": [_table("a/t", 3), _table("b/t", 0)]}
    with TemporaryDirectory() as folder:
        for name, found in tables.items():
            path = Path(folder) / name
            write_checkpoint(path, checkpoint_of(*found))
            yield name, path.read_bytes()


def _table(name: str, records: int) -> Table:
    kinds = {"key": ("", True), "seen": (CLOCK_UNIT, False)}
    fields = [
        {"name": one, "type": "u64", "offset": 8 * place, "size": 8, "unit": unit, "default": 0,
         "key": key}
        for place, (one, (unit, key)) in enumerate(kinds.items())
    ]  # fmt: skip
    text = json.dumps({"table": "t", "version": 1, "size": 16, "fields": fields})
    rows = np.array([[BOOT + 10 * SECOND, key, BOOT] for key in range(records)], np.uint64)
    return Table(
        name=name,
        text=text,
        descriptor=Descriptor.read(text),
        key_size=8,
        capacity=16,
        hash_seed=1,
        rows=rows.reshape(-1).view("V24"),
        clock_fields=(8,),
    )


def _translations() -> Iterator[tuple[str, bytes]]:
    """Return packets through a NAT, each with a command for tests/fuzz/nat.cc."""
    host, server, outside, other = "10.0.0.1", "192.0.2.80", "203.0.113.1", "203.0.113.2"
    query = p.ipv4(host, server, p.udp(5000, 53, b"?"))
    syn = p.ipv4(host, server, p.tcp(5000, 80, p.SYN, seq=1, options=b"\3\3\7\1"))
    pieces = [
        p.ipv4(host, server, p.raw(p.UDP, bytes(16)), ident=7, offset=3),
        p.ipv4(host, server, p.udp(5000, 53, bytes(16)), ident=7, more=True),
    ]
    answers = [
        p.ipv4(server, address, segment)
        for address in (outside, other)
        for segment in (
            p.udp(53, 5000, b"!"),
            p.tcp(80, 5000, p.SYN | p.ACK, seq=9, ack=2),
            p.tcp(80, 80, p.SYN, seq=9),
            p.icmp(0, rest=5000 << 16),
            p.icmp(3, 3, 0, p.ipv4(address, server, p.udp(5000, 53, b"?"))),
        )
    ]
    ping = p.ipv4(host, server, p.icmp(8, rest=5000 << 16))
    hairpin = p.ipv4("10.0.0.2", outside, p.udp(5000, 5000, b"hello"))
    out, back = (query, syn, ping, *pieces, hairpin), [_step(one, 1) for one in answers]
    yield "both-ways", b"".join([*(_step(one, 0) for one in out), *back])
    yield "upgraded", b"".join([*(_step(one, 8) for one in out), *back])
    yield "killed", b"".join([*(_step(one, 0x18) for one in out), *back])
    yield "late", b"".join([_step(one, what) for one in (*out, *answers) for what in (0x86, 0xC7)])


def _conversations() -> Iterator[tuple[str, bytes]]:
    there, back = ("10.0.0.1", "192.0.2.7"), ("192.0.2.7", "10.0.0.1")
    handshake = [
        p.ipv4(*there, p.tcp(4000, 80, p.SYN, seq=1)),
        p.ipv4(*back, p.tcp(80, 4000, p.SYN | p.ACK, seq=9, ack=2)),
        p.ipv4(*there, p.tcp(4000, 80, p.ACK, seq=2, ack=10)),
        p.ipv4(*there, p.tcp(4000, 80, p.ACK | p.FIN, seq=2, ack=10)),
        p.ipv4(*back, p.tcp(80, 4000, p.RST, seq=10)),
    ]
    yield "tcp", b"".join(_step(packet, 1) for packet in handshake)
    query = [p.ipv4(*there, p.udp(4000, 53, b"q")), p.ipv4(*back, p.udp(53, 4000, b"a"))]
    yield "udp", b"".join(_step(packet, what, 9) for packet in query * 2 for what in (1, 7))
    echo = p.ipv4(*there, p.icmp(8))
    error = p.ipv4(*back, p.icmp(3, 1, payload=query[0][:28]))
    yield "icmp", _step(echo, 1) + _step(query[0], 1) + _step(error, 0x81, 1)
    many = [p.ipv4(f"10.0.0.{n}", "192.0.2.7", p.udp(n, 53, b"")) for n in range(1, 24)]
    yield "full", b"".join(_step(packet, 5) for packet in many)


def _searches() -> Iterator[tuple[str, bytes]]:
    there, back = ("10.0.0.1", "192.0.2.7"), ("192.0.2.7", "10.0.0.1")
    rules = b'1 "attack"\n2 "tac" nocase # why\n3 "\\x90\\x90"\n\0'
    opening = [
        p.ipv4(*there, p.tcp(4000, 80, p.SYN, seq=1)),
        p.ipv4(*back, p.tcp(80, 4000, p.SYN | p.ACK, seq=9, ack=2)),
    ]

    def data(at: int, text: bytes) -> bytes:
        return p.ipv4(*there, p.tcp(4000, 80, p.ACK, text, seq=2 + at, ack=10))

    orders = {
        "in-order": [data(0, b"an att"), data(6, b"ack, and PAY"), data(18, b"LOAD")],
        "ahead": [data(6, b"ack"), data(12, b"more"), data(0, b"an att"), data(9, b"xyz")],
        "again": [data(0, b"attack"), data(3, b"ick"), data(0, b"attack!")],
        "acknowledged": [
            data(0, b"att"), data(9, b"attack"), p.ipv4(*back, p.tcp(80, 4000, seq=10, ack=17)),
        ],
    }  # fmt: skip
    for name, packets in orders.items():
        yield name, rules + b"".join(_step(packet, 1) for packet in [*opening, *packets])
    query = p.ipv4(*there, p.udp(4000, 53, b"an attack"))
    yield "datagrams", rules + b"".join(_step(query, what) for what in (1, 7, 17, 49))
    yield "mistakes", b'0 "x"\n1 abc\n2 "ab\\q"\n3 "abc" case\n\0'


def _balanced() -> Iterator[tuple[str, bytes]]:
    backends = b"192.0.2.7; 192.0.2.8:8080 weight 3 mac 02:00:00:00:00:01; 2001:db8::7"
    lists = backends + b"\0tcp 10.0.0.2:80; udp 10.0.0.2:53\0"
    there, back = ("10.0.0.1", "10.0.0.2"), ("192.0.2.7", "10.0.0.1")
    flow = [
        p.ipv4(*there, p.tcp(4000, 80, flags)) for flags in (p.SYN, p.ACK, p.ACK | p.FIN, p.SYN)
    ]
    query = p.ipv4(*there, p.udp(4000, 53, b"q"))
    answers = [p.ipv4(*back, p.tcp(80, 4000, p.ACK)), p.ipv4(*back, p.udp(53, 4000, b"a"))]
    errors = [
        p.ipv4(*back, p.icmp(3, 3, payload=query)),
        p.ipv4(*there, p.icmp(3, 4, payload=answers[1])),
    ]
    pieces = [
        p.ipv4(*there, p.udp(4000, 53, bytes(16)), more=True),
        p.ipv4(*there, p.raw(p.UDP, b"x"), offset=3),
    ]
    sent, answered = [*flow[:2], query], b"".join(_step(packet, 0) for packet in answers)
    yield "there", lists + b"".join(_step(packet, 1) for packet in flow)
    yield "back", lists + b"".join(_step(packet, 1) for packet in sent) + answered
    yield "errors", lists + _step(query, 5) + _step(errors[0], 0) + _step(errors[1], 1)
    yield "pieces", lists + b"".join(_step(packet, 1) for packet in pieces)
    many = [p.ipv4(f"10.0.0.{n}", "10.0.0.2", p.tcp(n, 80, p.SYN)) for n in range(3, 24)]
    yield "full", b"\0\0" + b"".join(_step(packet, 13) for packet in many)


def _neighbours() -> Iterator[tuple[str, bytes]]:
    them, ours = "02:00:00:00:00:07", "02:00:00:00:00:01"
    target, option = IPv6Address("2001:db8::1").packed, b"\1\1" + p.mac(them)
    asks = p.icmp6(135, payload=target + option)
    tells = p.icmp6(136, rest=0x60000000, payload=IPv6Address("2001:db8::7").packed + option)
    frames = [
        p.ether(p.arp("request", "192.0.2.7", "192.0.2.1", sender_mac=them), ethertype=0x0806),
        p.ether(p.arp("reply", "192.0.2.7", "192.0.2.1", sender_mac=them), ethertype=0x0806),
        p.ether(p.ipv6("2001:db8::7", "ff02::1:ff00:1", asks, hop_limit=255), source=them),
        p.ether(p.ipv6("2001:db8::7", "2001:db8::1", tells, hop_limit=255), destination=ours),
        p.ether(p.ipv4("192.0.2.7", "192.0.2.1", p.udp(1, 2)), vlan=5),
    ]
    for what in (0, 4, 0x2C, 0xDC):
        yield f"{what}", b"".join(_step(frame, what, what) for frame in frames * 2)


def _step(packet: bytes, what: int, wait: int = 1) -> bytes:
    return struct.pack("<HBB", len(packet), what, wait) + packet


def _pcap(order: str, magic: int, frames: dict[str, bytes]) -> bytes:
    data = struct.pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, 65535, 1)
    for frame in list(frames.values())[:3]:
        data += struct.pack(f"{order}IIII", 1, 2, len(frame), len(frame)) + frame
    return data


def main() -> None:
    """Write all seeds."""
    for target, name, data in corpora():
        (CORPUS / target).mkdir(parents=True, exist_ok=True)
        (CORPUS / target / name).write_bytes(data)


if __name__ == "__main__":
    main()
