"""What all verbs have in common: exit codes in their help, and errors without a traceback."""

import os
import sqlite3
from pathlib import Path

import pytest

from reconciler.cli.main import VERBS, main
from reconciler.cli.workplace import writable_folder
from reconciler.store import Ledger

GROUPS = {
    "get": ("devices", "elements", "rollouts"),
    "handler": ("read", "write"),
    "element": ("new", "test"),
    "state": ("show", "export", "diff", "ls", "import", "prune"),
}
COMMANDS = [(verb, *sub) for verb in VERBS for sub in [(s,) for s in GROUPS.get(verb, ())] or [()]]


def ended(capsys, *words):
    with pytest.raises(SystemExit) as end:
        main([str(word) for word in words])
    out, err = capsys.readouterr()
    return end.value.code, out, err


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_tells_exit_codes(capsys, command):
    code, out, _ = ended(capsys, *command, "--help")
    assert code == 0
    assert "Exit codes" in out


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (("get", "devices"), 1),
        (("events",), 1),
        (("suspend", "a/b", "--reason", "x"), 1),
        (("run", "--once", "--repository", "."), 1),
        (("plan", "desired_state"), 2),
    ],
)
def test_a_ledger_of_another_version_is_explained(capsys, tmp_path, command, expected):
    Ledger(tmp_path / "ledger.db").close()
    with sqlite3.connect(tmp_path / "ledger.db") as connection:
        connection.execute("UPDATE about SET version = 99")
    connection.close()
    code, _, err = ended(capsys, *command, "--data", tmp_path)
    assert code == expected
    assert "was written by another version of click-up" in err


@pytest.mark.parametrize("command", [("build", "Counter"), ("run", "--repository", ".", "--once")])
def test_a_data_folder_that_cannot_be_is_explained(capsys, tmp_path, command):
    (tmp_path / "file").touch()
    code, _, err = ended(capsys, *command, "--data", tmp_path / "file" / "data")
    assert code == 1
    assert err.startswith("✗ cannot create the data folder ") and "--data" in err


@pytest.mark.parametrize("option", ["--data", "--state"])
def test_the_former_name_of_the_data_option_is_accepted(capsys, tmp_path, option):
    Ledger(tmp_path / "ledger.db").close()
    code, out, _ = ended(capsys, "get", "devices", "-o", "json", option, tmp_path)
    assert (code, out.strip()) == (0, "[]")


NEED_A_LEDGER = [
    *[("get", kind) for kind in GROUPS["get"]],
    *[(verb,) for verb in ("events", "history", "tree")],
    *[(verb, "a/b") for verb in ("tree", "reconcile", "resume")],
    ("suspend", "a/b", "--reason", "x"),
    ("handler", "read", "a/b", "x.y"),
]


@pytest.mark.parametrize("command", NEED_A_LEDGER, ids=" ".join)
def test_without_a_ledger_the_first_step_is_named(capsys, tmp_path, command):
    code, _, err = ended(capsys, *command, "--data", tmp_path)
    assert code == 1
    assert err.startswith(f"✗ nothing has been reconciled with {tmp_path} yet")
    assert "start `click-up run --repository PATH_OR_URL` first" in err


def test_an_unreadable_reference_is_wrong_usage(capsys, tmp_path):
    words = ("run", "--once", "--repository", ".", "--data", tmp_path, "--reference")
    code, _, err = ended(capsys, *words, "semver:abc")
    assert (code, "cannot read 'abc'" in err) == (2, True)


@pytest.mark.parametrize("command", [(), *COMMANDS], ids=" ".join)
def test_help_shows_no_type_for_flags(capsys, command):
    _, out, _ = ended(capsys, *command, "--help")
    assert "--help" in out and "bool" not in out


def test_what_a_reconciler_keeps_is_nobody_elses(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        folder = writable_folder(tmp_path / "data")
        (folder / "ledger.db").touch()
        (folder / "snapshots").mkdir()
        modes = [path.stat().st_mode & 0o777 for path in (folder, *sorted(folder.iterdir()))]
    finally:
        os.umask(before)
    assert modes == [0o700, 0o600, 0o700]
