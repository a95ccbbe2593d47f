"""Carries out a plan. Every step is recorded before its effect, so that after a crash the ledger
shows what may have happened; nothing here decides what to do next.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from reconciler.apply.state_effects import checkpoint, restore_state, take_over
from reconciler.apply.verifying import verify
from reconciler.apply.work import Work, to_its_end
from reconciler.devices.client import Release
from reconciler.devices.control_socket import ControlSocketError, HandlerRefused
from reconciler.errors import ChangeRefused, Superseded, Transient
from schemas import steps
from schemas.steps import Step

T = TypeVar("T")

# Steps up to the takeover do not change what runs, so a newer revision may end the attempt.
BEFORE_TAKEOVER = (
    steps.Build,
    steps.Stage,
    steps.Checkpoint,
    steps.RestoreState,
    steps.Stop,
    steps.Start,
    steps.Takeover,
)


async def apply(work: Work) -> None:
    """Carry out every step in order. The first failure ends the attempt; its error is raised."""
    stopped = False
    for step in work.plan.steps:
        if isinstance(step, BEFORE_TAKEOVER) and work.superseded.is_set() and not stopped:
            raise Superseded(f"{work.key}: a newer revision came before {step.kind.value}")
        # Once stopped, the device must not stay out of service while a newer revision is built.
        stopped = stopped or isinstance(step, steps.Stop)
        await work.recorder.begin(step)
        work.observer.step_started(work.key, step)
        await _carry_out(work, step)
        work.observer.step_finished(work.key, step)


async def _carry_out(work: Work, step: Step) -> None:
    match step:
        case steps.Build():
            await _build(work)
        case steps.Stage():
            await _stage(work, step)
        case steps.Checkpoint():
            await checkpoint(work, step)
        case steps.RestoreState():
            await restore_state(work, step)
        case steps.Stop():
            await to_its_end(work.device.stop())
        case steps.Start():
            await work.device.start(await work.builder.supervisor())
        case steps.WriteHandlers():
            await _write_handlers(work, step)
        case steps.Takeover():
            await take_over(work, step)
        case steps.Verify():
            await verify(work, step)
        case steps.Confirm():
            await _confirm(work, step)
        case steps.Revert():
            work.recorder.report(await to_its_end(work.device.revert(step.reason)))
        case steps.Remove():
            await to_its_end(work.device.remove())


async def _build(work: Work) -> None:
    def progress(finished: int, total: int, what: str) -> None:
        work.observer.build_progress(work.key, finished, total, what)

    classes = work.contents.classes
    await _unless_superseded(work, work.builder.build(classes, progress, with_supervisor=True))


async def _stage(work: Work, step: steps.Stage) -> None:
    # Nothing is left to build after a Build step; without one, only linking can be missing.
    contents = work.contents
    artifact = await work.builder.build(contents.classes)
    release = Release(step.release, artifact.driver, contents.config, contents.record)
    await work.device.stage(release)


async def _write_handlers(work: Work, step: steps.WriteHandlers) -> None:
    pairs = [(write.handler, write.value) for write in step.writes]
    try:
        await work.device.write(pairs)
    except HandlerRefused as error:
        raise ChangeRefused(f"{work.key}: live change refused: {error}") from error
    except ControlSocketError as error:
        raise Transient(f"{work.key}: live change refused: {error}") from error


async def _confirm(work: Work, step: steps.Confirm) -> None:
    await to_its_end(work.device.confirm(step.release))
    await work.device.prune()


async def _unless_superseded(work: Work, effect: Coroutine[Any, Any, T]) -> T:
    """Run an effect that is safe to cancel; cancel it when a newer revision comes."""
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
