"""Walks a plan. Every step is recorded before its effect, so that after a crash the ledger tells
what may have happened; nothing here decides what to do next.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from reconciler.apply.state_effects import checkpoint, restore_state, take_over
from reconciler.apply.work import Work, number, whole
from reconciler.devices.control_socket import ControlSocketError, HandlerRefused
from reconciler.devices.staging import Release
from reconciler.devices.status import NOT_CONFIRMED
from reconciler.errors import (
    ChangeRefused,
    ConfirmTooLate,
    Superseded,
    Transient,
    VerifyFailed,
)
from reconciler.resolve.probes import (
    Sample,
    Verdict,
    enough_samples,
    handlers_of,
    judge,
    parse_probe,
)
from schemas.plan import Step, StepKind

T = TypeVar("T")

# Until the takeover nothing was done to what runs.
BEFORE_TAKEOVER = (
    StepKind.BUILD,
    StepKind.STAGE,
    StepKind.CHECKPOINT,
    StepKind.RESTORE_STATE,
    StepKind.TAKEOVER,
)


async def apply(work: Work) -> None:
    """Carry out every step in order. Raises what the effects raise; the first failure ends the
    attempt.
    """
    for step in work.plan.steps:
        if step.kind in BEFORE_TAKEOVER and work.superseded.is_set():
            raise Superseded(f"{work.key}: a newer revision came before {step.kind.value}")
        await work.begin(step)
        work.observer.step_started(work.key, step)
        await EFFECTS[step.kind](work, step)
        work.observer.step_finished(work.key, step)


async def _build(work: Work, step: Step) -> None:
    def progress(finished: int, total: int, what: str) -> None:
        work.observer.build_progress(work.key, finished, total, what)

    await _unless_superseded(work, work.builder.build(work.classes, progress, with_supervisor=True))


async def _stage(work: Work, step: Step) -> None:
    # Complete when the Build step was there; links when only the set of classes is new.
    artifact = await work.builder.build(work.classes)
    digest = str(step.arguments["release"])
    await work.device.stage(Release(digest, artifact.driver, work.config, work.record))


async def _write_handlers(work: Work, step: Step) -> None:
    writes = step.arguments["writes"]
    assert isinstance(writes, (list, tuple))
    pairs = [(str(w["handler"]), str(w["value"])) for w in writes if isinstance(w, dict)]
    try:
        await work.device.write_handlers(pairs)
    except HandlerRefused as error:
        raise ChangeRefused(f"{work.key}: live change refused: {error}") from error
    except ControlSocketError as error:
        raise Transient(f"{work.key}: live change refused: {error}") from error


async def _verify(work: Work, step: Step) -> None:
    reason = await _soak(work, step)
    if reason is None:
        return
    if await _only_good_release(work):
        await work.event(
            "Warning",
            "VerifyFailed",
            f"{reason}; kept, because there is no other release to go back to",
        )
        return
    # Remembered first: when we die in between, the supervisor reverts, and nobody tries this
    # release again.
    await work.reject(reason)
    await _revert_to_parked(work, str(step.arguments["release"]), reason)
    raise VerifyFailed(reason)


async def _only_good_release(work: Work) -> bool:
    """Whether going back would mean to forward nothing at all, with a good release."""
    return work.known_good and (await work.device.status()).parked is None


async def _soak(work: Work, step: Step) -> str | None:
    """Watch the probes; None when they held, else why not. Raises Superseded after reverting."""
    texts = step.arguments["probes"]
    assert isinstance(texts, (list, tuple))
    probes = [parse_probe(str(text)) for text in texts]
    handlers, samples = handlers_of(probes), list[Sample]()
    settle, soak, interval = (number(step, name) for name in ("settle", "soak", "interval"))
    clock = asyncio.get_running_loop().time
    began = clock()
    while True:
        if (left := await _left_probation(work, str(step.arguments["release"]))) is not None:
            return left
        samples.append(Sample(clock() - began, await work.device.sample(handlers)))
        verdict = judge(probes, samples, settle, soak, enough_samples(soak, interval))
        if verdict.verdict is not Verdict.PENDING:
            return verdict.reason if verdict.verdict is Verdict.FAILED else None
        if await _set_within(work.superseded, interval):
            if await _only_good_release(work):
                return None
            await _revert_to_parked(work, str(step.arguments["release"]), "a newer revision came")
            raise Superseded(f"{work.key}: a newer revision came during verification")


async def _left_probation(work: Work, release: str) -> str | None:
    """Why the supervisor went back by itself, None when it did not."""
    status = await work.device.status()
    if status.active is not None and status.active.release == release:
        return None
    report = status.report_of(work.attempt) or status.last_takeover
    why = report.reason if report is not None and report.reason else "the new worker ended"
    if why.startswith(NOT_CONFIRMED):
        raise ConfirmTooLate(f"{work.key}: {why}")
    return f"the supervisor went back by itself: {why}"


async def _revert_to_parked(work: Work, release: str, reason: str) -> None:
    active = (await work.device.status()).active
    if active is not None and active.release == release:
        work.tell(await whole(work.device.revert(reason)))


async def _confirm(work: Work, step: Step) -> None:
    await whole(work.device.confirm(str(step.arguments["release"])))
    await work.device.prune(await work.device.status())


async def _revert(work: Work, step: Step) -> None:
    reason = str(step.arguments.get("reason") or "not desired any more")
    work.tell(await whole(work.device.revert(reason)))


async def _remove(work: Work, step: Step) -> None:
    await whole(work.device.remove())


EFFECTS: dict[StepKind, Callable[[Work, Step], Awaitable[None]]] = {
    StepKind.BUILD: _build,
    StepKind.STAGE: _stage,
    StepKind.CHECKPOINT: checkpoint,
    StepKind.RESTORE_STATE: restore_state,
    StepKind.WRITE_HANDLERS: _write_handlers,
    StepKind.TAKEOVER: take_over,
    StepKind.VERIFY: _verify,
    StepKind.CONFIRM: _confirm,
    StepKind.REVERT: _revert,
    StepKind.REMOVE: _remove,
}


async def _unless_superseded(work: Work, effect: Coroutine[Any, Any, T]) -> T:
    """Stop an effect that may be stopped at any time when a newer revision comes."""
    task, newer = asyncio.ensure_future(effect), asyncio.ensure_future(work.superseded.wait())
    try:
        await asyncio.wait({task, newer}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise Superseded(f"{work.key}: a newer revision came during the build")
    finally:
        newer.cancel()
        task.cancel()
        await asyncio.wait({task})


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
