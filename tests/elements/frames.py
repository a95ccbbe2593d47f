"""Frames of the cases, written as expressions in the words of tests/packets.py."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping

from tests import packets

Drive = Callable[..., subprocess.CompletedProcess[str]]


def frames_of(expressions: Mapping[str, str]) -> dict[str, bytes]:
    """Frames by name, from expressions in the words of tests/packets.py and of frames before."""
    frames: dict[str, bytes] = {}
    for name, expression in expressions.items():
        frames[name] = frame(expression, frames)
    return frames


def frame(expression: str, frames: Mapping[str, bytes]) -> bytes:
    """One frame, such as `syn` or `syn[14:] + b"x"`."""
    value = eval(expression, dict(vars(packets)), dict(frames))
    assert isinstance(value, bytes), expression
    return value
