"""What is run in a process of its own, and how that may end before it has a result."""

from __future__ import annotations

import os
import signal
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

STATUS = struct.Struct("=i")
"""How a process ended, in the terms of `waitpid`: the last bytes of every answer."""

OUT_OF_MEMORY = 3
"""The status with which a process ends that may have no more memory."""


@dataclass(frozen=True)
class Task:
    """A function that another process can import, and the most that one call may take."""

    function: Callable[..., Any]
    memory: int
    """Bytes, in addition to those of a process that does nothing."""
    seconds: int
    """Of processor time, so that a busy machine makes no difference; at least 1."""


class Ended(Exception):
    """The process ended before it had a result."""


class OutOfMemory(Ended):
    """It needed more memory than it may have."""


class OutOfTime(Ended):
    """It needed more time than it may have."""


class Killed(Ended):
    """Neither: the text names the signal, or the status with which it ended."""


def why_ended(status: int) -> Ended:
    """Return what a status of `waitpid`, other than 0, says."""
    code = os.waitstatus_to_exitcode(status)
    if code == OUT_OF_MEMORY:
        return OutOfMemory()
    if code == -signal.SIGXCPU:
        return OutOfTime()
    return Killed(f"ended with status {code}" if code > 0 else f"was killed by {_name(-code)}")


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
