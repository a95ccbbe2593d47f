"""validate, render, atoms and init as a person runs them."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CASES = ROOT / "tests" / "cases" / "repositories"
EXAMPLE = ROOT / "desired_state"


def click_up(*arguments, cwd=ROOT):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    command = [sys.executable, "-m", "reconciler.cli.main", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment)


def test_validate_reports_all_ten_mistakes_in_one_run():
    done = click_up("validate", CASES / "ten-mistakes" / "input")
    assert done.returncode == 1
    places = [re.match(r"([\w/.]+\.yaml):(\d+):(\d+): ", line) for line in done.stdout.splitlines()]
    assert len(places) == 10 and all(places)
    assert len({place[1] for place in places}) == 6
    assert "✗ 10 mistakes in 6 files" in done.stderr


def test_validate_accepts_the_example():
    done = click_up("validate", EXAMPLE)
    assert (done.returncode, done.stderr) == (0, "")
    objects = len(list(EXAMPLE.rglob("*.yaml")))
    assert done.stdout == f"✔ {objects} objects, 1 instance, no mistakes\n"


def test_validate_for_programs():
    done = click_up("validate", CASES / "one-bad-device" / "input", "-o", "json")
    answer = json.loads(done.stdout)
    assert done.returncode == 1
    assert [(d["file"], d["line"]) for d in answer["diagnostics"]] == [
        ("bad.yaml", 6),
        ("half.yaml", 5),
    ]
    assert answer["instances"] == ["good/bridge", "half/bridge"]
    assert answer["broken"] == ["bad/bridge"]


def test_render_binds_interfaces_of_a_device():
    done = click_up("render", "edge-firewall", EXAMPLE, "--device", "edge1")
    assert done.returncode == 0, done.stderr
    assert "from_lan :: FromDevice(eth0, " in done.stdout
    assert done.stdout.startswith("// edge-firewall 1.0.0\n")


def test_render_names_what_there_is():
    done = click_up("render", "edge-firewal", EXAMPLE)
    assert done.returncode == 2
    known = sorted(path.stem for path in (EXAMPLE / "elements").glob("*.yaml"))
    assert f"known: {', '.join(known)}" in done.stderr


@pytest.mark.skipif(shutil.which("click") is None, reason="no Click on PATH")
def test_click_accepts_what_uses_only_its_own_classes(library):
    text = click_up("render", "stateless-filter", EXAMPLE).stdout
    classes = set(re.findall(r":: (\w+)", text))
    assert all(library.elements[name].click for name in classes)
    # The loopback interface is there on every machine, and opening it may still need privileges.
    text = text.replace("(lan", "(lo").replace("(wan", "(lo")
    done = subprocess.run(["click", "-q", "-"], input=text, capture_output=True, text=True)
    mistakes = re.findall(r"^<stdin>:\d+: (?!While initializing).*", done.stderr, re.MULTILINE)
    assert mistakes == [], done.stderr


def test_atoms_lists_and_describes():
    listed = click_up("atoms")
    assert "CheckSession" in listed.stdout and "SessionTable" in listed.stdout
    described = click_up("atoms", "Dissect")
    assert "becomes:" in described.stdout and "CheckIPHeader" in described.stdout
    assert json.loads(click_up("atoms", "Dissect", "-o", "json").stdout)["atom"] == "Dissect"
    unknown = click_up("atoms", "Disect")
    assert unknown.returncode == 2 and "Did you mean 'Dissect'?" in unknown.stderr


def test_init_writes_a_repository_that_validates(tmp_path):
    done = click_up("init", tmp_path / "net")
    assert done.returncode == 0, done.stderr
    log = subprocess.run(
        ["git", "-C", tmp_path / "net", "status", "--porcelain", "--branch"],
        capture_output=True,
        text=True,
    )
    assert log.stdout.strip() == "## main"
    assert (tmp_path / "net" / "README.md").read_text() == (EXAMPLE / "README.md").read_text()
    assert click_up("validate", tmp_path / "net").returncode == 0
    again = click_up("init", tmp_path / "net")
    assert again.returncode == 2 and "is not empty" in again.stderr


def test_help_and_version():
    help_text = click_up("--help").stdout
    for verb in ("init", "validate", "render", "plan", "build", "run", "reconcile", "get", "demo"):
        assert verb in help_text
    assert click_up("--version").stdout.startswith("click-up ")
    assert click_up("nonsense").returncode == 2


def test_validate_reads_what_a_commit_would_hold(tmp_path):
    shutil.copytree(EXAMPLE, tmp_path / "net")
    (tmp_path / "net" / "folder.yaml").mkdir()
    (tmp_path / "net" / "dangling.yaml").symlink_to("/nonexistent")
    os.mkfifo(tmp_path / "net" / "pipe.yaml")
    done = click_up("validate", tmp_path / "net")
    assert (done.returncode, done.stderr) == (1, "✗ 1 mistake in 1 file\n")
    assert done.stdout.startswith("dangling.yaml:1:1: File not read: it is a symbolic link")


def test_validate_reads_as_much_as_a_running_loop_would(tmp_path):
    (tmp_path / "big.yaml").write_text("#" * 101)
    assert click_up("validate", tmp_path).returncode == 0
    done = click_up("validate", tmp_path, "--limit", "file-bytes=100")
    assert done.returncode == 1
    assert "big.yaml:1:1: File not read: it has 101 bytes, more than 100 (limit file" in done.stdout
    done = click_up("validate", tmp_path, "--limit", "total-bytes=100")
    assert done.returncode == 2 and "more than 100 (limit total-bytes) bytes" in done.stderr
    done = click_up("validate", tmp_path, "--limit", "total=100")
    assert done.returncode == 2 and "there is no limit 'total'; known: " in done.stderr


def test_validate_reads_any_encoding_and_shows_nothing_that_commands_a_terminal(tmp_path):
    shutil.copytree(EXAMPLE, tmp_path / "net")
    device = next((tmp_path / "net" / "devices").iterdir())
    device.write_bytes(device.read_text().encode("utf-16"))
    assert click_up("validate", tmp_path / "net").returncode == 0
    (tmp_path / "net" / "x\x1b[2J.yaml").write_bytes(b"caf\xe9: 1\n")
    done = click_up("validate", tmp_path / "net")
    assert done.returncode == 1 and "\x1b" not in done.stdout
    assert done.stdout.startswith("x\\x1b[2J.yaml:1:4: Not text: byte 0xe9 is not UTF-8.")


def test_init_explains_where_it_cannot_write(tmp_path):
    (tmp_path / "file").touch()
    done = click_up("init", tmp_path / "file")
    assert (done.returncode, done.stderr) == (
        2,
        f"✗ {tmp_path}/file is a file; name a new folder\n",
    )
    done = click_up("init", tmp_path / "file" / "below")
    assert done.returncode == 1
    assert done.stderr.startswith("✗ cannot create ")
