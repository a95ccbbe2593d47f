"""Observers see every pass as it goes: command line, logs, tests and demo watch the same run."""

from __future__ import annotations

import time
import traceback
from typing import TextIO

import structlog
from typing_extensions import override

from reconciler.devices.status import TakeoverReport
from reconciler.outcome import Outcome, OutcomeKind
from schemas.plan import Plan, Step, StepKind


class Observer:
    """Hooks that do nothing; override what is of interest. Hooks run on the event loop and must not
    block.
    """

    def revision(self, revision: str, instances: int) -> None:
        """The desired state was read at `revision`."""

    def planned(self, key: str, plan: Plan) -> None:
        """A plan with steps is about to be applied."""

    def step_started(self, key: str, step: Step) -> None:
        """Recorded in the ledger; its effect comes next."""

    def step_finished(self, key: str, step: Step) -> None:
        """Its effect is complete."""

    def build_progress(self, key: str, finished: int, total: int, what: str) -> None:
        """One more file compiled or linked."""

    def takeover(self, key: str, report: TakeoverReport) -> None:
        """A new worker forwards, or an old one forwards again."""

    def event(self, key: str, kind: str, reason: str, message: str) -> None:
        """As recorded in the ledger."""

    def pass_finished(self, key: str, outcome: Outcome) -> None:
        """One pass over one instance ended."""

    def crashed(self, key: str, error: BaseException) -> None:
        """A pass ended with a bug of ours."""


class Observers(Observer):
    """Several observers in order."""

    def __init__(self, *observers: Observer) -> None:
        self._all = observers

    @override
    def revision(self, revision: str, instances: int) -> None:
        for observer in self._all:
            observer.revision(revision, instances)

    @override
    def planned(self, key: str, plan: Plan) -> None:
        for observer in self._all:
            observer.planned(key, plan)

    @override
    def step_started(self, key: str, step: Step) -> None:
        for observer in self._all:
            observer.step_started(key, step)

    @override
    def step_finished(self, key: str, step: Step) -> None:
        for observer in self._all:
            observer.step_finished(key, step)

    @override
    def build_progress(self, key: str, finished: int, total: int, what: str) -> None:
        for observer in self._all:
            observer.build_progress(key, finished, total, what)

    @override
    def takeover(self, key: str, report: TakeoverReport) -> None:
        for observer in self._all:
            observer.takeover(key, report)

    @override
    def event(self, key: str, kind: str, reason: str, message: str) -> None:
        for observer in self._all:
            observer.event(key, kind, reason, message)

    @override
    def pass_finished(self, key: str, outcome: Outcome) -> None:
        for observer in self._all:
            observer.pass_finished(key, outcome)

    @override
    def crashed(self, key: str, error: BaseException) -> None:
        for observer in self._all:
            observer.crashed(key, error)


class LogObserver(Observer):
    """Structured log lines; constant messages, everything else is a key."""

    def __init__(self) -> None:
        self._log = structlog.get_logger("click-up")

    @override
    def revision(self, revision: str, instances: int) -> None:
        self._log.info("revision read", revision=revision, instances=instances)

    @override
    def step_started(self, key: str, step: Step) -> None:
        self._log.debug("step started", instance=key, step=step.kind.value)

    @override
    def step_finished(self, key: str, step: Step) -> None:
        self._log.info("step finished", instance=key, step=step.kind.value)

    @override
    def takeover(self, key: str, report: TakeoverReport) -> None:
        self._log.info("takeover", instance=key, **report.model_dump())

    @override
    def event(self, key: str, kind: str, reason: str, message: str) -> None:
        log = self._log.warning if kind == "Warning" else self._log.info
        log("event", instance=key, reason=reason, detail=message)

    @override
    def pass_finished(self, key: str, outcome: Outcome) -> None:
        quiet = outcome.kind in (OutcomeKind.UNCHANGED, OutcomeKind.SUSPENDED)
        log = self._log.debug if quiet else self._log.info
        log("pass finished", instance=key, outcome=outcome.kind.value, detail=outcome.message)

    @override
    def crashed(self, key: str, error: BaseException) -> None:
        self._log.error("pass crashed", instance=key, exc_info=error)


