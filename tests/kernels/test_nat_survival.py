"""The next worker has the NAT's state, whatever happened to the previous one."""

from __future__ import annotations

import pytest

from tests.kernels.conversation import Conversation
from tests.kernels.gateway import (
    HOST,
    OTHER_HOST,
    OTHER_SERVER,
    OUTSIDE,
    SERVER,
    Gateway,
    ping,
)
from tests.packets import ACK, SYN, UDP, ipv4, raw, tcp, udp

FORWARD = f"tcp {OUTSIDE}:8080 -> {OTHER_HOST}:80"


def busy(gateway: Gateway) -> None:
    """Create sessions, a forward in use, and an endpoint in hold-down."""
    gateway.set("forwards", FORWARD)
    gateway.send((HOST, 4000), udp(4000, 53))
    gateway.at(290)
    for i in range(40):
        gateway.send((f"10.0.1.{i}", 5000), udp(5000, 53))
        gateway.send((f"10.0.1.{i}", 5000), udp(5000, 53), OTHER_SERVER)
        gateway.send((f"10.0.1.{i}", 5000), tcp(5000, 80, SYN, seq=1))
        gateway.send((f"10.0.1.{i}", 0), ping(7))
    gateway.in_(ipv4(SERVER, OUTSIDE, tcp(9999, 8080, SYN, seq=1)))
    gateway.at(302)


def known(gateway: Gateway) -> tuple[list[str], list[str]]:
    """Return sessions, and endpoints with their use, without seconds."""
    sessions = sorted(" ".join(line[:5]) for line in gateway.sessions())
    return sessions, sorted(" ".join(line[:5]) for line in gateway.mappings())


@pytest.mark.parametrize(
    ("how", "said"),
    [("clean", "adopted 161 0"), ("torn", "counted 161 0"), ("restored", "counted 161 0")],
)
def test_everything_is_there_in_the_next_worker(gateway: Gateway, how: str, said: str) -> None:
    busy(gateway)
    before, counts = known(gateway), gateway.counts()
    assert gateway.succeed(how) == said
    assert known(gateway) == before
    assert {**gateway.counts(), "refused": 0} == counts


def test_a_new_flow_in_the_next_worker_gets_no_port_in_use_or_held(gateway: Gateway) -> None:
    busy(gateway)
    for how in ("clean", "torn"):
        gateway.succeed(how)
        taken = {line[2] for line in gateway.mappings() if line[0] == "udp"}
        assert f"{OUTSIDE}:4000" in taken
        for port in (4000, 5000):
            seen = gateway.send((f"10.0.9.{len(how)}", port), udp(port, 53))
            assert seen.verdict == "translated" and f"{OUTSIDE}:{seen.sport}" not in taken


@pytest.mark.parametrize("lost", ["ports", "mappings", "hosts", "counters"])
@pytest.mark.parametrize(
    "next_worker",
    ["succeed torn", "succeed restored", "move 1024 dies"],
    ids=lambda how: how.split()[-1],
)
def test_what_follows_from_sessions_is_made_anew(
    gateway: Gateway, lost: str, next_worker: str
) -> None:
    """A worker was killed before it wrote to a table, or a checkpoint saved that table earlier."""
    busy(gateway)
    gateway.kernel.ask("time", 352)
    sessions, mappings = known(gateway)
    gateway.kernel.ask("lose", lost)
    assert gateway.kernel.ask(next_worker) == "counted 161 0"
    assert known(gateway)[0] == sessions
    in_use = [line for line in mappings if "held" not in line]
    assert [line for line in known(gateway)[1] if "held" not in line] == in_use
    for line in gateway.sessions():
        if line[0] == "udp":
            host, port = line[1].split(":")
            seen = gateway.send((host, int(port)), udp(int(port), 53))
            assert f"{seen.source}:{seen.sport}" == line[2]


def test_endpoints_without_sessions_are_held_down(gateway: Gateway) -> None:
    """The table of sessions was lost: their ports are not reassigned too soon."""
    busy(gateway)
    gateway.kernel.ask("lose", "sessions")
    assert gateway.succeed("clean") == "counted 0 0"
    uses = {" ".join(line[3:5]) for line in gateway.mappings()}
    assert uses == {"0 held", "0 forward"}
    gateway.at(425)
    assert gateway.counts()["ports"] == gateway.counts()["in_use"] == 1


