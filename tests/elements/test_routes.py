"""Routing tables against a dict of prefixes, changed and loaded while the driver runs."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.driver.running import ControlClient, RunningDriver
from tests.elements.frames import Drive
from tests.packets import ether, ipv4, ipv6, read_pcap, udp, write_pcap

Network = IPv4Network | IPv6Network
Hop = tuple[str, int]
OUTPUTS = 4
TEXT = "Idle -> r :: LookupRoute; Idle -> x :: RadixIPLookup;" + "".join(
    f"{name}[{output}] -> Discard;" for name in "rx" for output in range(OUTPUTS)
)


@pytest.fixture(scope="module")
def client(driver: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlClient]:
    path = tmp_path_factory.mktemp("routes") / "control"
    with RunningDriver(driver, TEXT, path) as process:
        yield process.client()


def write(client: ControlClient, handler: str, value: str) -> tuple[int, str]:
    client.send(f"WRITEDATA {handler} {len(value)}\r\n{value}")
    return client.reply()


def numbers(bits: int) -> st.SearchStrategy[int]:
    """Addresses with long common prefixes, so that routes lie within each other."""
    near = st.builds(
        lambda few, tail: few << (bits - 8) | tail, st.integers(10, 12), st.integers(0, 7)
    )
    spread = st.integers(0, 2**bits - 1)
    middle = st.builds(
        lambda a, b: a << (bits - 16) | b << (bits - 24),
        st.integers(2560, 2563),
        st.integers(0, 255),
    )
    return st.one_of(near, middle, spread)


def networks(bits: int) -> st.SearchStrategy[Network]:
    kind = IPv4Network if bits == 32 else IPv6Network
    return st.builds(
        lambda n, length: kind((n, length), strict=False), numbers(bits), st.integers(0, bits)
    )


any_network = st.one_of(networks(32), networks(128))
hops = st.tuples(st.integers(0, 3), st.integers(0, OUTPUTS - 1))
changes = st.tuples(
    st.sampled_from(["add", "add", "add", "set", "remove", "forget"]), any_network, hops
)


def hop_of(network: Network, hop: tuple[int, int]) -> Hop:
    if hop[0] == 0:
        return "-", hop[1]
    return (f"192.0.2.{hop[0]}" if network.version == 4 else f"fe80::{hop[0]}"), hop[1]


class Model:
    def __init__(self) -> None:
        self.routes: dict[Network, set[Hop]] = {}

    def change(self, command: str, network: Network, hop: Hop) -> bool:
        """Apply a change; return whether the driver accepts it."""
        there = self.routes.get(network, set())
        if command == "add":
            if hop in there:
                return False
            self.routes[network] = {*there, hop}
        elif command == "set":
            self.routes[network] = {hop}
        elif command == "remove":
            if hop not in there:
                return False
            self.routes[network] = there - {hop}
        elif not there:
            return False
        else:
            self.routes[network] = set()
        if not self.routes[network]:
            del self.routes[network]
        return True

    def look_up(self, address: str) -> set[Hop]:
        where = ip_address(address)
        matching = [one for one in self.routes if one.version == where.version and where in one]
        best = max(matching, key=lambda one: one.prefixlen, default=None)
        return set() if best is None else self.routes[best]


def line_of(command: str, network: Network, hop: Hop) -> str:
    if command == "forget":
        return f"remove {network}"
    return f"{command} {network} {hop[0]} {hop[1]}"


def found_hops(text: str) -> set[Hop]:
    if text == "-1":
        return set()
    parts = (part.split() for part in text.split(", "))
    return {(part[1] if part[1:] else "-", int(part[0])) for part in parts}


def edges(networks: list[Network]) -> set[str]:
    """Return the first and last address of each network, and those beside them."""
    found = set()
    for network in networks:
        most = 2**network.max_prefixlen
        first, last = int(network.network_address), int(network.broadcast_address)
        kind = type(network.network_address)
        found |= {str(kind(n % most)) for n in (first - 1, first, last, last + 1)}
    return found


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(changes, max_size=25), others=st.lists(numbers(32), max_size=5))
def test_finds_the_longest_prefix(
    client: ControlClient, steps: list[tuple[str, Network, tuple[int, int]]], others: list[int]
) -> None:
    assert write(client, "r.flush", "")[0] == 200
    model = Model()
    for command, network, number in steps:
        hop = hop_of(network, number)
        code, text = write(client, "r.ctrl", line_of(command, network, hop))
        assert (code == 200) == model.change(command, network, hop), text
    addresses = edges([network for _, network, _ in steps]) | {str(ip_address(n)) for n in others}
    for address in sorted(addresses):
        assert found_hops(client.read(f"r.lookup {address}")) == model.look_up(address), address
    lines = [line.split("\t") for line in client.read("r.table").splitlines()]
    table = {(ip_network(network), gateway, int(output)) for network, gateway, output in lines}
    expected = {
        (network, gateway, output)
        for network, known in model.routes.items()
        for gateway, output in known
    }
    assert table == expected


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(first=st.lists(changes, max_size=10), second=st.lists(changes, min_size=1, max_size=10))
def test_a_group_of_changes_is_made_whole_or_not_at_all(
    client: ControlClient,
    first: list[tuple[str, Network, tuple[int, int]]],
    second: list[tuple[str, Network, tuple[int, int]]],
) -> None:
    write(client, "r.flush", "")
    for command, network, number in first:
        write(client, "r.ctrl", line_of(command, network, hop_of(network, number)))
    before = client.read("r.table")
    lines = [line_of(c, network, hop_of(network, number)) for c, network, number in second]
    taken = write(client, "r.ctrl", "\n".join([*lines, "remove 203.0.113.77/32"]))
    assert taken[0] == 520 and client.read("r.table") == before


def test_clicks_classes_refuse_a_second_route(client: ControlClient) -> None:
    assert write(client, "x.add", "10.0.0.0/8 192.0.2.1 1") == (200, "Write handler 'x.add' OK")
    assert write(client, "x.add", "10.0.0.0/8 2")[0] == 520
    assert client.read("x.lookup 10.1.1.1") == "1 192.0.2.1"
    assert write(client, "x.set", "10.0.0.0/8 2")[0] == 200
    assert client.read("x.lookup 10.1.1.1") == "2"
    assert write(client, "x.remove", "10.0.0.0/8 192.0.2.1 1")[0] == 520
    assert write(client, "x.remove", "10.0.0.0/8")[0] == 200
    assert client.read("x.lookup 10.1.1.1") == "-1"
    assert write(client, "x.add", "2001:db8::/32 1") == (520, "expected an IPv4 prefix")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("add", "'' is no prefix"),
        ("add 10.0.0.0/33 1", "'10.0.0.0/33' is no prefix"),
        ("add 10.0.0.0/255.0.255.0 1", "is no prefix"),
        ("add 10.0.0/8", "the output is missing"),
        ("add 10.0.0.0/8 4", "'4' is no output: expected a number below 4"),
        ("add 10.0.0.0/8 fe80::1 1", "'fe80::1' is no gateway: expected an IPv4 address"),
        ("add 10.0.0.0/8 192.0.2.1 1 2", "'2' is left over: expected PREFIX"),
        ("add 10.0.0.0/8 via", "'' is no output"),
        ("put 10.0.0.0/8 1", "line 1: 'put' is not add, set or remove"),
    ],
)
def test_what_is_wrong_with_a_line(client: ControlClient, line: str, message: str) -> None:
    code, text = write(client, "r.ctrl", line)
    assert code == 520 and message in text


def wait_for_load(client: ControlClient) -> str:
    while "so far" in (text := client.read("r.loading")):
        pass
    return text


def test_a_full_table_is_loaded_while_the_driver_answers(
    client: ControlClient, tmp_path: Path
) -> None:
    """500,000 routes: from a file, and as text through a handler."""
    four = [
        f"{10 + (n >> 16)}.{n >> 8 & 255}.{n & 255}.0/24 via 192.0.2.{n % 7 + 1} {n % 4}"
        for n in range(300_000)
    ]
    six = [
        f"2a00:{n >> 16:x}:{n & 0xFFFF:x}::/48 via fe80::{n % 7 + 1:x} {n % 4}"
        for n in range(200_000)
    ]
    file = tmp_path / "routes"
    file.write_text("# a full table\n" + "\n".join([*four, *six]) + "\n")
    write(client, "r.flush", "")
    assert write(client, "r.load", str(file))[0] == 200
    answers = 0
    while "so far" in client.read("r.loading"):
        answers += 1
    assert answers > 10, "handlers wait for no load"
    assert client.read("r.loading") == "500000 prefixes loaded"
    assert (
        client.read("r.lookup 12.7.9.1")
        == f"{(2 << 16 | 7 << 8 | 9) % 4} 192.0.2.{(2 << 16 | 7 << 8 | 9) % 7 + 1}"
    )
    assert (
        client.read("r.lookup 2a00:2:9::1") == f"{(2 << 16 | 9) % 4} fe80::{(2 << 16 | 9) % 7 + 1}"
    )
    assert len(client.read("r.table").splitlines()) == 65536
    assert write(client, "r.routes", "\n".join(four[:1000]))[0] == 200
    assert wait_for_load(client) == "1000 prefixes loaded"
    assert client.read("r.lookup 12.7.9.1") == "-1"


def test_a_table_with_a_mistake_changes_nothing(client: ControlClient, tmp_path: Path) -> None:
    write(client, "r.flush", "")
    write(client, "r.add", "10.0.0.0/8 1")
    (tmp_path / "routes").write_text("11.0.0.0/8 1\n\n12.0.0.0/8 lan # a name\n")
    assert write(client, "r.load", f"{tmp_path}/routes")[0] == 200
    assert (
        wait_for_load(client)
        == f"{tmp_path}/routes line 3: a word is no output: expected a number below 4"
    )
    assert client.read("r.table") == "10.0.0.0/8\t-\t1\n"
    code, text = write(client, "r.load", "/nowhere/routes")
    assert code == 520 and "No such file" in text


def test_files_and_arguments_go_together(drive: Drive, tmp_path: Path) -> None:
    (tmp_path / "routes").write_text("10.0.0.0/8 via 192.0.2.1 wan\n10.1.0.0/16 lan\n")
    text = (
        'Idle -> r :: LookupRoute(10.1.0.0/16 wan, FILE routes, OUTPUTS "lan wan");'
        "r[0] -> Discard; r[1] -> Discard; InfiniteSource(LIMIT 1, STOP true) -> Discard;"
    )
    done = drive(text, "r.table")
    assert done.stdout == "10.0.0.0/8\t192.0.2.1\twan\n10.1.0.0/16\t-\tlan\n10.1.0.0/16\t-\twan\n"
    (tmp_path / "routes").write_text("10.0.0.0/8 via 192.0.2.1 dmz\n")
    done = drive(text)
    assert done.returncode == 1
    assert "routes line 1: a word is no output: expected a name or a number of one" in done.stderr


def flows(count: int) -> list[bytes]:
    four = [ipv4("10.0.0.1", f"10.{n >> 8}.{n & 255}.9", udp(1000 + n, 53)) for n in range(count)]
    six = [ipv6("2001:db8::1", f"2001:db8::{n:x}", udp(1000 + n, 53)) for n in range(count)]
    return [ether(packet) for packet in [*four, *six]]


def test_flows_stay_on_their_next_hop(drive: Drive, tmp_path: Path) -> None:
    """Removing a next hop moves only its own flows; shares are even."""
    frames = flows(600)

    def shares(hops: list[int]) -> list[set[bytes]]:
        write_pcap(tmp_path / "in.pcap", frames)
        routes = ", ".join(f"0/0 192.0.2.{n} {n}, ::/0 fe80::{n} {n}" for n in hops)
        text = (
            "FromDump(in.pcap, STOP true) -> Strip(14) -> c :: Classifier(0/4?, 0/6?);"
            f"c[0] -> CheckIPHeader -> r :: LookupRoute({routes}); c[1] -> CheckIP6Header -> r;"
        )
        text += "".join(f"r[{n}] -> ToDump({n}.pcap) -> Discard;" for n in range(4))
        assert drive(text).returncode == 0
        return [{one.data for one in read_pcap(tmp_path / f"{n}.pcap")} for n in range(4)]

    four, three = shares([0, 1, 2, 3]), shares([0, 1, 3])
    assert sum(map(len, four)) == sum(map(len, three)) == 1200
    assert all(240 < len(share) < 360 for share in four)
    assert three[2] == set()
    assert all(four[n] <= three[n] for n in (0, 1, 3))
