"""What a device says, with what disks hold for it, in the plan's terms."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from reconciler.devices.local import LocalDevice
from reconciler.devices.status import DeviceState
from reconciler.observe.saved_state import saved_state
from reconciler.observe.targets import observed_of, wanting
from reconciler.plan.terms import Observed, Target
from reconciler.store import Snapshots


async def in_plan_terms(
    state: DeviceState,
    device: LocalDevice,
    target: Target,
    snapshots: Snapshots,
    expected: str | None,
    foreign: bool,
) -> Observed:
    """Files are read only where a table is wanted that no memory holds."""
    saved = None
    if wanting(target, state):
        saved = await asyncio.to_thread(saved_state, device, snapshots)
    return observed_of(state, expected, saved, foreign)


def is_foreign(state: DeviceState, ever_applied: bool, known: Callable[[str], bool]) -> bool:
    """Whether something runs that no attempt which is `known` led to."""
    if state.status is None:
        return state.stranger and not ever_applied
    active = state.status.active
    return active is not None and not known(active.attempt)