def test_a_changed_forward_takes_effect_in_the_next_worker(gateway: Gateway) -> None:
    busy(gateway)
    gateway.kernel.ask("set", "forwards", f"tcp {OUTSIDE}:8081 -> {OTHER_HOST}:81")
    for how in ("clean", "torn"):
        gateway.succeed(how)
        assert gateway.in_(ipv4(SERVER, OUTSIDE, tcp(1, 8081, SYN, seq=1))).to == (OTHER_HOST, 81)
        assert gateway.in_(ipv4(OTHER_SERVER, OUTSIDE, tcp(1, 8080, SYN))).verdict == "held"
        more = gateway.in_(ipv4(SERVER, OUTSIDE, tcp(9999, 8080, SYN, seq=1)))
        assert more.to == (OTHER_HOST, 80), "the open one goes on"


def test_fragments_and_syns_wait_across_workers(gateway: Gateway) -> None:
    first = ipv4(HOST, SERVER, udp(5000, 53, bytes(64)), ident=7, more=True)
    later = ipv4(HOST, SERVER, raw(UDP, bytes(8)), ident=7, offset=9)
    syn = ipv4(SERVER, OUTSIDE, tcp(80, 4444, SYN))
    assert [gateway.out(later).verdict, gateway.in_(syn).verdict] == ["held", "held"]
    gateway.succeed("clean")
    assert [seen.verdict for seen in gateway.all_out(first)] == ["translated", "translated"]
    gateway.at(8)
    assert gateway.kernel.ask("late").split() == [syn.hex()]


def test_identifications_go_on(gateway: Gateway) -> None:
    seen = set()
    for _ in range(3):
        seen |= {gateway.send((HOST, 5000), udp(5000, 53)).identification for _ in range(100)}
        gateway.succeed("clean")
    assert len(seen) == 300


def test_sequence_numbers_go_on(gateway: Gateway) -> None:
    gateway.send((HOST, 5000), tcp(5000, 80, SYN, seq=999))
    gateway.in_(ipv4(SERVER, OUTSIDE, tcp(80, 5000, SYN | ACK, seq=99, ack=1000)))
    gateway.succeed("clean")
    assert gateway.send((HOST, 5000), tcp(5000, 80, ACK, seq=1000, ack=100)).verdict == "translated"
    wrong = ipv4(SERVER, OUTSIDE, tcp(80, 5000, ACK, seq=99_999_999, ack=1000))
    assert gateway.in_(wrong).verdict == "invalid"


def test_tables_grow_without_counting_anew(gateway: Gateway) -> None:
    """Sessions that expired unnoticed are carried along."""
    busy(gateway)
    gateway.kernel.ask("time", 352)
    before, counts = known(gateway), gateway.counts()
    assert gateway.kernel.ask("move", 4096) == "adopted 161 0"
    assert known(gateway) == before
    assert {**gateway.counts(), "refused": 0} == counts
    gateway.at(900)
    assert gateway.counts()["in_use"] == 1, "the forward"


def test_ports_in_use_have_room_in_tables_that_shrink(nat_kernel: Conversation) -> None:
    """More endpoints are held down than the new tables have room for."""
    gateway = Gateway(nat_kernel, capacity=64)
    for host in range(40):
        gateway.send((f"10.0.1.{host}", 5000), udp(5000, 53))
    gateway.at(302)
    for port in range(6000, 6016):
        gateway.send((HOST, port), udp(port, 53))
    gateway.kernel.ask("time", 352)
    assert gateway.kernel.ask("move", 16) == "counted 16 0"
    for port in range(6000, 6016):
        answer = gateway.in_(ipv4(SERVER, OUTSIDE, udp(53, port)))
        assert answer.to == (HOST, port)


def test_tables_that_shrink_keep_what_was_answered(gateway: Gateway) -> None:
    busy(gateway)
    answered = [line for line in gateway.sessions() if line[0] == "udp"][:16]
    gateway.kernel.ask("time", 352)
    for line in answered:
        source, destination = line[3].split(":"), line[2].split(":")
        data = udp(int(source[1]), int(destination[1]))
        assert gateway.in_(ipv4(source[0], destination[0], data)).verdict == "translated"
    assert gateway.kernel.ask("move", 32) == "counted 32 0"
    left = {" ".join(line[:4]) for line in gateway.sessions()}
    assert {" ".join(line[:4]) for line in answered} <= left
    counts = gateway.counts()
    assert counts["in_use"] <= 33 and counts["ports"] <= 64
