"""What a driver on a device can do; the steps of a plan follow from it."""

from __future__ import annotations

from pydantic import model_validator

from schemas.meta import Model


class Capabilities(Model):
    """Abilities of a driver; by default all, as click-up's own driver has them."""

    takeover: bool = True
    """A release takes over while the previous one forwards; else that one is stopped before the
    next starts, and nothing forwards in between.
    """
    parked: bool = True
    """The previous release stays warm until the new one is confirmed, so that reverting takes no
    time; else it is staged and started again like any other.
    """
    checkpoints: bool = True
    """State tables are saved on the device, and on demand."""
    live_writes: bool = True
    """Parameters of the running release can be written."""
    state_restore: bool = True
    """State tables can be restored from checkpoints and snapshots."""

    @model_validator(mode="after")
    def _parked_by_a_takeover(self) -> Capabilities:
        if self.parked and not self.takeover:
            raise ValueError("what was stopped is not parked: a driver without takeover parks none")
        return self
