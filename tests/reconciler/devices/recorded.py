"""A simulated device: it records what was done to it, and runs nothing.

For tests of decisions: any state can be set up in it, however rare. It has no checkpoints.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from reconciler.devices.client import Release, TakeoverRequest
from reconciler.devices.control_socket import HandlerRefused, NoSuchElement
from reconciler.devices.reports import (
    CheckpointReport,
    CheckpointStatus,
    DeviceState,
    DeviceStatus,
    SchedulingStatus,
    TableStatus,
    TakeoverReport,
    WorkerStatus,
)
from reconciler.errors import (
    CheckpointFailed,
    ConfirmTooLate,
    NobodyListens,
    TakeoverRefused,
    Transient,
)
from reconciler.graph.click_language import parse
from reconciler.transports.local import own_platform
from schemas.capabilities import Capabilities

State = Literal["idle", "starting", "forwarding", "probation", "stopped"]


REMEMBERS_ONLY = Capabilities(checkpoints=False, state_restore=False)
STOPS_AND_STARTS = REMEMBERS_ONLY.model_copy(
    update={"takeover": False, "parked": False, "live_writes": False}
)
PARKS_NONE = REMEMBERS_ONLY.model_copy(update={"parked": False})


@dataclass
class Records:
    """Records of one device; tests may change them."""

    started: bool = False
    releases: dict[str, Release] = field(default_factory=dict)
    active: WorkerStatus | None = None
    parked: WorkerStatus | None = None
    confirmed: str = ""
    unconfirmed: bool = False
    reports: list[TakeoverReport] = field(default_factory=list)
    tables: dict[str, TableStatus] = field(default_factory=dict)
    stranger: bool = False

    @property
    def state(self) -> State:
        if self.active is None:
            return "idle"
        return "probation" if self.unconfirmed else "forwarding"


@dataclass(frozen=True)
class RecordedDevice:
    """A client for `records`; `classes` are those that its driver would have."""

    name: str
    records: Records
    classes: frozenset[str] = frozenset({"Idle", "Discard"})
    capabilities: Capabilities = REMEMBERS_ONLY

    async def platform(self) -> str:
        return own_platform()

    async def observe(self) -> DeviceState:
        records = self.records
        if not records.started:
            return DeviceState(stranger=records.stranger)
        status = await self.status()
        if records.active is None:
            return DeviceState(status)
        release = records.releases[records.active.release]
        return DeviceState(status, release.config, release.record)

    async def status(self) -> DeviceStatus:
        records = self.records
        if not records.started:
            raise NobodyListens(f"{self.name}: nobody listens")
        return DeviceStatus(
            pid=1,
            state=records.state,
            active=records.active,
            parked=records.parked,
            confirmed=records.confirmed,
            takeovers=sum(report.result != "failed" for report in records.reports),
            tables=records.tables,
            history=tuple(records.reports),
        )

    async def start(self, supervisor: Path) -> None:
        self.records.started = True

    async def stage(self, release: Release) -> None:
        self.records.releases[release.digest] = release

    async def takeover(self, request: TakeoverRequest) -> TakeoverReport:
        records = self.records
        await self.status()
        if (known := self._report_of(request.attempt)) is not None:
            return known
        if records.unconfirmed and self.capabilities.parked:
            raise Transient(f"{self.name}: the one before is not confirmed yet")
        if records.active is not None and not self.capabilities.takeover:
            raise Transient(f"{self.name}: the one before has to be stopped first")
        previous = records.active.release if records.active else ""
        report = TakeoverReport(attempt=request.attempt, release=request.release, previous=previous)
        if wrong := self._unknown(request.release):
            failed = report.model_copy(update={"result": "failed", "reason": wrong})
            records.reports.append(failed)
            raise TakeoverRefused(f"{self.name}: {wrong}")
        records.reports.append(report)
        records.parked = records.active if self.capabilities.parked else None
        records.active = WorkerStatus(release=request.release, attempt=request.attempt)
        records.unconfirmed = True
        return report

    def _report_of(self, attempt: str) -> TakeoverReport | None:
        return next((one for one in self.records.reports if one.attempt == attempt), None)

    def _unknown(self, release: str) -> str:
        wanted = parse(self.records.releases[release].config).classes
        return ", ".join(sorted(wanted - self.classes))

    async def confirm(self, release: str) -> None:
        active = self.records.active
        if active is None or active.release != release:
            raise ConfirmTooLate(f"{self.name}: {release[:12]} does not run any more")
        self.records.confirmed, self.records.unconfirmed = release, False

    async def revert(self, reason: str) -> TakeoverReport:
        records = self.records
        if not records.unconfirmed or records.parked is None or records.active is None:
            raise Transient(f"{self.name}: there is nothing to revert")
        report = TakeoverReport(
            attempt=records.active.attempt,
            release=records.parked.release,
            previous=records.active.release,
            result="reverted",
            reason=" ".join(reason.split()),
        )
        records.reports.append(report)
        records.active, records.parked, records.unconfirmed = records.parked, None, False
        return report

    async def write(self, writes: Sequence[tuple[str, str]]) -> None:
        for handler, _ in writes:
            if not handler.endswith(".reset_counts"):
                raise HandlerRefused(520, "this device only remembers", handler)
            self._class_of(handler)

    async def read(self, handler: str) -> str:
        if handler == "flatconfig":
            return self._config()
        of_class = self._class_of(handler)
        return of_class if handler.endswith(".class") else "0"

    async def read_everything(self) -> dict[str, str]:
        names = [element.name for element in parse(self._config()).elements]
        handlers = [f"{name}.{kind}" for name in names for kind in ("class", "count")]
        return {handler: await self.read(handler) for handler in ("flatconfig", *handlers)}

    async def sample(self, handlers: Sequence[str]) -> dict[str, str | None]:
        known = await self.read_everything() if self.records.active else {}
        return {handler: known.get(handler) for handler in handlers}

    def _config(self) -> str:
        if self.records.active is None:
            raise NobodyListens(f"{self.name}: nobody listens")
        return self.records.releases[self.records.active.release].config

    def _class_of(self, handler: str) -> str:
        name = handler.partition(".")[0]
        for element in parse(self._config()).elements:
            if element.name == name:
                return element.class_name
        raise NoSuchElement(510, f"no element {name}", handler)

    async def configure_checkpoints(self, said: CheckpointStatus) -> str:
        return ""

    async def configure_share(self, said: SchedulingStatus) -> str:
        return ""

    async def record(self, release: str) -> str | None:
        known = self.records.releases.get(release)
        return None if known is None else known.record

    async def checkpoint(self, reason: str) -> CheckpointReport:
        raise CheckpointFailed(f"{self.name}: this device only remembers")

    async def list_checkpoints(self) -> Sequence[str]:
        return ()

    async def damaged_checkpoints(self) -> frozenset[str]:
        return frozenset()

    async def fetch_checkpoint(self, name: str) -> Path:
        raise FileNotFoundError(name)

    async def put_checkpoint(self, file: Path) -> str:
        raise OSError("this device only remembers")

    async def prune(self) -> Sequence[str]:
        kept = {self.records.confirmed, *(w.release for w in self._workers())}
        old = [digest for digest in self.records.releases if digest not in kept]
        for digest in old:
            del self.records.releases[digest]
        return old

    def _workers(self) -> list[WorkerStatus]:
        return [worker for worker in (self.records.active, self.records.parked) if worker]

    async def stop(self) -> None:
        records = self.records
        records.started, records.active, records.parked = False, None, None
        records.confirmed, records.unconfirmed = "", False
        records.tables.clear()

    async def remove(self) -> None:
        await self.stop()
        self.records.releases.clear()
