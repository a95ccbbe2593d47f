"""Starts a supervisor that outlives us: its own session, no inherited descriptors, output to a
file.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

# The shell starts it in the background and ends, so it is nobody's child and leaves no zombie
# with us.
SCRIPT = 'out=$1; shift; "$@" </dev/null >>"$out" 2>&1 & echo $!'


async def start_detached(command: Sequence[str], output: Path) -> int:
    """Start `command`, appending what it prints to `output`; returns its process id."""
    return await asyncio.to_thread(_start, tuple(command), output)


def _start(command: tuple[str, ...], output: Path) -> int:
    done = subprocess.run(
        ("/bin/sh", "-c", SCRIPT, "sh", str(output), *command),
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return int(done.stdout)


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended but was not yet collected does not."""
    try:
        # The name may hold anything, parentheses too; the state follows the last one
        # (proc_pid_stat(5)).
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in ("Z", "X")


def last_lines(path: Path, count: int = 5) -> str:
    """The end of a log file, for error messages."""
    if not path.exists():
        return "it printed nothing"
    with path.open("rb") as file:
        file.seek(max(0, os.path.getsize(path) - 4096))
        lines = file.read().decode(errors="replace").strip().splitlines()
    return "; ".join(lines[-count:]) or "it printed nothing"
