"""Starts a supervisor that outlives us: in a session of its own, without inherited descriptors,
with its output in a file.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from reconciler.transports.transport import Transport

# The shell starts it in the background and exits, so that it is not our child and cannot become
# our zombie.
SCRIPT = 'out=$1; shift; "$@" </dev/null >>"$out" 2>&1 & echo $!'


async def start_detached(
    transport: Transport, command: Sequence[str], output: PurePosixPath
) -> int:
    """Start `command`, appending its output to `output`; return its process id."""
    return int(await transport.run(("/bin/sh", "-c", SCRIPT, "sh", str(output), *command)))


async def is_alive(transport: Transport, pid: int) -> bool:
    """Return whether a process runs; a zombie does not."""
    try:
        said = await transport.read(PurePosixPath(f"/proc/{pid}/stat"))
    except (FileNotFoundError, ProcessLookupError):
        return False
    # The name may hold anything, parentheses too; the state follows the last one
    # (proc_pid_stat(5)).
    return said.rpartition(b")")[2].split()[0] not in (b"Z", b"X")


async def last_lines(transport: Transport, file: PurePosixPath, count: int = 5) -> str:
    """Return the last lines of a program's output file, for error messages."""
    try:
        said = await transport.read(file)
    except FileNotFoundError:
        said = b""
    lines = said[-4096:].decode(errors="replace").strip().splitlines()
    return "; ".join(lines[-count:]) or "it printed nothing"
