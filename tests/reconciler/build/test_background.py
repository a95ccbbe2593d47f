"""Background work, as the kernel sees it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from reconciler.build.background import (
    NICENESS,
    RECONCILER_NICENESS,
    SESSION_NICENESS,
    background,
)

ORDINARY_USER = 65534
SLEEPS = (sys.executable, "-c", "import time; print(flush=True); time.sleep(600)")
TELLS = (sys.executable, "-c", "import os; print(os.getpid())")


@contextmanager
def running(command: Sequence[str], user: int | None = None) -> Iterator[int]:
    """Start background work; provide its process id."""
    with subprocess.Popen(
        background(command), start_new_session=True, stdout=subprocess.PIPE, user=user
    ) as child:
        assert child.stdout is not None and child.stdout.readline()
        try:
            yield child.pid
        finally:
            child.kill()


def niceness(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[16])


def assert_in_the_background(pid: int) -> None:
    if shutil.which("nice"):
        assert niceness(pid) == min(niceness(os.getpid()) + NICENESS, 19)
    if shutil.which("chrt"):
        assert os.sched_getscheduler(pid) == os.SCHED_BATCH
    if shutil.which("ionice"):
        said = subprocess.run(["ionice", "-p", str(pid)], capture_output=True, text=True)
        assert said.stdout.strip() == "idle"
    session = Path(f"/proc/{pid}/autogroup")
    if session.exists():
        assert session.read_text().split()[1:] == ["nice", str(SESSION_NICENESS)]


def test_runs_below_ordinary_work() -> None:
    with running(SLEEPS) as pid:
        assert_in_the_background(pid)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_ordinary_users_may() -> None:
    with running(("/bin/sh", "-c", "echo; exec sleep 600"), ORDINARY_USER) as pid:
        assert_in_the_background(pid)


def test_session_of_the_starter_is_left_alone() -> None:
    session = Path("/proc/self/autogroup")
    before = session.read_text() if session.exists() else ""
    assert subprocess.run(background(("true",)), check=False).returncode == 0
    assert (session.read_text() if session.exists() else "") == before


def test_exit_code_output_and_process_are_the_commands() -> None:
    assert subprocess.run(background(("/bin/sh", "-c", "exit 7")), check=False).returncode == 7
    with subprocess.Popen(background(TELLS), stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert int(child.stdout.readline()) == child.pid


def test_nothing_of_it_has_to_be_there() -> None:
    done = subprocess.run(
        background(("/bin/echo", "it", "runs")),
        env={"PATH": "/nowhere"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("it runs\n", "")


STEPS_BACK = (
    "import os; from reconciler.build.background import step_back; step_back();"
    "print(os.sched_getscheduler(0) == os.SCHED_BATCH, os.nice(0))"
)


def stepped_back(*before: str) -> list[str]:
    done = subprocess.run(
        [*before, sys.executable, "-c", STEPS_BACK], capture_output=True, text=True, check=True
    )
    return done.stdout.split()


def test_a_reconciler_steps_back_as_far_as_its_supervisors_may_come_forward_again() -> None:
    without = ("setpriv", "--bounding-set=-sys_nice", "--inh-caps=-sys_nice", "--")
    assert stepped_back(*without) == ["True", str(os.nice(0))]
    if os.geteuid() == 0:
        assert stepped_back() == ["True", str(min(os.nice(0) + RECONCILER_NICENESS, 19))]
