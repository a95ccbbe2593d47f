"""Takeovers that change capacities: the next worker treats packets as this one would."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.elements.test_balance import destination, framed, graph
from tests.elements.test_token_bucket_elements import frame
from tests.elements.test_token_times import number_of
from tests.kernels.balancer import Client
from tests.packets import ACK, FIN, SYN, Capture, read_pcap, write_pcap
from tests.supervisor.running import Supervised, until

Upgrade = Callable[..., list[Capture]]


@pytest.fixture
def supervised(
    supervisor_program: Path, session_driver: Path, tmp_path: Path
) -> Iterator[Supervised]:
    with Supervised(supervisor_program, session_driver, tmp_path, None) as started:
        yield started


@pytest.fixture
def upgrade(supervised: Supervised, tmp_path: Path) -> Upgrade:
    """Let the next worker take frames from {folder}/in.pcap by `in`; return one output, once a
    handler says that it is done.
    """
    numbers = count()

    def passed(
        text: str, frames: list[bytes], output: str, handler: str = "in.active", last: str = "false"
    ) -> list[Capture]:
        folder = tmp_path / f"release-{next(numbers)}"
        folder.mkdir()
        write_pcap(folder / "in.pcap", frames)
        supervised.confirmed(folder.name, text.replace("{folder}", str(folder)))
        until(lambda: supervised.worker(handler) == last, f"{handler} is {last}")
        return read_pcap(folder / f"{output}.pcap")

    return passed


def balancing(capacity: int, *backends: str) -> str:
    """Return a balancer; in it, connections that are about to end have the nearest deadlines."""
    source = "in :: FromDump({folder}/in.pcap) -> inbound; Idle -> outbound;"
    return graph("{folder}", backends, source, f"CAPACITY {capacity}, TCP_CLOSING 100")


def requests(clients: list[Client], *flags: int) -> list[bytes]:
    return [framed(client.request(one)) for one in flags for client in clients]


def test_flows_stay_where_they_are(supervised: Supervised, upgrade: Upgrade) -> None:
    """Even those whose backend leaves at the same time, if they are in use."""
    ending, used, begun = (
        [Client(f"198.51.100.{host}", port) for port in range(1000, 1000 + flows)]
        for host, flows in ((1, 12), (2, 12), (3, 40))
    )
    opening = requests(ending, SYN, ACK, FIN | ACK) + requests(used, SYN, ACK)
    pool = ["10.0.0.1", "10.0.0.2", "10.0.0.3"]
    first = upgrade(balancing(64, *pool), opening + requests(begun, SYN), "balanced")
    homes = [destination(one.data) for one in first[24:36] + first[-52:-40]]
    assert {*homes} == {*pool}
    more = requests(ending + used, ACK)
    for capacity, pool, kept in ((1000, ["10.0.0.2"], 64), (32, ["10.0.0.3"], 32)):
        seen = upgrade(balancing(capacity, *pool), more, "balanced")
        assert [destination(one.data) for one in seen] == homes
        assert supervised.worker("web.count") == str(kept)


SLOW, FAST = "RATE 8bit/s", "RATE 100Gbit/s"
LIMITED = """
limits :: TokenBuckets({rate}, BURST 12144bit, CAPACITY {capacity}, WAITING {waiting});
in :: FromDump({folder}/in.pcap) -> Strip(14) -> CheckIPHeader -> way :: Classifier(15/64, -);
way[0] -> shape :: Shape(limits, QUEUE 100) -> Unstrip(14)
  -> ToDump({folder}/shaped.pcap, UNBUFFERED true);
way[1] -> Police(limits, KEY source) -> Unstrip(14)
  -> ToDump({folder}/conforming.pcap, UNBUFFERED true);
"""


def limited(rate: str, capacity: int, waiting: int) -> str:
    sizes = {"{rate}": rate, "{capacity}": str(capacity), "{waiting}": str(waiting)}
    text = LIMITED
    for name, value in sizes.items():
        text = text.replace(name, value)
    return text


SHAPED, LARGE, JUMBO = 100, 1400, 9000


def test_emptied_buckets_stay_empty_and_what_waits_goes_on_waiting(
    supervised: Supervised, upgrade: Upgrade
) -> None:
    """A smaller table drops the fullest buckets, and the last of the waiting packets."""
    emptied = [frame(key, key, LARGE) for key in range(20)]
    little = [frame(key, key) for key in range(20, 30)]
    waiting = [frame(SHAPED, number, JUMBO) for number in range(31)]
    first = upgrade(limited(SLOW, 64, 100), emptied + little + waiting, "conforming")
    assert len(first) == 30
    for key, capacity, room, kept in ((40, 1000, 200, 30), (41, 24, 16, 16)):
        taken = [*emptied, frame(key, key, LARGE)]
        (new,) = upgrade(limited(SLOW, capacity, room), taken, "conforming")
        assert number_of(new) == key
        assert supervised.worker("shape.length") == str(kept)
    assert supervised.worker("limits.count") == "24"
    seen = upgrade(limited(FAST, 24, 16), [], "shaped", "shape.length", "0")
    assert [number_of(one) for one in seen] == list(range(1, 17))
