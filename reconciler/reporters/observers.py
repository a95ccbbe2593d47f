"""Observers follow every pass: the command line, logs, tests and demo watch the same run."""

from __future__ import annotations

import structlog
from typing_extensions import override

from reconciler.devices.reports import TakeoverReport
from reconciler.outcome import Outcome, OutcomeKind
from schemas.plan import Plan
from schemas.steps import Step


class Observer:
    """Hooks that do nothing; override those of interest. Hooks run on the event loop and must not
    block.
    """

    def revision(self, revision: str, instances: int) -> None:
        """Called when the desired state was read at `revision`."""

    def planned(self, key: str, plan: Plan) -> None:
        """Called when a plan with steps is about to be applied."""

    def step_started(self, key: str, step: Step) -> None:
        """Called when a step is recorded in the ledger, before its effect."""

    def step_finished(self, key: str, step: Step) -> None:
        """Called when the effect of a step is complete."""

    def build_progress(self, key: str, finished: int, total: int, what: str) -> None:
        """Called when one more file was compiled or linked."""

    def takeover(self, key: str, report: TakeoverReport) -> None:
        """Called when a new worker forwards, or an old one forwards again."""

    def event(self, key: str, kind: str, reason: str, message: str) -> None:
        """Called for each event that the ledger records."""

    def pass_finished(self, key: str, outcome: Outcome) -> None:
        """Called when a pass over an instance ended."""

    def crashed(self, key: str, error: BaseException) -> None:
        """Called when a pass ended with a bug in click-up."""


class Observers(Observer):
    """Passes each call on to several observers, in order."""

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
    """Writes structured log lines: constant messages, everything else in keys."""

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
