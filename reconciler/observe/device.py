"""Observes a device and the files saved for it, in the plan's terms."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from reconciler.devices.client import DeviceClient
from reconciler.devices.reports import DeviceState
from reconciler.observe.known import Known
from reconciler.observe.saved_state import saved_state
from reconciler.observe.targets import needs_saved_state, observed_of
from reconciler.plan.terms import Observed, Target
from reconciler.store import Snapshots


async def in_plan_terms(
    state: DeviceState,
    device: DeviceClient,
    target: Target | None,
    snapshots: Snapshots,
    known: Known,
) -> Observed:
    """Return the observation; files are read only for a desired table that memory does not hold."""
    saved = None
    if (
        target is not None
        and device.capabilities.state_restore
        and needs_saved_state(target, state)
    ):
        saved = await saved_state(device, snapshots)
    foreign = await asyncio.to_thread(is_foreign, state, known)
    seen = observed_of(state, known, saved, foreign)
    return replace(seen, capabilities=device.capabilities)


def is_foreign(state: DeviceState, known: Known) -> bool:
    """Tell whether something runs that none of our attempts started."""
    if state.status is None:
        return state.stranger and known.applied is None
    active = state.status.active
    return active is not None and not known.began(active.attempt)
