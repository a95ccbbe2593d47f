"""A NAT in a driver, packets for it, and a check of its output against the model."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from hypothesis import strategies as st

from tests.kernels.fragments import joined, pieces
from tests.kernels.gateway import OTHER_SERVER, OUTSIDE, SERVER, Seen, ping
from tests.kernels.nat_model import ECHO, Endpoint, NatModel
from tests.packets import ACK, ICMP, SYN, TCP, UDP, Segment, ipv4, read_pcap, tcp, udp

NAT = """
nat :: Nat(EXTERNAL 203.0.113.1, CAPACITY 256);
FromDump({folder}/in.pcap, STOP true) -> Unqueue(BURST {burst}) -> Strip(14) -> CheckIPHeader
  -> way :: IPClassifier(src net 10.0.0.0/8, -);
way[0] -> out :: TranslateOut(nat) -> ToDump({folder}/translated_out.pcap, ENCAP IP);
out[1] -> ToDump({folder}/hairpin.pcap, ENCAP IP);
out[2] -> ToDump({folder}/unsolicited_out.pcap, ENCAP IP);
out[3] -> Discard; out[4] -> ToDump({folder}/invalid.pcap, ENCAP IP);
way[1] -> in :: TranslateIn(nat) -> ToDump({folder}/translated_in.pcap, ENCAP IP);
in[1] -> ToDump({folder}/unsolicited_in.pcap, ENCAP IP);
"""
PORTS = st.sampled_from([80, 81, 5000, 5001])
REMOTES = st.sampled_from([(SERVER, 53), (SERVER, 54), (OTHER_SERVER, 53)])
INSIDE = st.tuples(st.sampled_from([f"10.0.0.{i}" for i in range(1, 5)]), PORTS)
OUTSIDES = st.tuples(st.just(OUTSIDE), PORTS)
Ends = st.SearchStrategy[Endpoint]


class Flow(NamedTuple):
    """One packet, or one datagram in fragments; sent from inside if its source is inside."""

    protocol: int
    source: Endpoint
    destination: Endpoint
    how: str = ""
    """For UDP, the order of its fragments; for TCP, SYN ACK or ACK after the SYN."""

    @property
    def from_inside(self) -> bool:
        return self.source[0].startswith("10.")


def flows(protocol: int, source: Ends, destination: Ends, *how: str) -> st.SearchStrategy[Flow]:
    return st.builds(Flow, st.just(protocol), source, destination, st.sampled_from(how or ("",)))


PIECES = ("", "forwards", "backwards")
FLOWS = st.lists(
    st.one_of(
        flows(UDP, INSIDE, REMOTES, *PIECES),
        flows(UDP, INSIDE, OUTSIDES, *PIECES),
        flows(UDP, REMOTES, OUTSIDES, *PIECES),
        flows(TCP, INSIDE, REMOTES, "", "ACK"),
        flows(TCP, REMOTES, OUTSIDES, "SYN ACK"),
        flows(ICMP, INSIDE, REMOTES),
        flows(ICMP, REMOTES, OUTSIDES),
    ),
    min_size=1,
    max_size=60,
)


def segment(flow: Flow) -> Segment:
    sport, dport = flow.source[1], flow.destination[1]
    if flow.protocol == ICMP:
        return ping(sport) if flow.from_inside else ping(dport, reply=True)
    if flow.protocol == UDP:
        return udp(sport, dport, bytes(40) if flow.how else b"data")
    return {
        "": tcp(sport, dport, SYN, seq=7),
        "SYN ACK": tcp(sport, dport, SYN | ACK, seq=70, ack=8),
        "ACK": tcp(sport, dport, ACK, seq=8, ack=71),
    }[flow.how]


def packets(flow: Flow, ident: int = 0) -> list[bytes]:
    source, destination = flow.source[0], flow.destination[0]
    if flow.protocol != UDP or not flow.how:
        return [ipv4(source, destination, segment(flow), dont_fragment=True)]
    made = pieces(source, destination, segment(flow), 16, ident)
    return made if flow.how == "forwards" else made[::-1]


class Outputs:
    """The packets of each file, taken one after the other."""

    def __init__(self, folder: Path) -> None:
        self.left = {
            path.stem: [Seen(path.stem, record.data) for record in read_pcap(path)]
            for path in folder.glob("*.pcap")
            if path.stem != "in"
        }

    def take(self, name: str) -> Seen:
        assert self.left[name], f"no packet is left in {name}"
        seen = self.left[name].pop(0)
        assert seen.sound
        return seen

    def datagram(self, name: str, flow: Flow) -> Seen:
        """Take a datagram, whole if all of it passes: without its first fragment, none does."""
        if flow.protocol != UDP or not flow.how or name.startswith("unsolicited"):
            return self.take(name)
        whole = joined([self.take(name) for _ in packets(flow)])
        assert whole.sound
        return whole


class Checked:
    """Checks that the next packet of the expected output is the given one, translated."""

    def __init__(self, outputs: Outputs) -> None:
        self.model = NatModel(frozenset([OUTSIDE]))
        self.outputs = outputs
        self.answered: set[tuple[Endpoint, Endpoint]] = set()

    def take(self, flow: Flow) -> None:
        if not flow.from_inside:
            self._take_in(flow)
        elif flow.how == "ACK" and (flow.source, flow.destination) not in self.answered:
            assert self.outputs.take("invalid").from_ == flow.source
        else:
            self._take_out(flow)

    def _take_in(self, flow: Flow) -> None:
        protocol, source, destination, _ = flow
        from_ = (source[0], ECHO) if protocol == ICMP else source
        inside = self.model.in_(protocol, from_, destination)
        seen = self.outputs.datagram("translated_in" if inside else "unsolicited_in", flow)
        assert seen.source == source[0]
        assert seen.to == (inside or destination)
        if protocol == TCP and inside:
            self.answered.add((inside, source))

    def _take_out(self, flow: Flow) -> None:
        protocol, source, destination, _ = flow
        echo = protocol == ICMP
        to = (destination[0], ECHO) if echo else destination
        verdict = self.model.out(protocol, source, to)
        target = self.model.behind(protocol, to) if verdict == "hairpin" else None
        names = {"translated": "translated_out", "unsolicited": "unsolicited_out"}
        seen = self.outputs.datagram(names.get(verdict, verdict), flow)
        assert seen.destination == (target.inside[0] if target else destination[0])
        if not echo:
            assert seen.dport == (target.inside[1] if target else destination[1])
        if verdict == "unsolicited":
            assert seen.from_ == source
        else:
            self.model.chose(protocol, source, to, seen.from_)

    def take_all(self, flows: list[Flow]) -> None:
        for flow in flows:
            self.take(flow)
        assert not any(self.outputs.left.values())
