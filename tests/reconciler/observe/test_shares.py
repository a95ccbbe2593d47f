"""The share that a device gives the packet path: settings, conditions and their texts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from reconciler.cli.plan_text import plan_lines
from reconciler.devices.click_up.share import DeviceShare
from reconciler.devices.reports import DeviceStatus, RingDrops, RingStatus, SchedulingStatus
from reconciler.observe.shares import lossless_condition, share_of
from reconciler.record.conditions import FALSE, TRUE
from schemas.device import DeviceSpec
from schemas.plan import Plan, Refusal

REFUSAL = Refusal(state="s", why="w", hint="h")
REFUSAL = Refusal(state="s", why="w", hint="h")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
MEGABYTE = 1 << 20


def ring(cause: str = "", seconds_ago: float = 1, frames: int = 1234) -> RingStatus:
    time = (NOW - timedelta(seconds=seconds_ago)).isoformat()
    drops = RingDrops(time=time, frames=frames, cause=cause, over_ms=200, off_processor_ms=120)
    return RingStatus(
        frames=65536, bytes=128 * MEGABYTE, bound="memory", drops=drops if cause else None
    )


def test_memory_goes_to_the_interfaces_in_equal_parts() -> None:
    spec = DeviceSpec.model_validate(
        {"interfaces": {"lan": "eth0", "wan": "eth1"}, "memory": "64MiB", "cores": [1, 3]}
    )
    share = DeviceShare.of(spec)
    assert share.lines == f"priority=best\ncores=1,3\nring_memory={32 * MEGABYTE}\n"
    assert share.options[:4] == ["--priority", "best", "--cores", "1,3"]
    said = SchedulingStatus(wanted="best", priority="high", cores=(1, 3), ring_memory=32 * MEGABYTE)
    assert share.described_by(said)
    assert not share.described_by(said.model_copy(update={"cores": ()}))
    assert str(share) == "the best priority allowed, cores 1, 3, receive rings of at most 32 MiB"


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ({"memory": "64"}, "a size is a whole number with a unit"),
        ({"memory": 64}, "a size is a whole number with a unit"),
        ({"memory": "1MiB"}, "4MiB to 64GiB"),
        ({"memory": "9" * 5000 + "MiB"}, "a size is a whole number with a unit"),
        ({"cores": [-1]}, "greater than or equal to 0"),
        ({"priority": "fast"}, "'realtime', 'high' or 'normal'"),
    ],
)
def test_what_cannot_be_given_is_a_mistake(spec: dict[str, object], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        DeviceSpec.model_validate(spec)


def test_sizes_survive_being_written_down() -> None:
    spec = DeviceSpec.model_validate({"memory": "96MiB"})
    assert spec.model_dump(mode="json")["memory"] == "96MiB"
    assert DeviceSpec.model_validate(spec.model_dump(mode="json")) == spec


@pytest.mark.parametrize(
    ("cause", "reason", "told"),
    [
        ("off_processor", "OffProcessor", "off the processor for 120 of 200 ms"),
        ("no_worker", "NoWorker", "no worker forwarded"),
        ("overload", "Overload", "busy all the time"),
        ("burst", "Burst", "raise spec.memory"),
        ("too_long", "TooLong", "9,194"),
    ],
)
def test_drops_are_a_condition_with_a_reason(cause: str, reason: str, told: str) -> None:
    said = lossless_condition({"eth0": ring(), "eth1": ring(cause)}, NOW)
    assert (said.status, said.reason) == (FALSE, reason)
    assert said.message.startswith("eth1 dropped 1,234 frames at 2025-12-31T")
    assert told in said.message


def test_the_newest_drops_count_and_old_ones_no_more() -> None:
    rings = {"eth0": ring("burst", seconds_ago=30), "eth1": ring("overload", seconds_ago=20)}
    assert lossless_condition(rings, NOW).reason == "Overload"
    assert lossless_condition(rings, NOW + timedelta(hours=1)).status is TRUE


def test_a_plan_tells_what_the_packet_path_has() -> None:
    scheduling = SchedulingStatus(wanted="realtime", priority="high", cores=(2,), refused="why not")
    share = share_of(DeviceStatus(scheduling=scheduling, rings={"eth0": ring()}))
    plan = Plan(instance="a/b", release="r", running="q", share=share, classes_to_build=("Null",))
    (*_, last) = plan_lines(plan.model_copy(update={"changes": (), "refusals": (REFUSAL,)}))
    assert last == (
        "  share: high priority, cores 2; eth0's ring holds 65,536 frames (128 MiB, by memory);"
        " not allowed: why not"
    )


def test_a_supervisor_of_before_says_nothing() -> None:
    assert share_of(DeviceStatus()) is None and share_of(None) is None
