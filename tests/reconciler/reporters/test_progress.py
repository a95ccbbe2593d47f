"""The output that people read while a loop runs."""

import io

from reconciler.devices.reports import TableReport, TakeoverReport
from reconciler.outcome import Outcome, OutcomeKind
from reconciler.reporters.progress import ProgressObserver

KEY = "edge1/fw"


def test_troubles_of_the_repository_are_told_once():
    out = io.StringIO()
    observer = ProgressObserver(out)
    for _ in range(3):
        observer.event("", "Warning", "SourceUnreachable", "cannot fetch it")
    assert out.getvalue() == "✗ repository: SourceUnreachable: cannot fetch it\n"


def test_drift_is_told_in_a_few_lines_and_again_when_it_returns():
    out = io.StringIO()
    observer = ProgressObserver(out)
    for _ in range(2):
        observer.event(KEY, "Warning", "Drifted", "a\nb\nc\nd\ne")
        observer.event(KEY, "Warning", "Drifted", "a\nb\nc\nd\ne")
        observer.pass_finished(KEY, Outcome(OutcomeKind.APPLIED, "Healed", "applied it"))
    drifted = f"◎ {KEY}: Drifted: a; b; c (and 2 more)"
    assert [line for line in out.getvalue().splitlines() if "Drifted" in line] == [drifted] * 2


def test_a_rejected_revision_is_no_success():
    out = io.StringIO()
    ProgressObserver(out).pass_finished(KEY, Outcome(OutcomeKind.REJECTED, "RevisionRejected", "x"))
    assert out.getvalue() == f"✗ {KEY}: Rejected: x\n"


def test_a_takeover_tells_what_became_of_records():
    out = io.StringIO()
    states = {
        "a/x": TableReport(fate="kept", kept=1200),
        "a/y": TableReport(fate="migrated", migrated=7, lost=2),
        "b/z": TableReport(fate="restored", kept=3, source="0000000001.ckpt"),
    }
    report = TakeoverReport(attempt="1", release="a" * 64, states=states)
    ProgressObserver(out).takeover(KEY, report)
    said = "release aaaaaaaaaaaa forwards; records: 1,200 kept, 7 migrated, 3 restored, 2 lost"
    assert out.getvalue() == f"✔ {KEY}: {said}\n"


def test_what_concerns_the_state_is_told_at_once():
    out = io.StringIO()
    ProgressObserver(out).event(KEY, "Warning", "CheckpointFailed", "DirectoryFull: no room")
    assert out.getvalue() == f"◎ {KEY}: CheckpointFailed: DirectoryFull: no room\n"
