from __future__ import annotations

import pytest

from reconciler.devices.causes import Cause
from reconciler.devices.reports import DeviceStatus, TakeoverReport, WorkerStatus
from reconciler.record.settle import Ending, settle
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
        (None, Ending.INTERRUPTED, False),
        (DeviceStatus(), Ending.INTERRUPTED, False),
        (DeviceStatus(state="probation", active=ACTIVE), Ending.RUNNING, False),
        (DeviceStatus(active=ACTIVE, confirmed="new"), Ending.APPLIED, False),
        (
            said("reverted", "not_confirmed", "not confirmed within 1000 ms"),
            Ending.TIMED_OUT,
            False,
        ),
        (said("reverted", "worker_died", "the worker was ended by signal 11"), Ending.DIED, True),
        (said("reverted", "asked", "a newer revision came"), Ending.REVERTED, False),
        (said("failed", "release", "config.click:1: no"), Ending.FAILED, True),
        (said("failed", "busy", "the one before crashed"), Ending.INTERRUPTED, False),
        (said("failed"), Ending.INTERRUPTED, False),
        (said("confirmed"), Ending.INTERRUPTED, False),
        (said("reverted", "a word of later"), Ending.REVERTED, False),
    ],
)
def test_the_device_tells_what_became_of_an_attempt(
    status: DeviceStatus | None, fate: Ending, blamed: bool
) -> None:
    settled = settle(ATTEMPT, status)
    assert (settled.ending, settled.blames_release) == (fate, blamed)
