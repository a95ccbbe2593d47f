"""Prints a run as lines for people."""

from __future__ import annotations

import time
import traceback
from typing import TextIO

from typing_extensions import override

from reconciler.devices.reports import TakeoverReport
from reconciler.diagnostics import printable
from reconciler.outcome import Outcome, OutcomeKind
from reconciler.reporters.observers import Observer
from schemas.steps import Step, StepKind

DONE_WORDS = {
    StepKind.BUILD: "built",
    StepKind.STAGE: "staged",
    StepKind.CHECKPOINT: "saved",
    StepKind.RESTORE_STATE: "put its state on the device",
    StepKind.STOP: "stopped what ran",
    StepKind.START: "started the supervisor",
    StepKind.WRITE_HANDLERS: "written live, no takeover",
    StepKind.TAKEOVER: "took over",
    StepKind.VERIFY: "verified",
    StepKind.CONFIRM: "confirmed",
    StepKind.REVERT: "reverted",
    StepKind.REMOVE: "removed",
}


def _records(report: TakeoverReport) -> list[str]:
    """Return what became of the records of all tables, if there are any."""
    tables = report.states.values()
    restored = sum(one.kept + one.migrated for one in tables if one.fate == "restored")
    counts = {
        "kept": sum(one.kept for one in tables if one.fate != "restored"),
        "migrated": sum(one.migrated for one in tables if one.fate != "restored"),
        "restored": restored,
        "lost": sum(one.lost for one in tables),
    }
    said = ", ".join(f"{number:,} {word}" for word, number in counts.items() if number)
    return [f"records: {said}"] if said else []


TOLD = ("Drifted", "CheckpointFailed", "CheckpointDamaged", "SnapshotTaken", "StateLost")
"""Events that the end of a pass does not repeat."""
PROGRESS_SECONDS = 2.0
LINES_SHOWN = 3


class ProgressObserver(Observer):
    """Prints lines with flux's glyphs: ► action, ◎ waiting, ✔ done, ✗ failed."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._started: dict[tuple[str, StepKind], float] = {}
        self._last: dict[str, Outcome] = {}
        self._said: dict[tuple[str, str], str] = {}
        self._told = time.monotonic()

    @override
    def revision(self, revision: str, instances: int) -> None:
        name, _, commit = revision.rpartition(":")
        self._say("►", f"{name}:{commit[:8]}: {instances} instance{'' if instances == 1 else 's'}")

    @override
    def step_started(self, key: str, step: Step) -> None:
        self._started[key, step.kind] = time.monotonic()
        glyph = "◎" if step.kind is StepKind.VERIFY else "►"
        self._say(glyph, f"{key}: {step.kind.value}")

    @override
    def step_finished(self, key: str, step: Step) -> None:
        seconds = time.monotonic() - self._started.pop((key, step.kind), time.monotonic())
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
        self._say("✔", "; ".join([forwards, *_records(report)]))

    @override
    def event(self, key: str, kind: str, reason: str, message: str) -> None:
        # Events of a pass are told when it ends; those of the repository are told nowhere else.
        if key and reason not in TOLD:
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
        text = f"{key}: {outcome.kind.value}"
        self._say(outcome.meaning.glyph, f"{text}: {outcome.message}" if outcome.message else text)

    @override
    def crashed(self, key: str, error: BaseException) -> None:
        where = traceback.extract_tb(error.__traceback__)[-1]
        self._say("✗", f"{key}: internal error at {where.filename}:{where.lineno}: {error!r}")

    def _say(self, glyph: str, text: str) -> None:
        # A further line of a message begins with no glyph: it cannot pass for a line of ours.
        self._out.write(f"{glyph} {printable(text)}".replace("\n", "\n  ") + "\n")
        self._out.flush()
