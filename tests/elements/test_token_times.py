"""Police and Shape in the driver against exact arithmetic, at the times the driver recorded."""

from __future__ import annotations

from itertools import accumulate
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.elements.frames import Drive
from tests.elements.test_token_bucket_elements import frame, key_of
from tests.kernels.buckets import Buckets, Limit
from tests.packets import Capture, read_pcap, write_pcap

TIMED = """
policed, shaped :: TokenBuckets({limit}, CAPACITY 64);
FromDump(in.pcap, TIMING true, STOP true) -> Strip(14) -> CheckIPHeader -> copies :: Tee;
copies[0] -> police :: Police(policed, KEY source);
copies[1] -> shape :: Shape(shaped, KEY source, QUEUE 100);
police[0] -> SetTimestamp -> Unstrip(14) -> ToDump(conforming.pcap, NANO true);
police[1] -> SetTimestamp -> Unstrip(14) -> ToDump(exceeding.pcap, NANO true);
shape[0] -> SetTimestamp -> Unstrip(14) -> ToDump(shaped.pcap, NANO true);
shape[1] -> Discard;
"""
MS = 1_000_000


def number_of(one: Capture) -> int:
    return int.from_bytes(one.data[42:46])


class Clocked:
    """Buckets that advance to the time of each frame they decide on."""

    def __init__(self, limit: Limit) -> None:
        self.buckets, self.time_ns = Buckets(limit), 0

    def take(self, frame: bytes, time_ns: int) -> bool:
        self.buckets.wait(time_ns - self.time_ns)
        self.time_ns = time_ns
        return self.buckets.take(key_of(frame), len(frame) - 14)


def check_shaped(limit: Limit, sent: list[Capture], left: list[Capture]) -> None:
    """Check that no packet leaves too early, and that none stays that may leave at the end."""
    clocked = Clocked(limit)
    for one in left:
        assert clocked.take(one.data, one.time_ns)
    for key in {key_of(one.data) for one in sent}:
        came = [one.data for one in sent if key_of(one.data) == key]
        gone = [one.data for one in left if key_of(one.data) == key]
        assert gone == came[: len(gone)]
        for first_waiting in came[len(gone) : len(gone) + 1]:
            assert not clocked.take(first_waiting, max(sent[-1].time_ns, clocked.time_ns))


def text_of(limit: Limit) -> str:
    rate, burst = ("pps", "") if limit.unit == "packets" else ("bps", "bit")
    return f"RATE {limit.rate}{rate}, BURST {limit.burst}{burst}"


def spread(packets: list[tuple[int, int, int]]) -> list[Capture]:
    """Return packets of these keys, sizes and gaps, and one of a key that always has tokens."""
    taken = [*packets, (9, 0, MS)]
    times = accumulate(gap for _, _, gap in taken)
    return [
        Capture(frame(key, number, size), MS + time)
        for (number, (key, size, _)), time in zip(enumerate(taken), times, strict=True)
    ]


packet_limits = st.builds(Limit, st.integers(100, 5000), st.integers(1, 4))
bit_limits = st.builds(
    Limit, st.integers(10**6, 5 * 10**7), st.integers(12_144, 40_000), st.just("bits")
)
arrivals = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 1400), st.integers(0, MS)), max_size=30
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(limit=st.one_of(packet_limits, bit_limits), packets=arrivals)
def test_times_decide_as_in_exact_arithmetic(
    drive: Drive, tmp_path: Path, limit: Limit, packets: list[tuple[int, int, int]]
) -> None:
    """Each verdict is right for the time at which it was given, however late the driver is."""
    frames = spread(packets)
    write_pcap(tmp_path / "in.pcap", frames)
    done = drive(TIMED.replace("{limit}", text_of(limit)))
    assert done.returncode == 0, done.stderr
    conforming, exceeding, shaped = (
        read_pcap(tmp_path / f"{name}.pcap") for name in ("conforming", "exceeding", "shaped")
    )
    policed = sorted([*conforming, *exceeding], key=number_of)
    assert [one.data for one in policed] == [one.data for one in frames]
    clocked = Clocked(limit)
    assert [one for one in policed if clocked.take(one.data, one.time_ns)] == conforming
    check_shaped(limit, policed, shaped)
