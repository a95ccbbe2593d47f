"""Changes while packets flow: rates, limits, capacities, through handlers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.driver.running import ControlClient, RunningDriver

Start = Callable[[str], ControlClient]


@pytest.fixture
def start(driver: Path, tmp_path: Path) -> Iterator[Start]:
    """Start the driver on a text; return a client of its control socket."""
    with ExitStack() as stack:
        yield lambda text: stack.enter_context(
            RunningDriver(driver, text, tmp_path / "control")
        ).client()


def write(client: ControlClient, handler: str, value: str = "") -> tuple[int, str]:
    client.send(f"WRITE {handler} {value}\r\n")
    return client.reply()


def count(client: ControlClient, handler: str) -> float:
    return float(client.read(handler))


def wait_until(client: ControlClient, handler: str, good: Callable[[float], bool]) -> float:
    deadline = time.monotonic() + 20
    while not good(value := count(client, handler)):
        assert time.monotonic() < deadline, f"{handler} stays {value}"
        time.sleep(0.02)
    return value


def test_rated_source_keeps_its_rate_and_changes_it(start: Start) -> None:
    client = start("s :: RatedSource(x, 1000) -> c :: Counter -> Discard;")
    wait_until(client, "c.rate", lambda rate: 800 < rate < 1050)
    assert write(client, "s.rate", "100")[0] == 200
    wait_until(client, "c.rate", lambda rate: rate < 150)
    assert "RatedSource(x, 100)" in client.read("flatconfig")
    assert write(client, "s.rate", "fast") == (520, "rate is a number of packets per second")


def test_rated_splitter_parts_at_its_rate(start: Start) -> None:
    client = start(
        "RatedSource(x, 2000) -> s :: RatedSplitter(500);"
        "s[0] -> within :: Counter -> Discard; s[1] -> above :: Counter -> Discard;"
    )
    wait_until(client, "within.count", lambda packets: packets >= 500)
    assert 2 < count(client, "above.count") / count(client, "within.count") < 4
    assert write(client, "s.rate", "100000")[0] == 200
    before = count(client, "above.count")
    wait_until(client, "within.count", lambda packets: packets >= 2000)
    assert count(client, "above.count") - before < 50


def test_meter_switches_the_whole_stream(start: Start) -> None:
    client = start(
        "RatedSource(x, 1000) -> m :: Meter(1000000);"
        "m[0] -> low :: Counter -> Discard; m[1] -> high :: Counter -> Discard;"
    )
    wait_until(client, "low.count", lambda packets: packets >= 200)
    assert count(client, "high.count") == 0
    assert write(client, "m.rate", "10")[0] == 200
    assert client.read("m.rate") == "10"
    wait_until(client, "high.count", lambda packets: packets >= 200)
    assert "Meter(10)" in client.read("flatconfig")
    assert count(client, "m.measured_rate") > 10


def test_counter_rates_fade_and_reset(start: Start) -> None:
    client = start("s :: RatedSource(\\<0102>, 1000) -> c :: Counter -> Discard;")
    rate = wait_until(client, "c.rate", lambda rate: rate > 300)
    assert count(client, "c.bit_rate") >= 16 * rate * 0.9
    assert count(client, "c.byte_count") == pytest.approx(2 * count(client, "c.count"), rel=0.2)
    assert write(client, "s.active", "false")[0] == 200
    wait_until(client, "c.rate", lambda now: now < rate / 2)
    assert write(client, "c.reset")[0] == 200
    assert client.read("c.count") == "0"
    assert client.read("c.rate") == "0"


def test_source_starts_again(start: Start) -> None:
    client = start("s :: InfiniteSource(x, 10) -> c :: Counter -> Discard;")
    wait_until(client, "c.count", lambda packets: packets == 10)
    assert write(client, "s.data", "longer")[0] == 200
    assert write(client, "s.reset")[0] == 200
    wait_until(client, "c.count", lambda packets: packets == 20)
    assert client.read("c.byte_count") == "70"
    assert write(client, "s.limit", "15")[0] == 200
    wait_until(client, "c.count", lambda packets: packets == 25)


def test_queue_shrinks_and_grows(start: Start) -> None:
    client = start(
        "InfiniteSource(x, 10) -> q :: Queue(20) -> u :: Unqueue(ACTIVE false) -> Discard;"
    )
    wait_until(client, "q.length", lambda length: length == 10)
    assert write(client, "q.capacity", "4")[0] == 200
    assert (client.read("q.length"), client.read("q.drops")) == ("4", "6")
    assert write(client, "q.capacity", "30")[0] == 200
    assert "Queue(30)" in client.read("flatconfig")
    assert write(client, "q.capacity", "0")[0] == 520
    assert write(client, "u.active", "true")[0] == 200
    wait_until(client, "u.count", lambda packets: packets == 4)
    assert write(client, "q.reset_counts")[0] == 200
    assert (client.read("q.drops"), client.read("q.highwater_length")) == ("0", "0")


def test_headers_and_paint_change(start: Start) -> None:
    client = start(
        "InfiniteSource(x, 0) -> e :: EtherEncap(0x0800, 1:1:1:1:1:1, 2:2:2:2:2:2)"
        " -> p :: Paint(3) -> Discard;"
    )
    assert client.read("e.src") == "01:01:01:01:01:01"
    assert write(client, "e.src", "02:00:00:00:00:09")[0] == 200
    assert write(client, "e.ethertype", "0x86dd")[0] == 200
    assert write(client, "e.dst", "nonsense")[0] == 520
    assert write(client, "p.color", "7")[0] == 200
    assert write(client, "p.color", "256")[0] == 520
    flat = client.read("flatconfig")
    assert "EtherEncap(0x86dd, 02:00:00:00:00:09, 2:2:2:2:2:2)" in flat
    assert "Paint(7)" in flat
