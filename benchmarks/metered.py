"""Runs a compiler and notes what it cost: `python metered.py LOG COMMAND...`, as ninja starts it.

A line of JSON a command: what it read and made, and the processor time of it and its children.
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
    """Processor seconds and memory (MB of the largest process) of making what `source` says."""

    source: str
    seconds: float
    megabytes: float


def metered(compiler: Compiler, log: Path) -> Compiler:
    """The same compiler, which writes its costs to `log`."""
    command = (sys.executable, "-P", str(Path(__file__)), str(log), *compiler.command)
    return replace(compiler, command=command)


def costs(log: Path) -> list[Cost]:
    """What was noted, in order of completion."""
    return [Cost(**json.loads(line)) for line in log.read_text().splitlines()]


def used_by_children() -> float:
    """Processor seconds of every process that was started from here and has ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main(arguments: Sequence[str]) -> int:
    """Run and note; the command's exit code."""
    log, *command = arguments
    code = subprocess.run(command, check=False).returncode
    if "-o" in command and code == 0:
        _note(Path(log), command)
    return code


def _note(log: Path, command: Sequence[str]) -> None:
    # Compilers are named what they read last; a linker reads objects only.
    source = next((word for word in reversed(command) if word.endswith((".cc", ".hh"))), "")
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    cost = Cost(source, used_by_children(), largest)
    with log.open("a") as file:  # one write of a short line: whole, whoever writes beside it
        file.write(json.dumps(asdict(cost)) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
