from __future__ import annotations

import pytest

from reconciler.devices.causes import Cause
from reconciler.devices.reports import DeviceStatus, TakeoverReport, WorkerStatus
from reconciler.record.settle import Fate, settle
from reconciler.store import Attempt

ATTEMPT = Attempt(
    id="7", key="box/stream", revision="main@sha1:1", version="1.0.0", release="new", digest="d",
    step="Takeover", outcome="", message="", started=0, ended=None, report=None,
)  # fmt: skip


def said(result: str, cause: str = "", reason: str = "") -> DeviceStatus:
    report = TakeoverReport(
        attempt="7", release="new", result=result, cause=Cause(cause), reason=reason
    )
    return DeviceStatus(
        active=WorkerStatus(release="old", attempt="6"), confirmed="old", history=(report,)
    )


ACTIVE = WorkerStatus(release="new", attempt="7")


@pytest.mark.parametrize(
    ("status", "fate", "blamed"),
    [
        (None, Fate.INTERRUPTED, False),
        (DeviceStatus(), Fate.INTERRUPTED, False),
        (DeviceStatus(state="probation", active=ACTIVE), Fate.RUNNING, False),
        (DeviceStatus(active=ACTIVE, confirmed="new"), Fate.APPLIED, False),
        (said("reverted", "not_confirmed", "not confirmed within 1000 ms"), Fate.TIMED_OUT, False),
        (said("reverted", "worker_died", "the worker was ended by signal 11"), Fate.DIED, True),
        (said("reverted", "asked", "a newer revision came"), Fate.REVERTED, False),
        (said("failed", "release", "config.click:1: no"), Fate.FAILED, True),
        (said("failed", "busy", "the one before crashed"), Fate.INTERRUPTED, False),
        (said("failed"), Fate.INTERRUPTED, False),
        (said("confirmed"), Fate.INTERRUPTED, False),
        (said("reverted", "a word of later"), Fate.REVERTED, False),
    ],
)
def test_the_device_tells_what_became_of_an_attempt(
    status: DeviceStatus | None, fate: Fate, blamed: bool
) -> None:
    settled = settle(ATTEMPT, status)
    assert (settled.fate, settled.blames_release) == (fate, blamed)
