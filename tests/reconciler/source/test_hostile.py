"""Servers that hang, clones that a killed git left, branches that go back: nothing ends us."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from reconciler.errors import (
    RevisionNotFound,
    SourceUnreachable,
    Stalled,
)
from reconciler.source import GitSource, parse_reference
from reconciler.source.address import PASSWORD, PASSWORD_FILE, USERNAME, Address
from reconciler.source.command import clean_environment
from reconciler.yaml.limits import Limits
from tests.reconciler.source.origin import Origin, source

SECRET = "s3cr3t"


@contextmanager
def silent_server() -> Iterator[int]:
    """Listen, accept and never answer."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


async def test_a_server_that_never_answers_is_given_up(tmp_path: Path) -> None:
    with silent_server() as port:
        url = f"http://127.0.0.1:{port}/net.git"
        with pytest.raises(SourceUnreachable, match="did not end within 1 s"):
            limits = Limits(fetch_seconds=1)
            clone = tmp_path / "clone.git"
            await GitSource(url, parse_reference("main"), clone, limits=limits).newest()
        assert url not in _processes(), "the programs that git started are gone too"


async def test_the_repository_around_a_hook_is_left_alone(
    origin: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = origin.commit({"a.yaml": "a"})
    around = Origin(tmp_path / "around")
    config = (around.folder / ".git/config").read_text()
    for name in ("GIT_DIR", "GIT_COMMON_DIR"):
        monkeypatch.setenv(name, str(around.folder / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(around.folder))
    monkeypatch.setenv("GIT_INDEX_FILE", str(around.folder / ".git/index"))
    assert (await source(origin, tmp_path).newest()).commit == commit
    assert (around.folder / ".git/config").read_text() == config
    assert sorted(path.name for path in around.folder.iterdir()) == [".git"]


def test_a_hook_runs_click_up_as_a_terminal_does(tmp_path: Path) -> None:
    around = Origin(tmp_path / "around")
    hook = {**os.environ, "GIT_DIR": str(around.folder / ".git"), "GIT_PREFIX": "x/"}
    command = [sys.executable, "-m", "reconciler.cli.main", "init", str(tmp_path / "new")]
    done = subprocess.run(command, env=hook, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "new/.git").is_dir()
    assert around.git("rev-parse", "--is-bare-repository") == "false"


def test_what_a_hook_tells_is_not_told_further() -> None:
    local = subprocess.run(
        ["git", "rev-parse", "--local-env-vars"], capture_output=True, text=True, check=True
    ).stdout.split()
    given = {name: "x" for name in (*local, "HOME", "GIT_SSH_COMMAND", "GIT_SSL_CAINFO")}
    cleaned = clean_environment(given)
    own = {"GIT_NO_REPLACE_OBJECTS"}
    assert not (set(local) - own) & cleaned.keys()
    assert {"HOME", "GIT_SSH_COMMAND", "GIT_SSL_CAINFO"} <= cleaned.keys()
    assert (
        cleaned["GIT_TERMINAL_PROMPT"] == "0"
        and "BatchMode" in clean_environment({})["GIT_SSH_COMMAND"]
    )


async def test_a_tree_of_any_size_is_given_up(origin: Origin, tmp_path: Path) -> None:
    """208 KB of git objects that list 10^8 files: each folder holds ten times the one below."""
    blob = origin.git_fed("hash-object", "-w", "--stdin", text="a: 1\n")
    tree = origin.git_fed(
        "mktree", text="".join(f"100644 blob {blob}\t{n}.yaml\n" for n in range(10))
    )
    for _ in range(7):
        tree = origin.git_fed(
            "mktree", text="".join(f"040000 tree {tree}\td{n}\n" for n in range(10))
        )
    origin.git("update-ref", "refs/heads/main", origin.git("commit-tree", "-m", "x", tree))
    followed = source(origin, tmp_path)
    with pytest.raises(Stalled, match="200001 entries, more than 200000"):
        await followed.files(await followed.newest())


async def test_names_of_files_may_be_anything(origin: Origin, tmp_path: Path) -> None:
    blob = origin.git_fed("hash-object", "-w", "--stdin", text="a: 1\n")
    names = (b"a\nb.yaml", b"\xff.yaml", b"\x1b[2J.yaml", b'"quoted".yaml', b"tab\t.yaml")
    entries = b"".join(b"100644 blob %s\t%s\0" % (blob.encode(), name) for name in names)
    tree = origin.git_fed("mktree", "-z", text=entries.decode(errors="surrogateescape"))
    origin.git("update-ref", "refs/heads/main", origin.git("commit-tree", "-m", "x", tree))
    followed = source(origin, tmp_path)
    files = await followed.files(await followed.newest())
    assert set(files.values()) == {b"a: 1\n"} and len(files) == len(names)
    "".join(files).encode()
    assert "\\xff.yaml" in files


async def test_a_shallow_repository_is_followed(origin: Origin, tmp_path: Path) -> None:
    origin.commit({"a.yaml": "1"})
    origin.commit({"a.yaml": "2"})
    shallow = tmp_path / "shallow"
    origin.git("clone", "-q", "--depth", "1", f"file://{origin.folder}", str(shallow))
    followed = GitSource(str(shallow), parse_reference("main"), tmp_path / "clone.git")
    assert (await followed.newest()).commit == origin.git("rev-parse", "HEAD")
    newest = origin.commit({"a.yaml": "3"})
    origin.git("-C", str(shallow), "fetch", "-q", "--depth", "1")
    origin.git("-C", str(shallow), "reset", "-q", "--hard", "origin/main")
    assert (await followed.newest()).commit == newest


def _processes() -> str:
    """Return the command lines of all processes."""
    lines = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            lines.append(place.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return "\n".join(lines)


async def test_a_branch_that_vanishes_is_not_an_unreachable_repository(
    origin: Origin, tmp_path: Path
) -> None:
    origin.commit({"a.yaml": "1"})
    origin.git("branch", "side")
    followed = source(origin, tmp_path, "side")
    await followed.newest()
    origin.git("branch", "-D", "side")
    with pytest.raises(RevisionNotFound, match="no branch 'side'"):
        await followed.newest()


async def test_sha256_repositories_are_followed(tmp_path: Path) -> None:
    origin = Origin(tmp_path / "origin", "--object-format=sha256")
    commit = origin.commit({"a.yaml": "a"})
    followed = source(origin, tmp_path)
    revision = await followed.newest()
    assert str(revision) == f"main@sha256:{commit}" and len(commit) == 64
    assert await followed.files(revision) == {"a.yaml": b"a"}
    assert (await source(origin, tmp_path, commit).newest()).commit == commit


@pytest.mark.parametrize("url", ["ext::sh -c id%", "--upload-pack=touch x", "fd::17"])
async def test_an_address_never_becomes_a_command(tmp_path: Path, url: str) -> None:
    with pytest.raises(SourceUnreachable):
        await GitSource(url, parse_reference("main"), tmp_path / "clone.git").newest()


async def test_without_git_the_message_says_so(
    origin: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    origin.commit({"a.yaml": "a"})
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SourceUnreachable, match="install it"):
        await source(origin, tmp_path).newest()


async def test_what_a_server_says_commands_no_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "ssh"
    program.write_text("#!/bin/sh\nprintf 'fatal: \\033[2J\\n' >&2; exit 1\n")
    program.chmod(0o700)
    monkeypatch.setenv("GIT_SSH", str(program))
    followed = GitSource("ssh://h/x.git", parse_reference("main"), tmp_path / "clone.git")
    with pytest.raises(SourceUnreachable) as caught:
        await followed.newest()
    assert "\x1b" not in str(caught.value) and "x1b[2J" in str(caught.value)


@pytest.mark.parametrize(
    ("url", "shown", "bare"),
    [
        ("https://me:s3cr3t@h/x.git", "https://***@h/x.git", "https://h/x.git"),
        ("HTTPS://me:s3cr3t@h/x.git", "HTTPS://***@h/x.git", "HTTPS://h/x.git"),
        ("https://s3cr3t@h/x.git", "https://***@h/x.git", "https://h/x.git"),
        ("http://h/x?private_token=s3cr3t", "http://h/x?private_token=***", "http://h/x?private_token=s3cr3t"),
        ("https://u:s3cr3t@x@h/x.git", "https://***@h/x.git", "https://h/x.git"),
        ("ssh://git@h/x.git", "ssh://git@h/x.git", "ssh://git@h/x.git"),
        ("https://h:8443/a/b@c", "https://h:8443/a/b@c", "https://h:8443/a/b@c"),
        ("git@h:x.git", "git@h:x.git", "git@h:x.git"),
    ],
)  # fmt: skip
def test_an_address_prints_without_its_credentials(url: str, shown: str, bare: str) -> None:
    address = Address(url)
    assert (str(address), address.bare) == (shown, bare)
    assert SECRET not in repr(address) and SECRET not in f"{address}"


@pytest.mark.parametrize(
    "url",
    ["https://u:pa/s3cr3t@h/x", "ssh://git:s3cr3t@h/x", "git:s3cr3t@h:x", "http://h:s3cr3t@/@h"],
)
def test_an_address_that_git_would_show_is_refused_unseen(url: str) -> None:
    with pytest.raises(Stalled) as caught:
        Address(url)
    assert SECRET not in str(caught.value) and "***" in str(caught.value)


def test_credentials_come_from_a_file_or_the_environment(tmp_path: Path) -> None:
    address = Address("https://h/x.git")
    (tmp_path / "token").write_text(f"{SECRET}\n")
    assert address.environment({}) == {}
    assert address.environment({PASSWORD: SECRET}) == {USERNAME: "git", PASSWORD: SECRET}
    named = Address("https://me@h/x.git").environment({PASSWORD: SECRET})
    assert named == {USERNAME: "me", PASSWORD: SECRET}
    assert Address("https://tok%2Fen@h/x").environment({}) == {USERNAME: "tok/en", PASSWORD: ""}
    from_file = address.environment({USERNAME: "me", PASSWORD_FILE: str(tmp_path / "token")})
    assert from_file == {USERNAME: "me", PASSWORD: SECRET}
    with pytest.raises(SourceUnreachable, match="No such file"):
        address.environment({PASSWORD_FILE: str(tmp_path / "gone")})


@pytest.mark.parametrize("name", ["main:refs/heads/x", "-x", "a..b", "a*", "^main", "x.lock", ""])
def test_what_is_no_name_of_a_branch_is_refused(name: str) -> None:
    with pytest.raises(RevisionNotFound, match=r"write e\.g\. main"):
        parse_reference(f"branch:{name}")
