"""Runs a compiler and logs its cost: `python metered.py LOG COMMAND...`, as ninja starts it.

The log has a line of JSON for each command: its source, and the processor time and memory that it
and its children used.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from reconciler.build.compiler import Compiler


@dataclass(frozen=True)
class Cost:
    """Processor seconds and memory (MB of the largest process) of compiling `source`."""

    source: str
    seconds: float
    megabytes: float


def metered(compiler: Compiler, log: Path) -> Compiler:
    """Return the same compiler, but writing its costs to `log`."""
    command = (sys.executable, "-P", str(Path(__file__)), str(log), *compiler.command)
    return replace(compiler, command=command)


def costs(log: Path) -> list[Cost]:
    """Return the logged costs, in order of completion."""
    return [Cost(**json.loads(line)) for line in log.read_text().splitlines()]


def used_by_children() -> float:
    """Return the processor seconds of all child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main(arguments: Sequence[str]) -> int:
    """Run the command and log its cost; return its exit code."""
    log, *command = arguments
    code = subprocess.run(command, check=False).returncode
    if "-o" in command and code == 0:
        _note(Path(log), command)
    return code


def _note(log: Path, command: Sequence[str]) -> None:
    # A compiler's source is the last one in its command; a linker reads objects only.
    source = next((word for word in reversed(command) if word.endswith((".cc", ".hh"))), "")
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    cost = Cost(source, used_by_children(), largest)
    with log.open("a") as file:  # a single write of a short line is atomic among concurrent writers
        file.write(json.dumps(asdict(cost)) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
