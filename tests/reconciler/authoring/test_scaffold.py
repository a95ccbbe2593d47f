"""What `click-up element` writes, and how it reports mistakes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import element_library
from reconciler.authoring.cases import CaseBroken, read_case
from reconciler.authoring.scaffold import scaffold, snake_case
from reconciler.cli.main import main
from reconciler.errors import Stalled
from reconciler.library import load_library
from reconciler.library.own import join_libraries
from tests.objects import ROOT

OURS = Path(element_library.__file__).parent


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An author's working directory; drivers are built in the cache shared by tests."""
    cache = ROOT / "build" / "tests" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    state = tmp_path / "state" / "click-up"
    state.mkdir(parents=True)
    (state / "cache").symlink_to(cache)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return work


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as end:
        main(words)
    out, err = capsys.readouterr()
    return int(str(end.value.code)), out, err


def edit(path: Path, pattern: str, text: str) -> None:
    before = path.read_text()
    assert re.search(pattern, before), pattern
    path.write_text(re.sub(pattern, text, before))


@pytest.mark.parametrize(
    ("name", "snake"), [("PortKnock", "port_knock"), ("GREGate", "gre_gate"), ("X", "x")]
)
def test_names(name: str, snake: str) -> None:
    assert snake_case(name) == snake


@pytest.mark.parametrize("stateful", [False, True])
def test_no_placeholder_is_left(stateful: bool) -> None:
    files = scaffold("PortKnock", stateful=stateful)
    assert all("NAME" not in path and "SNAKE" not in path for path in files)
    assert all("NAME" not in text and "${" not in text for text in files.values())
    assert list(files) == sorted(files)


def test_a_new_class_passes_its_case_until_it_does_something_else(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, "element", "new", "ShortOnly")[0] == 0
    code, out, err = run(capsys, "element", "test", "ShortOnly")
    assert (code, out) == (0, "✔ first\n✔ ShortOnly: 1 case passed\n"), err
    case = place / "library/elements/ShortOnly/cases/first"
    edit(case / "config.click", r"\(50\)", "(40)")
    code, out, err = run(capsys, "element", "test", "ShortOnly")
    assert code == 1
    assert "✗ first: passed.pcap: 0 packets, expected 1" in out
    assert "✗ 1 of 1 cases failed: first" in err
    edit(case / "config.click", r"ShortOnly\(40\)", "LongOnly(40)")
    code, _, err = run(capsys, "element", "test", "ShortOnly")
    assert code == 1 and "no element class LongOnly in the element library" in err


def test_a_new_class_with_a_state_passes_its_case(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is built as created, and again after its records got another layout."""
    assert run(capsys, "element", "new", "KnownOnly", "--stateful")[0] == 0
    passed = (0, "✔ first\n✔ KnownOnly: 1 case passed\n")
    code, out, err = run(capsys, "element", "test", "KnownOnly")
    assert (code, out) == passed, err
    manifest = place / "library/elements/KnownOnlyTable/manifest.yaml"
    first = manifest.read_text().partition("      - version: 1\n")[2]
    second = f"{first}          - {{name: more, type: u64, summary: nothing yet}}\n"
    manifest.write_text(f"{manifest.read_text()}      - version: 2\n{second}")
    code, out, err = run(capsys, "element", "test", "KnownOnly")
    assert (code, out) == passed, err


def test_names_that_are_taken_or_are_none(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "element", "new", "IPFilter")[0] == 2
    code, _, err = run(capsys, "element", "new", "short only")
    assert code == 2 and "is not a valid class name" in err
    assert run(capsys, "element", "new", "Mine", "--stateful", "--library", "other")[0] == 0
    code, _, err = run(capsys, "element", "new", "MineTable", "--library", "other")
    assert code == 2 and "exists already" in err
    assert not (place / "library").exists()


def test_classes_without_cases(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "element", "new", "Mine")
    code, _, err = run(capsys, "element", "test", "Mien")
    assert code == 2 and "Did you mean 'Mine'?" in err
    code, _, err = run(capsys, "element", "test", "IPFilter")
    assert code == 2 and "elements/IPFilter/cases has no case" in err


def test_a_library_of_ones_own_is_seen_by_the_other_verbs(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "element", "new", "Mine")
    code, out, _ = run(capsys, "atoms", "Mine", "--library", "library")
    assert code == 0 and "longest packet that passes" in out
    edit(place / "library/atoms/Mine.yaml", "summary: Say", "sumary: Say")
    code, _, err = run(capsys, "atoms", "Mine", "--library", "library")
    assert code == 1 and "atoms/Mine.yaml:2:1: Unknown key" in err
    for verb, broken in (("validate", 1), ("plan", 2)):
        code, _, err = run(capsys, verb, str(ROOT / "desired_state"), "--library", "nowhere")
        assert code == broken and "nowhere is not a folder" in err


def test_changes_in_either_library_are_seen_and_names_do_not_hide_each_other(
    tmp_path: Path,
) -> None:
    own = tmp_path / "own"
    for path, text in scaffold("Mine", stateful=True).items():
        (own / path).parent.mkdir(parents=True, exist_ok=True)
        (own / path).write_text(text)
    library = load_library(join_libraries(OURS, own, tmp_path / "cache"))
    assert {"Mine", "MineTable", "IPFilter"} <= library.elements.keys()
    edit(own / "elements/Mine/manifest.yaml", "summary: Say.*", "summary: Mine.")
    again = load_library(join_libraries(OURS, own, tmp_path / "cache"))
    assert (again.root, again.elements["Mine"].summary) == (library.root, "Mine.")
    (own / "atoms/Mine.yaml").unlink()
    assert "Mine" not in load_library(join_libraries(OURS, own, tmp_path / "cache")).atoms
    (own / "elements/Queue").mkdir()
    with pytest.raises(Stalled, match="the library has elements/Queue already"):
        join_libraries(OURS, own, tmp_path / "cache")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("frames: {a: 'udp(1, 2)'}", "`udp(1, 2)` is Segment, not bytes"),
        ("frames: {a: 'nothing'}", "`nothing`: NameError"),
        ("frames: {a: 'b\"a\"'}\ninput: [b]", "input names 'b', which is not in frames"),
        ("frame: {}", "unknown key frame"),
        ("frames: [", "case.yaml"),
    ],
)
def test_a_case_that_cannot_be_read_says_why(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "config.click").write_text("")
    (tmp_path / "case.yaml").write_text(text)
    with pytest.raises(CaseBroken, match=re.escape(message)):
        read_case(tmp_path)
