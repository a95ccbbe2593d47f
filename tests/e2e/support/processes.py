"""Processes of a device: what they logged, and how they are killed."""

from __future__ import annotations

import subprocess
from pathlib import Path


def log_of(folder: Path) -> str:
    """Return the supervisor's log, for messages of failed assertions."""
    return "\n".join(path.read_text() for path in folder.rglob("log.jsonl"))


def runs(pid: int) -> bool:
    """Return whether a process runs; a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in ("Z", "X")


def kill(pid: int) -> None:
    """Send SIGKILL by a command, as somebody on the machine would."""
    subprocess.run(["kill", "-9", str(pid)], check=True)
