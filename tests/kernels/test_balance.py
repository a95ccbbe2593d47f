"""The backend that a flow goes to, when it stays there, and when it does not."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.kernels.balancer import POOL, POOL6, SERVICES, VIP, VIP6, Balancer, Client
from tests.kernels.conversation import Conversation
from tests.packets import ACK, FIN, RST, SYN

DAY = 86400


def clients(number: int, **more: str) -> list[Client]:
    return [Client(port=10_000 + n, **more) for n in range(number)]


def entries(balancing: Conversation) -> list[str]:
    return balancing.ask("entries").split()


def test_removing_one_of_a_hundred_moves_few_new_flows(balancing: Conversation) -> None:
    pool = [f"10.0.1.{n}:8080" for n in range(1, 101)]
    balancer = Balancer(balancing, pool)
    before = entries(balancing)
    for gone in (pool[0], pool[41], pool[99]):
        balancer.set_backends([one for one in pool if one != gone])
        after = entries(balancing)
        assert gone not in after
        moved = sum(a != b and b != gone for a, b in zip(after, before, strict=True))
        assert moved <= 0.02 * len(before)


def test_shares_follow_weights(balancing: Conversation) -> None:
    weights = {f"10.0.1.{n}": n for n in range(1, 101)}
    Balancer(balancing, [f"{name} weight {weight}" for name, weight in weights.items()])
    shares = dict(pair.split("=") for pair in balancing.ask("shares").split())
    assert shares.keys() == weights.keys()
    total, table = sum(weights.values()), sum(map(int, shares.values()))
    for name, weight in weights.items():
        assert int(shares[name]) / table == pytest.approx(weight / total, rel=0.05)


def test_the_order_of_the_list_means_nothing(balancing: Conversation) -> None:
    pool = [f"{name} weight {n}" for n, name in enumerate(POOL, start=1)]
    Balancer(balancing, pool)
    before = entries(balancing)
    Balancer(balancing, pool[::-1])
    assert entries(balancing) == before


def test_flows_spread_and_stay(balancer: Balancer) -> None:
    for vip, pool in ((VIP, POOL), (VIP6, POOL6)):
        many = [
            Client("2001:db8:c::1" if vip == VIP6 else "198.51.100.7", port, vip)
            for port in range(1000, 1200)
        ]
        first = [balancer.send(client, SYN) for client in many]
        assert set(first) == set(pool)
        assert [balancer.send(client) for client in many] == first


def test_answers_come_from_the_service(balancer: Balancer) -> None:
    client = Client()
    backend = balancer.send(client, SYN)
    other = next(one for one in POOL if one != backend)
    assert balancer.answer(client, backend, SYN | ACK)
    assert not balancer.answer(client, other, ACK), "that one has no such flow"
    assert not balancer.answer(Client(port=40001), backend)
    assert not balancer.answer(client, f"{backend}:81")


def test_ports_of_their_own(balancing: Conversation) -> None:
    balancer = Balancer(balancing, ["10.0.0.1:8080", "[2001:db8::1]:8080"])
    for client, backend in (
        (Client(), "10.0.0.1"),
        (Client("2001:db8:c::1", service=VIP6), "2001:db8::1"),
    ):
        assert balancer.send(client, SYN, b"hello", port=8080) == backend
        assert balancer.answer(client, f"[{backend}]:8080", SYN | ACK, b"hello")


def test_a_backend_that_left_the_list_keeps_its_flows_and_gets_none(balancer: Balancer) -> None:
    many = clients(100)
    chosen = {client: balancer.send(client, SYN) for client in many}
    gone = POOL[2]
    balancer.set_backends([one for one in POOL if one != gone])
    assert all(balancer.send(client) == backend for client, backend in chosen.items())
    assert all(balancer.answer(client, backend) for client, backend in chosen.items())
    assert gone not in {balancer.send(client, SYN) for client in clients(300)[100:]}
    lines = {line[0]: line[1:] for line in balancer.lines("backend_table")}
    drained = list(chosen.values()).count(gone)
    assert lines[gone] == ["draining", "up", str(drained), str(drained)]
    # A client that has closed and begins again begins another flow.
    ended = next(client for client, backend in chosen.items() if backend == gone)
    balancer.send(ended, FIN | ACK)
    balancer.answer(ended, gone, FIN | ACK)
    assert balancer.send(ended) == gone, "the last acknowledgment"
    assert balancer.send(ended, SYN) != gone


def test_weight_0_drains(balancer: Balancer) -> None:
    client = next(one for one in clients(50) if balancer.send(one, SYN) == POOL[0])
    balancer.set_backends([f"{POOL[0]} weight 0", *POOL[1:]])
    assert balancer.send(client) == POOL[0]
    assert POOL[0] not in {balancer.send(one, SYN) for one in clients(250)[50:]}


@pytest.mark.parametrize("policy", ["move", "keep"])
def test_a_backend_that_is_down(balancer: Balancer, policy: str) -> None:
    balancer.set("on_down", policy)
    many = clients(100)
    chosen = {client: balancer.send(client, SYN) for client in many}
    down = POOL[1]
    balancer.kernel.ask("health", down, "down")
    assert down not in {balancer.send(client, SYN) for client in clients(300)[100:]}
    for client, backend in chosen.items():
        now = balancer.send(client)
        assert (now == backend) is (backend != down or policy == "keep")
        assert balancer.send(client) == now
    balancer.kernel.ask("health", down, "up")
    assert down in {balancer.send(client, SYN) for client in clients(500)[300:]}
    affected = list(chosen.values()).count(down) if policy == "move" else 0
    assert balancer.kernel.ask("moved") == str(affected)


def test_no_backend_is_left(balancer: Balancer) -> None:
    for name in POOL:
        balancer.kernel.ask("health", name, "down")
    assert balancer.send(Client(), SYN) == "refused"
    assert balancer.send(Client("2001:db8:c::1", service=VIP6), SYN) in POOL6
    balancer.kernel.ask("health", POOL[3], "up")
    assert balancer.send(Client(), SYN) == POOL[3]


def test_what_is_for_no_service_is_other(balancer: Balancer) -> None:
    for client in (Client(service_port=81), Client(service="192.0.2.81"), Client(service_port=53)):
        segment = client.request(SYN)
        assert balancer.forward(segment)[0] == ("balanced" if client.udp else "other")
    assert balancer.forward(b"\x45junk") == ["refused"]


@pytest.mark.parametrize("how", ["clean", "torn"])
def test_health_and_flows_outlive_a_worker(balancer: Balancer, how: str) -> None:
    chosen = {client: balancer.send(client, SYN) for client in clients(60)}
    balancer.kernel.ask("health", POOL[1], "down")
    assert balancer.kernel.ask("succeed", how) == ("rebuilt 60" if how == "torn" else "adopted 0")
    assert POOL[1] not in {balancer.send(client, SYN) for client in clients(160)[60:]}
    alive = {c: b for c, b in chosen.items() if b != POOL[1]}
    assert all(balancer.send(client) == backend for client, backend in alive.items())


def health(balancer: Balancer, backend: str) -> str:
    (line,) = (line for line in balancer.lines("backend_table") if line[0] == backend)
    return line[3]


def test_a_backend_that_left_is_remembered_for_a_day(balancer: Balancer) -> None:
    balancer.kernel.ask("health", POOL[0], "down")
    balancer.set_backends(POOL[1:])
    balancer.at(DAY / 2)
    balancer.set_backends(POOL)
    assert health(balancer, POOL[0]) == "down"
    balancer.set_backends(POOL[1:])
    balancer.at(3 * DAY)
    balancer.kernel.ask("expire_backends")
    balancer.kernel.ask("succeed", "clean")
    balancer.set_backends(POOL)
    assert health(balancer, POOL[0]) == "up"


def test_a_full_table_keeps_flows_in_use(balancing: Conversation) -> None:
    balancer = Balancer(balancing, POOL, capacity=16)
    used = clients(16)
    for client in used[:15]:
        balancer.send(client, SYN)
        balancer.send(client)
    balancer.send(used[15], SYN)
    assert balancer.send(Client(port=1), SYN) in POOL, "it takes the place of the unanswered one"
    balancer.send(Client(port=1))
    assert balancer.send(Client(port=2), SYN) == "refused"
    assert all(balancer.send(client) in POOL for client in used[:15])


def test_one_client_port_at_two_services(balancing: Conversation) -> None:
    """The backend could not tell the flows apart: the second one gets another backend."""
    balancer = Balancer(balancing, ["10.0.0.1:8080", "10.0.0.2:8080"])
    balancer.set("services", f"tcp {VIP}:80; tcp {VIP}:443; tcp {VIP}:8443")
    for port in range(1000, 1040):
        one, other, third = (Client(port=port, service_port=service) for service in (80, 443, 8443))
        backends = [balancer.send(client, SYN, port=8080) for client in (one, other)]
        assert set(backends) == {"10.0.0.1", "10.0.0.2"}
        assert balancer.send(third, SYN, port=8080) == "refused"
        for client, backend in zip((one, other), backends, strict=True):
            assert balancer.answer(client, f"{backend}:8080", SYN | ACK)


steps = st.one_of(
    st.tuples(
        st.just("send"), st.integers(0, 20), st.sampled_from([SYN, ACK, ACK, FIN | ACK, RST])
    ),
    st.tuples(st.just("backends"), st.sets(st.integers(0, 5), min_size=1)),
    st.tuples(st.just("health"), st.integers(0, 5), st.booleans()),
    st.tuples(st.just("succeed"), st.sampled_from(["clean", "torn"])),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(steps, max_size=60), st.booleans())
def test_a_flow_moves_only_when_it_may(
    balancing: Conversation, steps: list[tuple[object, ...]], keep: bool
) -> None:
    pool = [f"10.0.0.{n}" for n in range(6)]
    balancer = Balancer(balancing, pool)
    balancer.set("on_down", "keep" if keep else "move")
    listed, down, flows, ended = set(pool), set[str](), dict[int, str](), dict[int, int]()
    for step in steps:
        match step:
            case ("send", int() as number, int() as flags):
                old = flows.get(number)
                if number in ended and flags == SYN:
                    old = None
                    del ended[number]
                new = balancer.send(Client(port=1000 + number), flags)
                usable = listed - down
                if old is not None and (keep or old not in down):
                    assert new == old
                elif usable:
                    assert new in usable
                else:
                    assert new == "refused"
                    continue
                flows[number] = new
                if flags & (FIN | RST):
                    ended[number] = flags
                elif ended.get(number) == RST:
                    del ended[number]  # it goes on, so the reset was not real
            case ("backends", set() as chosen):
                listed = {pool[n] for n in chosen}
                balancer.set_backends(sorted(listed))
            case ("health", int() as number, bool() as up):
                balancer.kernel.ask("health", pool[number], "up" if up else "down")
                (down.discard if up else down.add)(pool[number])
            case ("succeed", how):
                balancer.kernel.ask("succeed", how)


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("services", "", "SERVICES are 1 to 64, not 0"),
        ("services", "tcp 192.0.2.1", "'tcp 192.0.2.1' is no service"),
        ("services", "sctp 192.0.2.1:80", "is no service"),
        ("services", "tcp 192.0.2.1:80; tcp 192.0.2.1:80", "is given twice"),
        ("services", "tcp 2001:db8::1:80", "is no service"),
        ("backends", "10.0.0.1; 10.0.0.1", "backend 10.0.0.1 is given twice"),
        ("backends", "10.0.0.1 weight 101", "is no backend: give `ADDRESS[:PORT] [weight 0-100]"),
        ("backends", "10.0.0.1 weight", "is no backend"),
        ("backends", "10.0.0.1 mac 02:00", "is no backend"),
        ("backends", "10.0.0.1 tag x", "is no backend"),
        ("backends", "10.0.0.1:0", "is no backend"),
        ("backends", "10.0.0.1:65536", "is no backend"),
        ("backends", "[2001:db8::1]80", "is no backend"),
        ("backends", "::ffff:10.0.0.1", "is no backend"),
        ("backends", "; ".join(f"10.0.{n // 250}.{n % 250}" for n in range(1001)), "at most 1000"),
        ("mode", "tunnel", "MODE is nat or direct, not 'tunnel'"),
        ("on_down", "drop", "ON_DOWN is move or keep, not 'drop'"),
        ("established", "soon", "'soon' is no timeout"),
    ],
)
def test_mistakes(balancing: Conversation, setting: str, value: str, message: str) -> None:
    balancer = Balancer(balancing, POOL)
    assert message in balancer.kernel.ask(setting, value)
    assert SERVICES and balancer.send(Client(), SYN) in POOL
