"""Why a device refused, failed or went back, as its supervisor says it in one word.

The words are those of element_library/shared/causes.hh; docs/reference/device.md explains them.
"""

from __future__ import annotations

from enum import StrEnum


class Cause(StrEnum):
    """What was to blame."""

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
    """A word that is not known here, or none, from a supervisor of another version."""

    @classmethod
    def _missing_(cls, value: object) -> Cause:
        return cls.UNKNOWN


BLAMES_RELEASE = (Cause.RELEASE, Cause.STATE)
"""The same release would fail again."""
BLAMES_DEVICE = (Cause.DEVICE, Cause.VERSION)
"""A person has to put the device right; the release is not to blame."""


def cause_and_reason(text: str) -> tuple[Cause, str]:
    """Of the text with which a supervisor refuses: `CAUSE: reason`."""
    word, colon, reason = text.partition(": ")
    cause = Cause(word) if colon else Cause.UNKNOWN
    return (cause, text) if cause is Cause.UNKNOWN else (cause, reason)
