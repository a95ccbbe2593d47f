"""Supervisors outlive drivers and reconcilers: other versions work, or report what is wrong."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path, PurePosixPath

import pytest

from reconciler.devices.causes import BLAMES_DEVICE, BLAMES_RELEASE, Cause, cause_and_reason
from reconciler.devices.click_up.staging import stage
from reconciler.devices.click_up.supervisor import Supervisor
from reconciler.devices.client import Release, TakeoverRequest
from reconciler.devices.reports import DeviceStatus
from reconciler.errors import CheckpointFailed, TakeoverRefused, Transient
from reconciler.testbed.network import Network
from reconciler.transports.local import LocalTransport
from tests.cpp import LIBRARY, compile_driver, compile_supervisor
from tests.elements.wires import raw_socket, set_mtu
from tests.supervisor.running import WIRES, Supervised, until

HERE = Path(__file__).parent
PREVIOUS, NEWEST = 1, 3
Start = Callable[[int, int], AbstractContextManager[Supervised]]
BOTH = [(PREVIOUS, PREVIOUS), (PREVIOUS, NEWEST), (NEWEST, PREVIOUS), (NEWEST, NEWEST)]
OLD, NEW = "a" * 64, "b" * 64


@pytest.fixture(scope="module")
def programs(
    tmp_path_factory: pytest.TempPathFactory, supervisor_program: Path, wire_driver: Path
) -> dict[tuple[str, int], Path]:
    folder = tmp_path_factory.mktemp("previous")
    sources = [HERE / "elements.cc", HERE / "ledger.cc"]
    return {
        ("supervisor", NEWEST): supervisor_program,
        ("driver", NEWEST): wire_driver,
        ("supervisor", PREVIOUS): compile_supervisor(folder / "supervisor", protocol=PREVIOUS),
        ("driver", PREVIOUS): compile_driver(
            folder / "driver", [], sources=sources, protocol=PREVIOUS
        ),
    }


@pytest.fixture
def start(programs: dict[tuple[str, int], Path], tmp_path: Path, network: Network) -> Start:
    @contextmanager
    def started(of_supervisor: int, of_driver: int) -> Iterator[Supervised]:
        program, driver = programs["supervisor", of_supervisor], programs["driver", of_driver]
        with Supervised(program, driver, tmp_path, network.firewall.path) as supervised:
            yield supervised

    return started


@pytest.mark.parametrize(("of_supervisor", "of_driver"), BOTH)
def test_any_two_versions_take_over_and_revert(
    start: Start, of_supervisor: int, of_driver: int
) -> None:
    with start(of_supervisor, of_driver) as supervised:
        supervised.confirmed("one")
        supervised.takeover("two")
        assert supervised.write("revert", "as asked")[0] == 200
        status = DeviceStatus.model_validate(supervised.status())
        assert status.protocol == of_supervisor
        assert status.active is not None and status.active.release == "one"
        report = status.last_takeover
        assert report is not None and (report.result, report.reason) == ("reverted", "as asked")
        known = of_supervisor == NEWEST
        assert report.cause is (Cause.ASKED if known else Cause.NONE)


@pytest.mark.parametrize(("of_supervisor", "of_driver"), BOTH)
def test_any_two_versions_say_why_a_release_cannot_start(
    start: Start, of_supervisor: int, of_driver: int
) -> None:
    with start(of_supervisor, of_driver) as supervised:
        supervised.confirmed("one")
        cause, why = cause_and_reason(supervised.refused("two", "n :: Nonsense;"))
        assert cause is (Cause.RELEASE if of_supervisor == NEWEST else Cause.UNKNOWN)
        assert why.startswith(f"{supervised.directory}/two.click:1: ") and "Nonsense" in why


@pytest.mark.parametrize("of_driver", [PREVIOUS, NEWEST])
def test_what_the_device_lacks_is_its_fault(start: Start, of_driver: int) -> None:
    with start(NEWEST, of_driver) as supervised:
        answer = supervised.refused("two", "lan :: Wire(nosuch0, eth1);")
        cause, why = cause_and_reason(answer)
        assert cause is Cause.DEVICE and "no interface 'nosuch0'" in why


def test_nothing_is_tried_while_another_release_is_not_confirmed(start: Start) -> None:
    with start(NEWEST, NEWEST) as supervised:
        supervised.takeover("one")
        assert supervised.refused("two").startswith("busy: the running release is not confirmed")
        assert supervised.write("revert")[0] == 200


@pytest.mark.parametrize("of_supervisor", [PREVIOUS, NEWEST])
async def test_a_client_blames_nobody_where_it_is_told_no_cause(
    start: Start, of_supervisor: int, tmp_path: Path, programs: dict[tuple[str, int], Path]
) -> None:
    """A supervisor of the previous version gives no cause, so the takeover is tried again."""
    here = LocalTransport()
    with start(of_supervisor, NEWEST) as supervised:
        socket = PurePosixPath(supervised.directory / "supervisor.sock")
        client = Supervisor("box/stream", here, socket)
        driver, releases = programs["driver", NEWEST], PurePosixPath(tmp_path / "releases")
        await here.make_folder(releases)
        await stage(here, releases, Release(OLD, driver, WIRES, "{}"))
        await stage(here, releases, Release(NEW, driver, "n :: Nonsense;", "{}"))
        await client.takeover(TakeoverRequest("1", OLD, 30.0), releases, None)
        with pytest.raises(Transient, match="not confirmed yet"):
            await client.takeover(TakeoverRequest("2", NEW, 30.0), releases, None)
        await client.confirm(OLD)
        expected = TakeoverRefused if of_supervisor == NEWEST else Transient
        with pytest.raises(expected, match="Nonsense"):
            await client.takeover(TakeoverRequest("3", NEW, 30.0), releases, None)


@pytest.mark.parametrize("of_supervisor", [PREVIOUS, NEWEST])
async def test_a_checkpoint_that_cannot_be_written_is_told_for_people(
    start: Start, of_supervisor: int
) -> None:
    with start(of_supervisor, NEWEST) as supervised:
        answer = supervised.write("checkpoint")[1]
        assert answer.startswith("busy: ") == (of_supervisor == NEWEST)
        socket = PurePosixPath(supervised.directory / "supervisor.sock")
        client = Supervisor("box/stream", LocalTransport(), socket)
        with pytest.raises(CheckpointFailed, match="box/stream: checkpoint: no release runs"):
            await client.checkpoint("before an upgrade")


def test_a_late_revert_says_why_it_began_and_a_takeover_says_nothing(start: Start) -> None:
    with start(NEWEST, NEWEST) as supervised:
        supervised.confirmed("one")
        slow = WIRES + "Fault(pause, hang);"
        supervised.takeover("two", slow, confirm_timeout_ms=300)
        supervised.wait_for(lambda now: now["reverts"] == 1, "it goes back")
        status = DeviceStatus.model_validate(supervised.status())
        assert status.last_takeover is not None
        assert status.last_takeover.cause is Cause.NOT_CONFIRMED
        assert "not confirmed within 300 ms" in status.last_takeover.reason
        earlier = status.history[0]
        assert (earlier.result, earlier.cause, earlier.reason) == ("confirmed", Cause.NONE, "")


def test_a_worker_that_takes_no_long_frames_is_not_kept_awake_by_them(
    start: Start, network: Network, programs: dict[tuple[str, int], Path]
) -> None:
    """A Wire takes none, whichever version its driver speaks: only the newest one gets them."""
    ends = (network.client, network.firewall)
    with start(NEWEST, PREVIOUS) as supervised, raw_socket(network.client) as near:
        supervised.confirmed("one")
        supervised.takeover("two", driver=programs["driver", NEWEST])
        for end in ends:
            set_mtu(end, "eth0", 4000)
        try:
            near.send(bytes(3000))
            until(lambda: busy(supervised.pid()), "a message that nobody takes")
            assert supervised.write("revert")[0] == 200
            near.send(bytes(3000))
            assert not busy(supervised.pid())
        finally:
            for end in ends:
                set_mtu(end, "eth0", 1500)


def busy(pid: int) -> bool:
    """Return whether a process uses a processor more than a quarter of the time."""

    def seconds() -> float:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    before, began = seconds(), time.monotonic()
    time.sleep(0.3)
    return seconds() - before > (time.monotonic() - began) / 4


def test_the_words_are_those_of_the_supervisor() -> None:
    text = (LIBRARY / "shared" / "causes.hh").read_text()
    words = text.partition("kCauseWords{")[2].partition("}")[0]
    known = {word.strip().strip('"') for word in words.split(",")}
    assert known == {cause.value for cause in Cause if cause is not Cause.UNKNOWN}
    assert f"#define CLICKUP_PROTOCOL {NEWEST}\n" in text


def test_every_cause_is_explained() -> None:
    page = (LIBRARY.parent / "docs" / "reference" / "device.md").read_text()
    for cause in Cause:
        assert cause in (Cause.NONE, Cause.UNKNOWN) or f"| `{cause.value}` |" in page, cause
    assert not set(BLAMES_DEVICE) & set(BLAMES_RELEASE)
