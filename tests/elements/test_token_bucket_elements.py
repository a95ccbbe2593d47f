"""Police and Shape in graphs behave the same with and without an upgrade in between."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.driver.running import RunningDriver
from tests.elements.frames import Drive
from tests.elements.successive import Workers
from tests.elements.test_live import count, wait_until, write
from tests.packets import ether, ipv4, udp

QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
POLICE = """
limits :: TokenBuckets(RATE 1pps, BURST {burst}, CAPACITY 64);
in :: FromDump({folder}/in.pcap, STOP true) -> Strip(14) -> CheckIPHeader
  -> p :: Police(limits, KEY source);
p[0] -> Unstrip(14) -> ToDump({folder}/out.pcap) -> Discard;
p[1] -> Unstrip(14) -> ToDump({folder}/exceeding.pcap) -> Discard;
"""
SHAPE = """
limits :: TokenBuckets({limit}, CAPACITY 64, WAITING {waiting});
in :: FromDump({folder}/in.pcap) -> Strip(14) -> CheckIPHeader
  -> shape :: Shape(limits, KEY {key}, QUEUE 1000)
  -> Unstrip(14) -> ToDump({folder}/out.pcap) -> out :: Discard;
shape[1] -> Unstrip(14) -> ToDump({folder}/full.pcap) -> Discard;
"""
SLOW, FAST = "RATE 1pps, BURST 1", "RATE 100Gpps, BURST 100"


def frame(key: int, number: int, size: int = 0) -> bytes:
    payload = number.to_bytes(4, "big") + bytes(size)
    return ether(ipv4(f"10.0.0.{key}", "192.0.2.1", udp(1, 2, payload)))


def key_of(frame: bytes) -> int:
    return frame[29]


def shaping(key: str, waiting: int = 100) -> str:
    """Return a graph that lets one packet of each key through."""
    text = SHAPE.replace("{limit}", SLOW).replace("{waiting}", str(waiting))
    return text.replace("{key}", key)


keys = st.lists(st.integers(0, 3), max_size=30)


@QUICK
@given(keys, st.integers(1, 5), st.integers(0, 30), st.booleans())
def test_an_upgrade_changes_no_verdict(
    either: Workers, senders: list[int], burst: int, cut: int, crash: bool
) -> None:
    """A token takes a second, and the whole run takes less."""
    frames = [frame(key, number) for number, key in enumerate(senders)]
    passing = [f for i, f in enumerate(frames) if senders[: i + 1].count(senders[i]) <= burst]
    ran = either.run(
        POLICE.replace("{burst}", str(burst)), [frames[:cut], frames[cut:]],
        ["out", "exceeding"], crash=[0] if crash else [],
    )  # fmt: skip
    assert [frame for one in ran for frame in one.outputs["out"]] == passing
    assert sum(len(one.outputs["exceeding"]) for one in ran) == len(frames) - len(passing)


def test_a_changed_burst_keeps_the_tokens(workers: Workers) -> None:
    """Five of ten are left; a higher burst leaves them five, a burst of two makes them two."""
    frames = [frame(1, number) for number in range(20)]
    bursts = ["10", "100", "2"]
    texts = [POLICE.replace("{burst}", burst) for burst in bursts]
    ran = workers.run(texts, [frames[:5], frames[5:6], frames[6:]], ["out"])
    assert [len(one.outputs["out"]) for one in ran] == [5, 1, 2]


@QUICK
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1460)), max_size=20), st.integers(0, 20)
)
def test_what_waits_goes_on_waiting_in_the_next_worker(
    workers: Workers, packets: list[tuple[int, int]], cut: int
) -> None:
    """The last worker has a rate that lets everything out at once."""
    frames = [frame(key, number, size) for number, (key, size) in enumerate(packets)]
    slow = shaping("source")
    fast = slow.replace(SLOW, FAST)
    ran = workers.run(
        [slow, slow, fast], [frames[:cut], frames[cut:], [frame(9, 0)] * 2],
        ["out", "full"], ["shape.length", "limits.waiting", "shape.drops"],
    )  # fmt: skip
    assert [one.outputs["full"] for one in ran] == [[], [], []]
    seen = [[f for one in ran for f in one.outputs["out"] if key_of(f) == key] for key in range(4)]
    assert seen == [[f for f, (k, _) in zip(frames, packets, strict=True) if k == key]
                    for key in range(4)]  # fmt: skip
    held = len(frames) - len({key for key, _ in packets})
    assert ran[1].handlers == {
        "shape.length": str(held), "limits.waiting": str(held), "shape.drops": "0",
    }  # fmt: skip


def test_the_order_of_arrival_survives_across_keys(workers: Workers) -> None:
    """Keys that become ready at once leave in the order in which they came."""
    frames = [frame(1 + number // 3, number) for number in range(9)]
    slow = shaping("all")
    ran = workers.run([slow, slow.replace(SLOW, FAST)], [frames, [frame(9, 0)] * 2])
    assert [f for one in ran for f in one.outputs["out"]][:9] == frames


def test_jumbo_frames_wait_too(workers: Workers) -> None:
    frames = [frame(1, number, 9216 - 46) for number in range(17)]
    slow = shaping("all", waiting=16)
    handlers = ["shape.drops", "shape.length"]
    ran = workers.run([slow, slow], [frames, []], handlers=handlers)
    assert [one.handlers for one in ran] == [{"shape.drops": "0", "shape.length": "16"}] * 2


def test_limits_change_while_it_runs(driver: Path, tmp_path: Path) -> None:
    text = (
        "limits :: TokenBuckets(RATE 100pps, BURST 10); RatedSource(x, 2000) -> t :: Tee;"
        "t -> p :: Police(limits) -> passed :: Counter -> Discard;"
        "t[1] -> shape :: Shape(limits, KEY interface x, QUEUE 10) -> shaped :: Counter -> Discard;"
    ).replace("KEY interface x", 'KEY "interface x"')
    with RunningDriver(driver, text, tmp_path / "control") as process:
        client = process.client()
        for counter in ("passed", "shaped"):
            rate = wait_until(client, f"{counter}.rate", lambda rate: rate > 60)
            assert rate < 200
        assert write(client, "limits.rate", "1000pps")[0] == 200
        assert write(client, "limits.burst", "20ms")[0] == 200
        for counter in ("passed", "shaped"):
            wait_until(client, f"{counter}.rate", lambda rate: rate > 500)
        flat = client.read("flatconfig")
        assert "TokenBuckets(RATE 1000pps, BURST 20ms)" in flat
        assert client.read("limits.rate") == "1000pps"
        assert write(client, "limits.rate", "fast")[0] == 520
        assert write(client, "limits.burst", "3kB")[0] == 520, "a rate in packets has no bytes"
        assert write(client, "limits.rate", "1000kbps")[0] == 200, "a time fits every rate"
        assert write(client, "shape.queue", "2")[0] == 200
        wait_until(client, "shape.length", lambda length: length <= 2)
        assert write(client, "shape.queue", "0")[0] == 520
        assert count(client, "limits.count") == 2
        assert write(client, "limits.flush")[0] == 200


@pytest.mark.parametrize(
    ("element", "message"),
    [
        ("TokenBuckets", "RATE is missing"),
        ("TokenBuckets(RATE 10)", "RATE '10' is no rate"),
        ("TokenBuckets(RATE 0pps)", "RATE '0pps' is no rate"),
        ("TokenBuckets(RATE 2000Gpps)", "RATE '2000Gpps' is no rate"),
        ("TokenBuckets(RATE 1Mbps, BURST 5)", "BURST '5' is no burst of a rate in bits"),
        ("TokenBuckets(RATE 1pps, BURST 5kB)", "BURST '5kB' is no burst of a rate in packets"),
        ("TokenBuckets(RATE 1Mbps, BURST 3GB)", "at most 2 GB"),
        ("TokenBuckets(RATE 1pps, CAPACITY 1)", "CAPACITY 1 is out of range"),
        ("TokenBuckets(RATE 1pps, WAITING 20000)", "WAITING 20000 is out of range"),
        ("b :: TokenBuckets(RATE 1pps); Idle -> Police(b, KEY sender) -> Idle", "KEY 'sender'"),
        ("b :: TokenBuckets(RATE 1pps); Idle -> Police(b, KEY source/33) -> Idle", "source/33"),
        ("b :: TokenBuckets(RATE 1pps); Idle -> Shape(b, QUEUE 0) -> Idle", "QUEUE is 1 to 16384"),
        ("Idle -> Police -> Idle", "BUCKETS"),
    ],
)
def test_bad_arguments(drive: Drive, element: str, message: str) -> None:
    done = drive(f"{element};")
    assert done.returncode == 1
    assert message in done.stderr


@pytest.mark.parametrize(
    ("rate", "burst"),
    [
        ("10Mbps", "64kB"), ("1.5Gbps", "1Mbit"), ("500kBps", "20ms"), ("8bit/s", "1s"),
        ("2kpps", "100"), ("1 Mpps", "100p"), ("1p/s", "1min"), ("100Gbps", "1GB"),
    ],
)  # fmt: skip
def test_ways_to_write_limits(drive: Drive, rate: str, burst: str) -> None:
    stop = "InfiniteSource(LIMIT 1, STOP true) -> Discard;"
    done = drive(f'b :: TokenBuckets(RATE "{rate}", BURST {burst}); {stop}', "b.rate", "b.burst")
    assert done.stdout == f"b.rate:\n{rate}\n\nb.burst:\n{burst}\n\n"
