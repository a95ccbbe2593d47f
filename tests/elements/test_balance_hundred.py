"""A hundred backends, one of which leaves: no live flow moves, and few new ones do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.driver.running import RunningDriver
from tests.elements.successive import Lone, Workers
from tests.elements.test_balance import destination, framed, graph
from tests.elements.test_live import wait_until, write
from tests.kernels.balancer import Client
from tests.packets import ACK, SYN, read_pcap, write_pcap

WEIGHTS = {f"10.0.1.{n}": 1 + n % 4 for n in range(1, 101)}
POOL = [f"{backend} weight {weight}" for backend, weight in WEIGHTS.items()]
GONE = "10.0.1.42"
LEFT = [text for text in POOL if not text.startswith(f"{GONE} ")]
LIVE, FRESH = 4000, 20_000
SPACE = "CAPACITY 30000"
FROM_FILE = "in :: FromDump({folder}/in.pcap, STOP true) -> inbound; Idle -> outbound;"
FROM_TWO_FILES = """
begun :: FromDump({folder}/begun.pcap, ACTIVE false) -> inbound;
then :: FromDump({folder}/then.pcap, ACTIVE false) -> inbound;
Idle -> outbound;
"""


@dataclass(frozen=True)
class Traffic:
    """Frames that begin flows, more of the same flows, and frames that begin others."""

    begun: list[bytes]
    more: list[bytes]
    fresh: list[bytes]


def ways(frames: list[bytes]) -> list[str]:
    return [destination(frame) for frame in frames]


@pytest.fixture(scope="module")
def sent() -> Traffic:
    live, fresh = (
        [Client(f"198.51.100.{host}", 1000 + n) for n in range(flows)]
        for host, flows in ((7, LIVE), (8, FRESH))
    )
    return Traffic(
        [framed(client.request(SYN)) for client in live],
        [framed(client.request(ACK)) for client in live],
        [framed(client.request(SYN)) for client in fresh],
    )


@pytest.fixture(scope="module")
def wanted(driver: Path, tmp_path_factory: pytest.TempPathFactory, sent: Traffic) -> list[str]:
    """The backends that new flows would go to if none left."""
    text = graph("{folder}", POOL, FROM_FILE, SPACE)
    (ran,) = Lone(driver, tmp_path_factory.mktemp("hundred")).run(text, [sent.fresh], ["balanced"])
    return ways(ran.outputs["balanced"])


def by_an_upgrade(sent: Traffic, workers: Workers, driver: Path, folder: Path) -> list[str]:
    texts = [graph("{folder}", pool, FROM_FILE, SPACE) for pool in (POOL, LEFT)]
    ran = workers.run(texts, [sent.begun, sent.more + sent.fresh], ["balanced"])
    return ways([frame for one in ran for frame in one.outputs["balanced"]])


def by_a_live_change(sent: Traffic, workers: Workers, driver: Path, folder: Path) -> list[str]:
    write_pcap(folder / "begun.pcap", sent.begun)
    write_pcap(folder / "then.pcap", sent.more + sent.fresh)
    text = graph(folder, POOL, FROM_TWO_FILES, SPACE)
    with RunningDriver(driver, text, folder / "control") as process:
        client = process.client()
        write(client, "begun.active", "true")
        wait_until(client, "balance.balanced", lambda packets: packets == LIVE)
        assert write(client, "web.backends", f'"{"; ".join(LEFT)}"')[0] == 200
        write(client, "then.active", "true")
        wait_until(client, "balance.balanced", lambda packets: packets == 2 * LIVE + FRESH)
    return ways([one.data for one in read_pcap(folder / "balanced.pcap")])


def test_flows_go_where_the_weights_want_them(wanted: list[str]) -> None:
    """Backends of one weight are counted together: each alone has too few flows to compare."""
    counts, used = Counter(WEIGHTS[backend] for backend in wanted), Counter(WEIGHTS.values())
    share = FRESH / sum(WEIGHTS.values())
    for weight, backends in used.items():
        assert counts[weight] == pytest.approx(share * weight * backends, rel=0.05)


@pytest.mark.parametrize("remove", [by_a_live_change, by_an_upgrade])
def test_one_of_a_hundred_leaves(
    remove: Callable[[Traffic, Workers, Path, Path], list[str]],
    sent: Traffic, wanted: list[str], workers: Workers, driver: Path, tmp_path: Path,
) -> None:  # fmt: skip
    seen = remove(sent, workers, driver, tmp_path)
    begun, more, fresh = seen[:LIVE], seen[LIVE : 2 * LIVE], seen[2 * LIVE :]
    assert more == begun
    assert GONE in begun
    assert GONE not in fresh
    moved = sum(now != before != GONE for now, before in zip(fresh, wanted, strict=True))
    assert moved <= 0.02 * FRESH
