"""Effects of the step that verifies a release, and of reverting when the probes fail."""

from __future__ import annotations

import asyncio

from reconciler.apply.work import Work, to_its_end
from reconciler.devices.causes import Cause
from reconciler.errors import ConfirmTooLate, Superseded, Transient, VerifyFailed
from reconciler.resolve.probes import (
    Sample,
    Verdict,
    enough_samples,
    handlers_of,
    judge,
    parse_probe,
)
from schemas.steps import Verify, WhenFailed


async def verify(work: Work, step: Verify) -> None:
    """Watch the probes. Raises VerifyFailed (after reverting, if there is a parked release),
    Superseded, ConfirmTooLate.
    """
    reason = await _soak(work, step)
    if reason is None:
        return
    if step.when_failed is WhenFailed.KEEP:
        kept = f"{reason}; kept, because there is no other release to go back to"
        await work.recorder.event("Warning", "VerifyFailed", kept)
        return
    # Recorded first: if we die in between, the supervisor reverts and this release is not tried
    # again.
    await work.recorder.reject(reason)
    if step.when_failed is WhenFailed.REVERT:
        await _revert_to_parked(work, step.release, reason)
    raise VerifyFailed(reason)


async def _soak(work: Work, step: Verify) -> str | None:
    """Return None when the probes held, else the reason. Raises Superseded after reverting."""
    probes = [parse_probe(text) for text in step.probes]
    handlers, samples = handlers_of(probes), list[Sample]()
    enough = enough_samples(step.soak, step.interval)
    clock = asyncio.get_running_loop().time
    began = clock()
    while True:
        if (left := await _left_probation(work, step.release)) is not None:
            return left
        samples.append(Sample(clock() - began, await work.device.sample(handlers)))
        verdict = judge(probes, samples, step.settle, step.soak, enough)
        if verdict.verdict is not Verdict.PENDING:
            return verdict.reason if verdict.verdict is Verdict.FAILED else None
        if await _set_within(work.superseded, step.interval):
            if step.when_failed is WhenFailed.KEEP:
                return None
            if step.when_failed is WhenFailed.REVERT:
                await _revert_to_parked(work, step.release, "a newer revision came")
            raise Superseded(f"{work.key}: a newer revision came during verification")


async def _left_probation(work: Work, release: str) -> str | None:
    """Return why the supervisor reverted by itself, None if it did not. Raises ConfirmTooLate or
    Transient when the release is not to blame.
    """
    status = await work.device.status()
    if status.active is not None and status.active.release == release:
        return None
    report = status.report_of(work.attempt) or status.last_takeover
    cause = Cause.UNKNOWN if report is None else report.cause
    why = report.reason if report is not None and report.reason else "the new worker ended"
    if cause is Cause.NOT_CONFIRMED:
        raise ConfirmTooLate(f"{work.key}: {why}")
    went_back = f"the supervisor went back by itself: {why}"
    if cause in (Cause.NONE, Cause.UNKNOWN):
        raise Transient(f"{work.key}: {went_back}")
    return went_back


async def _revert_to_parked(work: Work, release: str, reason: str) -> None:
    active = (await work.device.status()).active
    if active is not None and active.release == release:
        work.recorder.report(await to_its_end(work.device.revert(reason)))


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
