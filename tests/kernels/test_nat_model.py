"""The kernel against the model: any packets, any times, one worker after another."""

from __future__ import annotations

from typing import ClassVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.kernels.conversation import Conversation
from tests.kernels.gateway import OTHER_SERVER, SERVER, Gateway, ping
from tests.kernels.nat_model import ECHO, Endpoint, NatModel
from tests.packets import ICMP, SYN, TCP, UDP, Segment, ipv4, tcp, udp

EXTERNAL = ("203.0.113.1", "203.0.113.2")
HOSTS = st.sampled_from([f"10.0.0.{i}" for i in range(1, 6)])
PORTS = st.sampled_from([80, 81, 5000, 5001, 5002])
REMOTES = st.sampled_from([(SERVER, 53), (SERVER, 54), (OTHER_SERVER, 53)])
PROTOCOLS = st.sampled_from([UDP, UDP, ICMP, TCP])


def request(protocol: int, port: int, to: int) -> Segment:
    if protocol == ICMP:
        return ping(port)
    return udp(port, to, b"?") if protocol == UDP else tcp(port, to, SYN, seq=port)


def reply(protocol: int, port: int, to: int) -> Segment:
    """Return a reply; for TCP that is a SYN too: both ends open."""
    return ping(to, reply=True) if protocol == ICMP else request(protocol, port, to)


class NatMachine(RuleBasedStateMachine):
    kernel: ClassVar[Conversation]

    def __init__(self) -> None:
        super().__init__()
        self.gateway = Gateway(self.kernel, "; ".join(EXTERNAL), 256)
        self.model = NatModel(frozenset(EXTERNAL))

    def _send(self, protocol: int, inside: Endpoint, remote: Endpoint) -> None:
        seen = self.gateway.send(inside, request(protocol, inside[1], remote[1]), remote[0])
        to = (remote[0], ECHO) if protocol == ICMP else remote
        assert seen.verdict == self.model.out(protocol, inside, to)
        if seen.verdict == "unsolicited":
            return
        if seen.verdict == "hairpin":
            target = self.model.behind(protocol, to)
            assert target and seen.to == target.inside
        else:
            assert seen.destination == remote[0]
        self.model.chose(protocol, inside, to, seen.from_)

    @rule(protocol=PROTOCOLS, host=HOSTS, port=PORTS, remote=REMOTES)
    def send(self, protocol: int, host: str, port: int, remote: Endpoint) -> None:
        self._send(protocol, (host, port), remote)

    @precondition(lambda self: self.model.mappings)
    @rule(data=st.data(), host=HOSTS, port=PORTS)
    def meet(self, data: st.DataObject, host: str, port: int) -> None:
        (protocol, _), mapping = data.draw(
            st.sampled_from(sorted(self.model.mappings.items(), key=str))
        )
        self._send(protocol, (host, port), mapping.outside)

    @precondition(lambda self: self.model.mappings)
    @rule(data=st.data(), remote=REMOTES)
    def answer(self, data: st.DataObject, remote: Endpoint) -> None:
        (protocol, _), mapping = data.draw(
            st.sampled_from(sorted(self.model.mappings.items(), key=str))
        )
        outside = mapping.outside
        seen = self.gateway.in_(ipv4(remote[0], outside[0], reply(protocol, remote[1], outside[1])))
        from_ = (remote[0], ECHO) if protocol == ICMP else remote
        inside = self.model.in_(protocol, from_, outside)
        assert (seen.verdict == "translated") == (inside is not None)
        if inside:
            assert (seen.destination, seen.dport) == inside
            assert seen.source == remote[0]

    @rule(port=PORTS, address=st.sampled_from(EXTERNAL), remote=REMOTES)
    def try_a_port(self, port: int, address: str, remote: Endpoint) -> None:
        seen = self.gateway.in_(ipv4(remote[0], address, udp(remote[1], port)))
        inside = self.model.in_(UDP, remote, (address, port))
        assert (seen.verdict == "translated") == (inside is not None)

    @rule(seconds=st.sampled_from([0.5, 31.0, 61.0, 121.0, 241.0, 301.0]))
    def wait(self, seconds: float) -> None:
        self.model.at(self.model.now + seconds)
        self.gateway.at(self.model.now)

    @rule(open_to_all=st.booleans())
    def filter(self, open_to_all: bool) -> None:
        self.model.open_to_all = open_to_all
        names = ("address_and_port_dependent", "endpoint_independent")
        assert self.gateway.set("filtering", names[open_to_all]) == "0"

    @rule(how=st.sampled_from(["clean", "torn", "restored"]))
    def upgrade(self, how: str) -> None:
        said = self.gateway.succeed(how)
        assert said.startswith("adopted" if how == "clean" else "counted")

    @precondition(lambda self: self.model.now > 400)  # what copies records has a clock of its own
    @rule(capacity=st.sampled_from([128, 512]), how=st.sampled_from(["pauses", "dies"]))
    def resize(self, capacity: int, how: str) -> None:
        said = self.gateway.kernel.ask("move", capacity, how)
        assert said.startswith("adopted" if how == "pauses" else "counted")

    @invariant()
    def tables_agree(self) -> None:
        counts = self.gateway.counts()
        in_use = [mapping for mapping in self.model.mappings.values() if mapping.in_use]
        assert counts["sessions"] == sum(len(mapping.sessions) for mapping in in_use)
        assert counts["in_use"] == len(in_use)
        assert counts["ports"] == counts["mappings"] == len(self.model.mappings)
        assert counts["hosts"] == len({inside[0] for _, inside in self.model.mappings})


def test_the_kernel_does_what_the_model_does(nat_kernel: Conversation) -> None:
    NatMachine.kernel = nat_kernel
    machine = NatMachine.TestCase
    machine.settings = settings(max_examples=60, stateful_step_count=50, deadline=None)
    machine("runTest").runTest()
