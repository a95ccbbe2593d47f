"""Starts a supervisor that outlives us: its own session, no inherited descriptors, output to a
file.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from reconciler.transports.transport import Transport

# The shell starts it in the background and ends, so it is nobody's child and leaves no zombie
# with us.
SCRIPT = 'out=$1; shift; "$@" </dev/null >>"$out" 2>&1 & echo $!'


async def start_detached(
    transport: Transport, command: Sequence[str], output: PurePosixPath
) -> int:
    """Start `command`, appending what it prints to `output`; returns its process id."""
    return int(await transport.run(("/bin/sh", "-c", SCRIPT, "sh", str(output), *command)))


async def is_alive(transport: Transport, pid: int) -> bool:
    """Whether a process runs; one that has ended but was not yet collected does not."""
    try:
        said = await transport.read(PurePosixPath(f"/proc/{pid}/stat"))
    except (FileNotFoundError, ProcessLookupError):
        return False
    # The name may hold anything, parentheses too; the state follows the last one
    # (proc_pid_stat(5)).
    return said.rpartition(b")")[2].split()[0] not in (b"Z", b"X")


async def last_lines(transport: Transport, file: PurePosixPath, count: int = 5) -> str:
    """The end of a file that a program printed into, for error messages."""
    try:
        said = await transport.read(file)
    except FileNotFoundError:
        said = b""
    lines = said[-4096:].decode(errors="replace").strip().splitlines()
    return "; ".join(lines[-count:]) or "it printed nothing"
