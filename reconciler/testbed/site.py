"""One firewall between client and server, and what is needed to put releases on it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reconciler.build import Artifact, Builder
from reconciler.build.ninja import Progress
from reconciler.devices.click_up.client import ClickUpDevice
from reconciler.devices.client import Release, TakeoverRequest
from reconciler.devices.open import open_click_up
from reconciler.graph.click_language import render
from reconciler.library import Library
from reconciler.load import load
from reconciler.load.repository import Desired
from reconciler.observe.targets import record_of, target_of
from reconciler.testbed.network import Network

CONFIRM_SECONDS = 30.0
Sessions = frozenset[tuple[str, ...]]


async def sessions_of(device: ClickUpDevice) -> Sessions:
    """Return protocol, originator and responder of every session that the firewall knows now."""
    lines = (await device.read("sessions.table 65536")).splitlines()
    return frozenset(tuple(line.split()[:3]) for line in lines)


@dataclass(frozen=True)
class Site:
    """The network, a folder for everything that is created, and the library."""

    network: Network
    folder: Path
    library: Library

    def builder(self, cache: str) -> Builder:
        """Return a builder with a cache of its own below the folder."""
        return Builder(self.folder / cache, self.library)

    def copy_cache(self, source: str, target: str) -> None:
        """Fill the cache `target` with what `source` holds, and nothing else."""
        shutil.rmtree(self.folder / target, ignore_errors=True)
        shutil.copytree(self.folder / source, self.folder / target)

    def desired(self, files: Mapping[str, str]) -> Desired:
        """Return the one instance in `files`. Raises ValueError with every mistake in them."""
        repository = load(files)
        if repository.diagnostics:
            raise ValueError("\n".join(map(str, repository.diagnostics)))
        (desired,) = repository.instances()
        return desired

    def device(self, desired: Desired, place: str) -> ClickUpDevice:
        """Return the desired device with a directory of its own, so that two can exist side by
        side.
        """
        spec = desired.device.spec.model_copy(update={"directory": str(self.folder / place)})
        device = desired.device.model_copy(update={"spec": spec})
        return open_click_up(device, desired.element.name, self.folder)


@dataclass(frozen=True)
class Installed:
    """A release on a device, ready to take over, and when its build was complete."""

    device: ClickUpDevice
    digest: str
    artifact: Artifact
    built_at: float

    async def take_over(self) -> None:
        """Let it take over, and confirm it."""
        await self.device.takeover(
            TakeoverRequest(f"demo-{self.digest[:12]}", self.digest, CONFIRM_SECONDS)
        )
        await self.device.confirm(self.digest)

    async def sessions(self) -> Sessions:
        """Return the sessions in the table now."""
        return await sessions_of(self.device)


async def install(
    site: Site,
    desired: Desired,
    builder: Builder,
    place: str,
    whole_library: bool = False,
    supervisors: Builder | None = None,
    progress: Progress | None = None,
) -> Installed:
    """Build, stage and start a supervisor beside whatever runs; nothing takes over yet.

    `supervisors` is the builder of the supervisor, when it is another one.
    """
    classes = site.library.elements.keys() if whole_library else None
    first = await builder.build(classes, progress) if classes is not None else None
    target = target_of(desired, site.library, builder)
    artifact = await builder.build(target.resolved.graph.classes, progress)
    supervisor = await (supervisors or builder).supervisor(progress)
    built_at = time.time()
    device = site.device(desired, place)
    config, record = render(target.resolved.graph), record_of(target, desired, "demo")
    await device.start(supervisor)
    await device.stage(Release(target.release, artifact.driver, config, record))
    return Installed(device, target.release, first or artifact, built_at)
