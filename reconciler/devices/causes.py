"""Why a device refused, failed or reverted: the one-word cause that its supervisor gives.

The words are those of element_library/shared/causes.hh; docs/reference/device.md explains them.
"""

from __future__ import annotations

from enum import StrEnum


class Cause(StrEnum):
    """The cause of a refusal, failure or revert."""

    NONE = ""
    BUSY = "busy"
    REQUEST = "request"
    DEVICE = "device"
    TRAFFIC = "traffic"
    RELEASE = "release"
    STATE = "state"
    VERSION = "version"
    NOT_CONFIRMED = "not_confirmed"
    WORKER_DIED = "worker_died"
    ASKED = "asked"
    UNKNOWN = "unknown"
    """No cause, or one that is not known here, from a supervisor of another version."""

    @classmethod
    def _missing_(cls, value: object) -> Cause:
        return cls.UNKNOWN


BLAMES_RELEASE = (Cause.RELEASE, Cause.STATE)
"""Causes for which the same release would fail again."""
BLAMES_DEVICE = (Cause.DEVICE, Cause.VERSION)
"""Causes that a person has to remedy on the device; the release is not to blame."""


def cause_and_reason(text: str) -> tuple[Cause, str]:
    """Split the text with which a supervisor refuses: `CAUSE: reason`."""
    word, colon, reason = text.partition(": ")
    cause = Cause(word) if colon else Cause.UNKNOWN
    return (cause, text) if cause is Cause.UNKNOWN else (cause, reason)
