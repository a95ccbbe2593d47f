"""The packet path has priority on a processor, but cannot starve other programs."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reconciler.testbed.network import Network
from tests.netns import needs_sandbox
from tests.supervisor.conftest import Start
from tests.supervisor.running import RING_BYTES, WIRES, Stream, Supervised, until

pytestmark = needs_sandbox

RESET_ON_FORK = 0x40000000


def realtime_allowed() -> bool:
    before = os.sched_getscheduler(0)
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except PermissionError:
        return False
    os.sched_setscheduler(0, before, os.sched_param(0))
    return True


needs_realtime = pytest.mark.skipif(
    not realtime_allowed(), reason="real-time priority is not allowed here (CAP_SYS_NICE)"
)


def policy(pid: int) -> int:
    return os.sched_getscheduler(pid) & ~RESET_ON_FORK


def level(pid: int) -> int:
    return os.sched_getparam(pid).sched_priority


def nice_of_session(pid: int) -> int | None:
    """Return a session's nice value; None if the kernel does not schedule by session."""
    group = Path(f"/proc/{pid}/autogroup")
    return int(group.read_text().split()[-1]) if group.exists() else None


@needs_realtime
def test_the_supervisor_goes_before_its_workers_and_they_before_others(
    forwarding: Supervised,
) -> None:
    status = forwarding.status()
    assert status["scheduling"] == {
        "wanted": "best",
        "priority": "realtime",
        "cores": [],
        "refused": "",
        "ring_memory": RING_BYTES,
    }
    supervisor, worker = status["pid"], forwarding.pid()
    assert policy(supervisor) == policy(worker) == os.SCHED_FIFO
    assert level(supervisor) > level(worker) > 5, "programs that measure use 1 to 5"


@needs_realtime
def test_a_worker_that_is_started_again_has_its_priority(forwarding: Supervised) -> None:
    before = forwarding.pid()
    os.kill(before, signal.SIGKILL)
    forwarding.wait_for(lambda now: now["restarts"] == 1, "is started again")
    assert forwarding.pid() != before and policy(forwarding.pid()) == os.SCHED_FIFO


@needs_realtime
def test_priority_and_cores_change_while_it_forwards(
    forwarding: Supervised, network: Network
) -> None:
    with Stream(network) as stream:
        assert forwarding.write("share", "priority=high\ncores=0")[0] == 200
        worker = forwarding.pid()
        assert policy(worker) == os.SCHED_OTHER and os.getpriority(os.PRIO_PROCESS, worker) == -15
        assert os.sched_getaffinity(worker) == {0}
        assert nice_of_session(worker) in (-15, None)
        stream.run_on()
        assert forwarding.write("share", "priority=normal\ncores=")[0] == 200
        assert os.getpriority(os.PRIO_PROCESS, worker) == 0
        assert nice_of_session(worker) in (0, None)
        assert os.sched_getaffinity(worker) == os.sched_getaffinity(0)
        assert forwarding.write("share", "priority=best")[0] == 200
        assert policy(worker) == os.SCHED_FIFO
        stream.run_on()
    assert not stream.lost


def test_a_core_that_does_not_exist_is_told(start: Start) -> None:
    supervised = start("--cores", "1000")
    supervised.confirmed("one")
    assert "is there such a core?" in supervised.status()["scheduling"]["refused"]


def test_what_is_not_allowed_is_told(
    supervisor_program: Path, wire_driver: Path, tmp_path: Path
) -> None:
    """As in a container or for an ordinary user, there is no right to raise priorities."""
    command = ("setpriv", "--bounding-set=-sys_nice", "--inh-caps=-sys_nice", "--")
    with Supervised(supervisor_program, wire_driver, tmp_path, None, before=command) as ordinary:
        said = ordinary.status()["scheduling"]
        assert said["priority"] == "normal"
        assert "realtime: Operation not permitted" in said["refused"]
        assert "high: " in said["refused"]


@contextmanager
def spinning(supervised: Supervised, tmp_path: Path) -> Iterator[int]:
    """Let the worker of release `two`, in probation, loop for ever; provide its process id."""
    once = tmp_path / "spin-once"
    supervised.takeover("two", WIRES + f"Fault(task, spin, ONCE {once});")
    worker = supervised.pid()
    once.write_text("")
    yield worker


def test_a_worker_that_spins_is_seen_and_replaced(
    forwarding: Supervised, network: Network, tmp_path: Path
) -> None:
    with Stream(network) as stream:
        stream.run_on()
        with spinning(forwarding, tmp_path):
            forwarding.wait_for(lambda now: now["reverts"] == 1, "goes back to the release before")
        stream.run_on()
    status = forwarding.status()
    assert status["active"]["release"] == "one"
    reason = status["last_takeover"]["reason"]
    assert reason.startswith("the worker was busy for") and "an element loops" in reason
    assert forwarding.events("worker_spins"), "and not taken for one that hangs"
    assert not stream.lost, "the ring held what came meanwhile"


def test_a_confirmed_worker_that_spins_is_started_again(
    forwarding: Supervised, network: Network, tmp_path: Path
) -> None:
    with spinning(forwarding, tmp_path) as worker:
        forwarding.write("confirm", "two")
        forwarding.wait_for(lambda now: now["restarts"] == 1, "is started again")
    assert forwarding.pid() != worker
    with Stream(network) as stream:
        stream.run_on()
    assert not stream.lost


def processor_seconds(pid: int) -> float:
    return time.clock_gettime_ns((~pid << 3) | 2) / 1e9


@needs_realtime
def test_a_worker_that_is_busy_for_long_keeps_its_priority(forwarding: Supervised) -> None:
    forwarding.confirmed("two", WIRES + "Fault(task, busy);")
    worker = forwarding.pid()
    begun = processor_seconds(worker)
    # The kernel looks after two and a half seconds without a rest, and at every second after that.
    until(lambda: processor_seconds(worker) - begun > 4, "has used a processor", 60)
    assert policy(worker) == os.SCHED_FIFO and forwarding.pid() == worker


@needs_realtime
def test_a_spinning_worker_without_a_supervisor_loses_its_priority(
    forwarding: Supervised, tmp_path: Path
) -> None:
    """The kernel's limit (RLIMIT_RTTIME) holds when no supervisor watches any more."""
    supervisor = forwarding.status()["pid"]
    with spinning(forwarding, tmp_path) as worker:
        assert policy(worker) == os.SCHED_FIFO
        os.kill(supervisor, signal.SIGSTOP)
        try:
            until(lambda: policy(worker) == os.SCHED_OTHER, "its priority is taken")
        finally:
            os.kill(supervisor, signal.SIGCONT)
    forwarding.wait_for(lambda now: now["reverts"] + now["restarts"] >= 1, "and then replaced")
