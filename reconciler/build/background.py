"""Starts work that can wait, at a lower priority for processors and disks than everything else."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

NICENESS = 10
RECONCILER_NICENESS = 5
"""Below ordinary work, yet high enough to confirm a release in time."""
CAP_SYS_NICE = 23  # linux/capability.h
SESSION_NICENESS = 5
"""A third of a busy session's share: with many of them, a build still finishes."""
# The measures are independent and each may fail: containers forbid some, small systems lack the
# programs. Where the kernel divides processor time between sessions (sched_autogroup_enabled),
# niceness counts only within a session, so the command's own session is made nice as a whole.
SCRIPT = f"""
read -r pid name state parent group session rest </proc/$$/stat
if [ "$session" = "$$" ]; then
  # Of ordinary users the kernel takes one such change in a tenth of a second, and refuses others.
  for try in 1 2 3; do echo {SESSION_NICENESS} >/proc/$$/autogroup && break; sleep 0.2; done
fi
chrt -b -p 0 $$
ionice -c 3 -p $$"""
START = f'command -v nice >/dev/null && exec nice -n {NICENESS} "$@"; exec "$@"'


def background(command: Sequence[str]) -> tuple[str, ...]:
    """Return the command that runs `command` below ordinary work: nice, SCHED_BATCH, idle disk.

    Start it in a session of its own (start_new_session), or its niceness may have no effect.
    """
    script = f"{{ {SCRIPT}\n}} >/dev/null 2>&1; {START}"
    return ("/bin/sh", "-c", script, "sh", *command)


def step_back() -> None:
    """Run this process, and those that it starts, below ordinary work.

    It is made nice only if that can be undone: a supervisor that we start raises its own priority.
    """
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    if _may_raise_priorities():
        os.nice(RECONCILER_NICENESS)


def _may_raise_priorities() -> bool:
    status = Path("/proc/self/status").read_text().splitlines()
    effective = next((line.split()[1] for line in status if line.startswith("CapEff")), "0")
    return bool(int(effective, 16) >> CAP_SYS_NICE & 1)
