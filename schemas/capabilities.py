"""What a driver on a device can do; the steps of a plan follow from it."""

from __future__ import annotations

from schemas.meta import Model


class Capabilities(Model):
    """All of it, as click-up's own driver has it."""

    checkpoints: bool = True
    """State tables are saved on the device, and on demand."""
    live_writes: bool = True
    """Parameters of what runs can be written."""
    state_restore: bool = True
    """State tables come back from checkpoints and snapshots."""
