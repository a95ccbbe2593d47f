"""From what is desired to a plan, for `click-up plan` and for every pass alike."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reconciler.build import Builder
from reconciler.devices.client import DeviceClient
from reconciler.devices.open import open_device
from reconciler.devices.reports import DeviceState
from reconciler.errors import DeviceMoved, DirectoryTaken, Waiting
from reconciler.library import Library
from reconciler.load.desired_state import DesiredState
from reconciler.load.repository import Desired
from reconciler.observe.device import in_plan_terms
from reconciler.observe.known import Known
from reconciler.observe.targets import check_platform, reject_digest, target_from
from reconciler.plan import make_plan
from reconciler.plan.removals import why_not_so_many
from reconciler.plan.terms import Observed, Target
from reconciler.record.journal import Applied
from reconciler.resolve import Resolved, resolve
from reconciler.store import Snapshots
from schemas.device import Device
from schemas.plan import Plan

STARTING_SECONDS = 0.2


@dataclass(frozen=True)
class Goal:
    """A target for a device, and the revision that asks for it; without a target, nothing is to
    run.
    """

    desired: Desired
    """For a removal: what was applied last."""
    target: Target | None
    device: DeviceClient
    revision: str
    builder: Builder
    """Builds for what the device is."""

    @property
    def release(self) -> str:
        """Digest of the release; empty when nothing is to run."""
        return "" if self.target is None else self.target.release

    @property
    def reject_digest(self) -> str:
        """The digest under which a failure of this goal is recorded."""
        return "" if self.target is None else reject_digest(self.target, self.desired)

    @property
    def applied(self) -> Applied:
        """The release to record once the goal is reached."""
        return Applied(self.release, self.revision, self.desired.element.spec.version)


@dataclass(frozen=True)
class Planner:
    """Makes goals and plans; `folder` is the reconciler's data folder."""

    folder: Path
    library: Library
    builder: Builder
    """Of this machine; that of a device follows from it."""
    open: Callable[[Device, str, Path], DeviceClient] = open_device
    """Opens a device: from its document, an element's name and `folder`."""
    allow_removals: bool = False
    """Whether one commit may remove most instances."""
    resolve: Callable[[Desired], Awaitable[Resolved]] | None = None
    """Resolves elsewhere than in this process. Raises Stalled, NoProcess."""

    @property
    def snapshots(self) -> Snapshots:
        """Snapshots of all devices' states."""
        return Snapshots(self.folder / "snapshots")

    async def goal(self, desired: Desired, revision: str) -> Goal:
        """Resolve what is desired for its device. Raises Stalled, DeviceUnreachable."""
        device = self._device(desired)
        platform = await device.platform()
        check_platform(desired, platform)
        builder = await asyncio.to_thread(self.builder.for_platform, platform)
        resolved = await self._resolve(desired)
        target = await asyncio.to_thread(target_from, desired, resolved, self.library, builder)
        return Goal(desired, target, device, revision, builder)

    def why_keep(
        self, desired_state: DesiredState, applied: Mapping[str, Mapping[str, Any]]
    ) -> str | None:
        """Return why instances that are no longer desired must be left running, or None.

        `applied` holds the objects of every instance as they were applied last.
        """
        why = desired_state.why_not_remove()
        if why is None and not self.allow_removals:
            why = why_not_so_many(applied, desired_state.digests)
        return why

    def removal(self, applied: Desired, revision: str) -> Goal:
        """Return the goal that nothing runs where this was applied."""
        return Goal(applied, None, self._device(applied), revision, self.builder)

    async def observe(self, goal: Goal) -> DeviceState:
        """Observe the device once it has settled. Raises Waiting, DeviceUnreachable."""
        state = await goal.device.observe()
        if state.status is not None and state.status.settling:
            raise Waiting(f"{goal.desired.key}: a worker is starting", STARTING_SECONDS)
        return state

    async def plan(self, goal: Goal, state: DeviceState, known: Known) -> tuple[Plan, Observed]:
        """Return the plan from the device's report to the goal, and the observation it was made
        from.
        """
        observed = await in_plan_terms(state, goal.device, goal.target, self.snapshots, known)
        return make_plan(goal.target, observed, goal.desired.key), observed

    async def check_not_moved(self, desired: Desired, known: Known) -> None:
        """Raise DeviceMoved when the device was moved while its supervisor runs at the former
        place.
        """
        last = known.applied
        if last is None or (words := _differences(last, desired)) == "":
            return
        with suppress(DirectoryTaken):
            if (await self._device(last).observe()).status is None:
                return
            raise DeviceMoved(
                f"{words}: a running supervisor cannot be moved. Undo that change, or give the"
                f" device another name: {desired.key} is then stopped, and starts without its"
                " sessions, under the new name"
            )

    async def _resolve(self, desired: Desired) -> Resolved:
        if self.resolve is not None:
            return await self.resolve(desired)
        return await asyncio.to_thread(resolve, desired, self.library)

    def _device(self, desired: Desired) -> DeviceClient:
        return self.open(desired.device, desired.element.name, self.folder)


def _differences(last: Desired, desired: Desired) -> str:
    before, after = last.device.spec.place, desired.device.spec.place
    return ", ".join(
        f"spec.{name} was {before.get(name)!r} and is now {after.get(name)!r}"
        for name in before | after
        if before.get(name) != after.get(name)
    )
