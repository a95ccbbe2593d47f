"""What the packet path of an instance gets of its device, as the supervisor tells it."""

from __future__ import annotations

from pydantic import Field

from schemas.meta import Model


class RingShare(Model):
    """The receive ring of one interface."""

    frames: int
    bytes: int
    bound: str
    """What its size follows from: speed (of the link), measured, memory or least."""
    peak_rate: int = 0
    """Most frames a second that were seen."""


class Share(Model):
    """Priority, processors and memory."""

    priority: str
    """realtime, high or normal."""
    wanted: str = "best"
    cores: tuple[int, ...] = ()
    """All when there are none."""
    refused: str = ""
    """What the device does not allow, and why."""
    rings: dict[str, RingShare] = Field(default_factory=dict)
