"""The share of its device that the packet path of an instance has, as the supervisor reports it."""

from __future__ import annotations

from pydantic import Field

from schemas.meta import Model


class RingShare(Model):
    """The receive ring of one interface."""

    frames: int
    bytes: int
    bound: str
    """The limit of its size: speed (of the link), measured, memory or least."""
    peak_rate: int = 0
    """Highest rate seen, in frames per second."""


class Share(Model):
    """Priority, processors and memory."""

    priority: str
    """realtime, high or normal."""
    wanted: str = "best"
    cores: tuple[int, ...] = ()
    """All when empty."""
    refused: str = ""
    """Settings that the device does not allow, and why."""
    rings: dict[str, RingShare] = Field(default_factory=dict)
