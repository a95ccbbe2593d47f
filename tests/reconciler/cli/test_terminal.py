"""Words that come from outside command no terminal, and none passes for a line of ours."""

import os
import pty
import time
from datetime import UTC, datetime

import pytest

from reconciler.cli.main import main
from reconciler.cli.terminal import hand_over, say
from reconciler.diagnostics import Diagnostic, printable
from reconciler.store import Ledger
from reconciler.store.records import Suspension
from schemas.status import Condition, ConditionStatus, ConditionType, InstanceStatus, Phase

CLEAR, TITLE, BACKWARDS = "\x1b[2J", "\x1b]0;owned\x07", "\u202e"
HOSTILE = f"{CLEAR}{TITLE}\x9b1m{BACKWARDS}\r\x08"
FAKED = "\n✔ edge1/fw: Ready"


def ended(capsys, *words):
    with pytest.raises(SystemExit) as end:
        main([str(word) for word in words])
    out, err = capsys.readouterr()
    return end.value.code, out + err


def commands_in(text: str) -> str:
    return "".join(one for one in text if printable(one) != one)


@pytest.fixture
def folder(tmp_path):
    ledger = Ledger(tmp_path / "ledger.db")
    key, said = "edge1/fw", HOSTILE + FAKED
    condition = Condition(
        type=ConditionType.READY,
        status=ConditionStatus.FALSE,
        reason="Broken",
        message=said,
        last_transition=datetime.now(UTC),
    )
    status = InstanceStatus(
        instance=key,
        phase=Phase.STALLED,
        version=said,
        applied_revision=said,
        attempted_revision=said,
        conditions=(condition,),
    )
    ledger.record_status(status, said, "digest", said)
    ledger.events.record(key, "Warning", "Broken", said)
    ledger.end_attempt(ledger.begin_attempt(key, said, said, said, said), said, said)
    ledger.suspend(key, Suspension(reason=said, owner=said, since=time.time()))
    ledger.close()
    return tmp_path


VERBS = [
    *[("get", kind) for kind in ("devices", "elements", "rollouts")],
    ("get", "devices", "-o", "wide"),
    *[(verb,) for verb in ("events", "history", "tree")],
    ("tree", f"no{CLEAR}such/instance"),
]


@pytest.mark.parametrize("output", [(), ("-o", "json")], ids=["text", "json"])
@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: ascii(" ".join(verb)))
def test_what_the_ledger_holds_is_escaped(capsys, folder, verb, output):
    _, printed = ended(capsys, *verb, *output, "--data", folder)
    assert commands_in(printed) == ""
    assert "x1b[2J" in printed or "u001b[2J" in printed
    assert not any(line.startswith("✔") for line in printed.splitlines())


def test_a_file_name_is_no_line_of_its_own(tmp_path, capsys):
    (tmp_path / f"a{CLEAR}{FAKED.split('/')[0]}.yaml").write_text("kind: Device\n")
    code, printed = ended(capsys, "validate", tmp_path)
    assert code == 1 and commands_in(printed) == ""
    assert "\\x1b[2J\\n✔ edge1" in printed


def test_a_diagnostic_of_an_odd_name_is_one_line():
    assert str(Diagnostic(f"a{FAKED}", 3, 1, "Wrong")) == "a\\n✔ edge1/fw: Ready:3:1: Wrong"


def test_lines_and_tabs_of_a_text_stay(capsys):
    say(f"a\tb\n{CLEAR}c")
    assert capsys.readouterr().out == "a\tb\n\\x1b[2Jc\n"


def test_a_text_is_handed_over_as_it_is_but_to_a_terminal(capsys, monkeypatch):
    hand_over(CLEAR)
    assert capsys.readouterr().out == CLEAR
    shown, terminal = pty.openpty()
    with open(terminal, "w", encoding="utf-8") as out:
        monkeypatch.setattr("sys.stdout", out)
        hand_over(CLEAR)
        out.flush()
        assert os.read(shown, 64) == b"\\x1b[2J"
    os.close(shown)
