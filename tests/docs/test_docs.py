"""Every command, YAML object and link in README.md, docs/ and desired_state/ is right.

A ```console block holds commands (lines that begin with `$ `) and what they print; `...` stands
for anything. Commands of a document run in order, each in the directory the one before ended in.
The info string may name another exit code (```console exit=1) or a program without which the
document is skipped (```console needs=ip). A block that quotes a run of another document
(```console like=docs/tutorial.md) is not run again: what it shows must fit what is run there.
A block whose info string names a file (```yaml file=a.yaml) is the content the reader gives it.
"""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from reconciler.load import load
from reconciler.testbed.sandbox import inside

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "desired_state"
DOCUMENTS = sorted([ROOT / "README.md", EXAMPLE / "README.md", *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]*))?\)")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
FENCE = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
DETACH = 2  # MNT_DETACH of umount(2)


@dataclass(frozen=True)
class Command:
    line: int
    text: str
    expected: str
    exit_code: int
    needs: str
    like: str


@dataclass(frozen=True)
class Written:
    """A file that the reader writes or rewrites."""

    line: int
    path: str
    text: str


def blocks(document: Path, language: str) -> list[tuple[int, str, str]]:
    text = document.read_text()
    return [
        (text[: match.start()].count("\n") + 2, match[2].strip(), match[3])
        for match in FENCE.finditer(text)
        if match[1] == language
    ]


def commands(document: Path) -> list[Command]:
    return [command for command in all_commands(document) if not command.like]


def all_commands(document: Path) -> list[Command]:
    found = []
    for line, info, body in blocks(document, "console"):
        options = dict(word.split("=") for word in info.split())
        for match in COMMAND.finditer(body):
            at = line + body[: match.start()].count("\n")
            code = int(options.get("exit", 0))
            needs, like = options.get("needs", ""), options.get("like", "")
            found.append(Command(at, match[1], match[2], code, needs, like))
    return found


def written(document: Path) -> list[Written]:
    text = document.read_text()
    return [
        Written(
            text[: match.start()].count("\n") + 2, match[2].strip().removeprefix("file="), match[3]
        )
        for match in FENCE.finditer(text)
        if match[2].strip().startswith("file=")
    ]


def matches(expected: str, printed: str) -> bool:
    pattern = re.escape(expected.rstrip()).replace(re.escape("..."), ".*?")
    squeezed = re.sub(r"[ \t]+\n", "\n", printed).rstrip()
    return re.fullmatch(pattern, squeezed, re.DOTALL) is not None


@pytest.fixture
def own_run() -> Iterator[None]:
    """Mount an empty /run, so that `ip netns` works here whoever runs the tests."""
    if not inside():
        pytest.skip("runs in the sandbox: python -m reconciler.testbed.sandbox -- pytest")
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.mount(b"none", b"/run", b"tmpfs", 0, None) == 0, os.strerror(ctypes.get_errno())
    yield
    libc.umount2(b"/run", DETACH)


@pytest.mark.timeout(400)
@pytest.mark.usefixtures("own_run")
@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_do_what_the_document_says(document: Path, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "XDG_STATE_HOME": str(tmp_path),
        "COLUMNS": "120",
        "GIT_AUTHOR_NAME": "reader",
        "GIT_AUTHOR_EMAIL": "reader@example.net",
        "GIT_COMMITTER_NAME": "reader",
        "GIT_COMMITTER_EMAIL": "reader@example.net",
    }
    share_cache(tmp_path)
    directory = tmp_path / "work"
    directory.mkdir()
    steps = sorted([*commands(document), *written(document)], key=lambda step: step.line)
    for command in steps:
        if isinstance(command, Written):
            (directory / command.path).write_text(command.text)
            continue
        if command.needs and not shutil.which(command.needs):
            pytest.skip(f"{document.name} needs the program {command.needs}")
        if command.text.startswith("make "):
            check_make_target(command.text)
        else:
            directory = run(command, document, directory, environment, tmp_path / "directory")


def share_cache(state: Path) -> None:
    """Share the cache of drivers with the end-to-end tests."""
    cache = ROOT / "build" / "tests" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    (state / "click-up").mkdir()
    (state / "click-up" / "cache").symlink_to(cache)


def run(
    command: Command, document: Path, directory: Path, environment: dict[str, str], note: Path
) -> Path:
    """Run one command; return the directory it ended in."""
    done = subprocess.run(
        ["bash", "-c", f"{command.text}\ncode=$?; pwd > '{note}'; exit $code"],
        cwd=directory,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    where = f"{document.name}:{command.line}: {command.text}"
    assert done.returncode == command.exit_code, f"{where}\n{done.stdout}"
    if command.expected.strip():
        assert matches(command.expected, done.stdout), f"{where}\n--- printed\n{done.stdout}"
    return Path(note.read_text().strip())


def check_make_target(command: str) -> None:
    target = command.split()[1]
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE), target


def test_the_documents_hold_commands() -> None:
    assert sum(len(commands(document)) for document in DOCUMENTS) >= 10


QUOTED = [command for document in DOCUMENTS for command in all_commands(document) if command.like]


@pytest.mark.parametrize("quoted", QUOTED, ids=lambda command: command.text)
def test_quoted_commands_print_what_the_document_that_runs_them_says(quoted: Command) -> None:
    runs = [command for command in commands(ROOT / quoted.like) if command.text == quoted.text]
    assert any(matches(run.expected, quoted.expected) for run in runs), quoted.expected


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_yaml_objects_are_valid(document: Path) -> None:
    files = {
        f"{document.name}@{line}.yaml": "\n" * (line - 1) + body
        for line, _, body in blocks(document, "yaml")
        if "apiVersion:" in body
    }
    assert load(files).diagnostics == ()


def anchors(document: Path) -> set[str]:
    """Return the anchors of a document's headings."""
    headings = HEADING.findall(FENCE.sub("", document.read_text()))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    for path, anchor in LINK.findall(document.read_text()):
        target = (document.parent / path).resolve() if path else document
        assert target.exists(), path
        assert not anchor or anchor in anchors(target), f"{path}#{anchor}"
        # `click-up init` copies this folder without the others.
        assert not document.is_relative_to(EXAMPLE) or target.is_relative_to(EXAMPLE), path