DONE_WORDS = {
    StepKind.BUILD: "built",
    StepKind.STAGE: "staged",
    StepKind.CHECKPOINT: "saved",
    StepKind.RESTORE_STATE: "put its state on the device",
    StepKind.WRITE_HANDLERS: "written live, no takeover",
    StepKind.TAKEOVER: "took over",
    StepKind.VERIFY: "verified",
    StepKind.CONFIRM: "confirmed",
    StepKind.REVERT: "reverted",
    StepKind.REMOVE: "removed",
}
FAILED = (
    OutcomeKind.REVERTED,
    OutcomeKind.REJECTED,
    OutcomeKind.STALLED,
    OutcomeKind.TRANSIENT,
    OutcomeKind.BROKEN,
)


PROGRESS_SECONDS = 2.0
LINES_SHOWN = 3


class ProgressObserver(Observer):
    """Lines for people, in flux's glyphs: ► action, ◎ waiting, ✔ done, ✗ failed."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._started: dict[tuple[str, str], float] = {}
        self._last: dict[str, Outcome] = {}
        self._said: dict[tuple[str, str], str] = {}
        self._told = time.monotonic()

    @override
    def revision(self, revision: str, instances: int) -> None:
        name, _, commit = revision.partition("@sha1:")
        self._say(
            "►", f"{name}@sha1:{commit[:8]}: {instances} instance{'' if instances == 1 else 's'}"
        )

    @override
    def step_started(self, key: str, step: Step) -> None:
        self._started[key, step.id] = time.monotonic()
        glyph = "◎" if step.kind is StepKind.VERIFY else "►"
        self._say(glyph, f"{key}: {step.kind.value}")

    @override
    def step_finished(self, key: str, step: Step) -> None:
        seconds = time.monotonic() - self._started.pop((key, step.id), time.monotonic())
        self._say("✔", f"{key}: {DONE_WORDS[step.kind]} ({seconds:.2f} s)")

    @override
    def build_progress(self, key: str, finished: int, total: int, what: str) -> None:
        now = time.monotonic()
        if now - self._told >= PROGRESS_SECONDS:
            self._told = now
            self._say("◎", f"{key}: compiled {finished} of {total}, last {what}")

    @override
    def takeover(self, key: str, report: TakeoverReport) -> None:
        forwards = f"{key}: release {report.release[:12]} forwards"
        if report.previous:
            forwards += (
                f"; pause {report.pause_ns / 1e6:.3f} ms, {report.waiting_packets} packets waited,"
                f" {report.dropped_packets} dropped"
            )
        self._say("✔", forwards)

    @override
    def event(self, key: str, kind: str, reason: str, message: str) -> None:
        # What belongs to a pass is said when it ends; but nobody else tells of the repository,
        # and what drifted is gone by then.
        if key and reason != "Drifted":
            return
        if self._said.get((key, reason)) == message:
            return
        self._said[key, reason] = message
        lines = message.splitlines()
        more = f" (and {len(lines) - LINES_SHOWN} more)" if len(lines) > LINES_SHOWN else ""
        shown = "; ".join(lines[:LINES_SHOWN])
        self._say("◎" if key else "✗", f"{key or 'repository'}: {reason}: {shown}{more}")

    @override
    def pass_finished(self, key: str, outcome: Outcome) -> None:
        if outcome.kind in (OutcomeKind.APPLIED, OutcomeKind.UNCHANGED):
            self._said.pop((key, "Drifted"), None)
        if self._last.get(key) == outcome:
            return
        self._last[key] = outcome
        glyph = "✗" if outcome.kind in FAILED else "◎" if outcome.retry_after else "✔"
        text = f"{key}: {outcome.kind.value}"
        self._say(glyph, f"{text}: {outcome.message}" if outcome.message else text)

    @override
    def crashed(self, key: str, error: BaseException) -> None:
        where = traceback.extract_tb(error.__traceback__)[-1]
        self._say("✗", f"{key}: internal error at {where.filename}:{where.lineno}: {error!r}")

    def _say(self, glyph: str, text: str) -> None:
        self._out.write(f"{glyph} {text}\n")
        self._out.flush()
