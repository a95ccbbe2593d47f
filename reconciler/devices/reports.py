"""What a supervisor reports: the shape of its `status` handler and of a takeover's report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from reconciler.devices.causes import Cause


class _Said(BaseModel):
    # A newer supervisor may report fields that are unknown here.
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class WorkerStatus(_Said):
    """One running driver."""

    release: str
    attempt: str = ""
    pid: int = 0
    config: str = ""
    driver: str = ""
    since: str = ""


class TableReport(_Said):
    """What became of one table's records in a takeover; `source` is the checkpoint file it was
    restored from.
    """

    fate: str = ""
    kept: int = 0
    migrated: int = 0
    expired: int = 0
    lost: int = 0
    source: str = Field(default="", alias="from")


class TakeoverReport(_Said):
    """One takeover and how it ended; times in nanoseconds but for the pre-copy.

    `last_records` were carried within the pause.
    """

    attempt: str
    release: str
    previous: str = ""
    pause_ns: int = 0
    waiting_packets: int = 0
    dropped_packets: int = 0
    result: str = "running"
    cause: Cause = Cause.NONE
    reason: str = ""
    """Explains `cause` to people."""
    states: dict[str, TableReport] = {}
    precopy_ms: float = 0
    rounds: int = 0
    last_records: int = 0


class TableStatus(_Said):
    """A state table the supervisor holds; `layout` is the layout hash in hex."""

    bytes: int = 0
    layout: str = ""
    version: int = 0
    capacity: int = 0
    records: int = 0


class CheckpointReport(_Said):
    """A checkpoint that was written."""

    file: str
    time: str = ""
    reason: str = ""
    records: int = 0
    bytes: int = 0
    ms: float = 0


class CheckpointStatus(_Said):
    """How checkpoints are written, and the `problem` if they cannot be; `reason` is that of a
    condition.
    """

    directory: str = ""
    interval_ms: int = 0
    keep: int = 0
    last: CheckpointReport | None = None
    problem: str = ""
    reason: str = ""


class RingDrops(_Said):
    """Frames dropped between two samples because a ring was full (`cause` is no_worker,
    off_processor, overload or burst) or because they were too long (too_long).
    """

    time: str
    frames: int
    cause: str
    over_ms: int = 0
    off_processor_ms: int = 0


class RingStatus(_Said):
    """A receive ring; see `schemas.share.RingShare`."""

    frames: int
    bytes: int
    bound: str
    peak_rate: int = 0
    drops: RingDrops | None = None


class SchedulingStatus(_Said):
    """Scheduling and ring memory of the packet path; `refused` is what the system did not allow."""

    wanted: str
    priority: str
    cores: tuple[int, ...] = ()
    refused: str = ""
    ring_memory: int = 0


class DeviceStatus(_Said):
    """The whole answer of `status`."""

    protocol: int = 1
    """Version of its handlers: since 2 they report causes."""
    instance: str = ""
    """Whose supervisor it is; the first ones did not say."""
    pid: int = 0
    state: Literal["idle", "starting", "forwarding", "probation", "stopped"] = "idle"
    active: WorkerStatus | None = None
    parked: WorkerStatus | None = None
    confirmed: str = ""
    confirm_deadline_ms: int | None = None
    takeovers: int = 0
    reverts: int = 0
    restarts: int = 0
    phase: str = ""
    problem: str = ""
    interfaces: dict[str, dict[str, int]] = {}
    rings: dict[str, RingStatus] = {}
    scheduling: SchedulingStatus | None = None
    tables: dict[str, TableStatus] = {}
    checkpoints: CheckpointStatus | None = None
    last_takeover: TakeoverReport | None = None
    history: tuple[TakeoverReport, ...] = ()

    @property
    def unconfirmed(self) -> bool:
        """Whether the active release is in probation."""
        return self.state == "probation" or self.confirm_deadline_ms is not None

    @property
    def forwarding(self) -> bool:
        """Whether packets are being forwarded."""
        return self.state in ("forwarding", "probation")

    @property
    def settling(self) -> bool:
        """Whether a start, takeover or revert is under way; a worker in backoff does not count."""
        return self.state == "starting" and self.phase != "backoff"

    def report_of(self, attempt: str) -> TakeoverReport | None:
        """Return the takeover of an attempt, None if the supervisor no longer knows it."""
        known = [*self.history, *([self.last_takeover] if self.last_takeover else [])]
        return next((report for report in reversed(known) if report.attempt == attempt), None)


@dataclass(frozen=True)
class DeviceState:
    """What runs: no `status` means no supervisor; `graph` is the active worker's flattened Click
    language, `record` the release.json it was staged with; `stranger`: a process listens although
    there is no supervisor.
    """

    status: DeviceStatus | None = None
    graph: str | None = None
    record: str | None = None
    stranger: bool = False
