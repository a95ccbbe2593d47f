"""The clone is a cache: it mends itself, and holds nothing up."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from reconciler.errors import (
    BranchRewound,
    CloneUnusable,
    SourceUnreachable,
)
from reconciler.source import GitSource, parse_reference
from reconciler.source.command import Git
from reconciler.yaml.limits import Limits
from tests.reconciler.source.origin import Origin, source

KILLS = 100 if os.environ.get("CLICKUP_THOROUGH") else 8


@pytest.mark.parametrize(
    "left",
    ["HEAD.lock", "config.lock", "packed-refs.lock", "shallow.lock", "objects/pack/tmp_pack_x",
     "refs/click-up/followed.lock"],
)  # fmt: skip
async def test_what_a_killed_git_left_is_removed(origin: Origin, tmp_path: Path, left: str) -> None:
    origin.commit({"a.yaml": "1"})
    followed = source(origin, tmp_path)
    await followed.newest()
    (tmp_path / "clone.git" / left).touch()
    newest = origin.commit({"a.yaml": "2"})
    assert (await followed.newest()).commit == newest
    assert not (tmp_path / "clone.git" / left).exists()


def unpack(clone: Path) -> None:
    """Keep each object of a clone in a file of its own."""
    packs = list(clone.glob("objects/pack/*.pack"))
    contents = [pack.read_bytes() for pack in packs]
    shutil.rmtree(clone / "objects/pack")
    for content in contents:
        Git(clone).run("unpack-objects", "-q", feed=content)
    assert list(clone.glob("objects/??/*"))


@pytest.mark.parametrize("damage", ["HEAD", "refs", "objects", "empty object", "config", "shallow"])
async def test_a_broken_clone_is_made_anew(origin: Origin, tmp_path: Path, damage: str) -> None:
    origin.commit({"a.yaml": "1"})
    followed = source(origin, tmp_path)
    revision = await followed.newest()
    clone = tmp_path / "clone.git"
    if damage in ("refs", "objects"):
        shutil.rmtree(clone / damage)
    elif damage == "empty object":
        unpack(clone)
        for path in clone.glob("objects/??/*"):
            path.chmod(0o600)
            path.write_bytes(b"")
    else:
        (clone / damage).write_text("nonsense")
    assert await followed.files(revision) == {"a.yaml": b"1"}
    newest = origin.commit({"a.yaml": "2"})
    assert await followed.files(await followed.newest()) == {"a.yaml": b"2"}
    assert (await followed.newest()).commit == newest


def test_a_git_killed_at_any_moment_stops_nothing(origin: Origin, tmp_path: Path) -> None:
    """SIGKILL to the whole reconciler and its git; the next one goes on where it can."""
    draw = random.Random(7)
    origin.commit({f"{n}.yaml": "x" * n for n in range(300)})
    program = (
        "import asyncio, sys; from pathlib import Path;"
        "from reconciler.source import GitSource, parse_reference;"
        "s = GitSource(sys.argv[1], parse_reference('main'), Path(sys.argv[2]));"
        "print('ready', flush=True); r = asyncio.run(s.newest()); asyncio.run(s.files(r))"
    )
    clone = tmp_path / "clone.git"
    for attempt in range(KILLS):
        origin.commit({f"new{attempt}.yaml": "y"})
        command = [sys.executable, "-c", program, str(origin.folder), str(clone)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as running:
            assert running.stdout is not None and running.stdout.readline() == b"ready\n"
            time.sleep(draw.uniform(0, 0.1))
            children = Path(f"/proc/{running.pid}/task/{running.pid}/children")
            for pid in [running.pid, *map(int, _text(children).split())]:
                _kill(pid)
    followed = GitSource(str(origin.folder), parse_reference("main"), clone)
    newest = asyncio.run(followed.newest())
    assert newest.commit == origin.git("rev-parse", "HEAD")
    assert len(asyncio.run(followed.files(newest))) == 300 + KILLS


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


async def test_a_file_that_the_clone_lost_is_fetched_again(origin: Origin, tmp_path: Path) -> None:
    origin.commit({"a.yaml": "1", "b.yaml": "2"})
    followed = source(origin, tmp_path)
    revision = await followed.newest()
    blob = origin.git("rev-parse", "HEAD:b.yaml")
    clone = tmp_path / "clone.git"
    unpack(clone)
    (clone / "objects" / blob[:2] / blob[2:]).unlink()
    assert await followed.files(revision) == {"a.yaml": b"1", "b.yaml": b"2"}


async def test_a_memory_that_cannot_be_written_is_told(origin: Origin, tmp_path: Path) -> None:
    origin.commit({"a.yaml": "1"})
    (tmp_path / "clone.git.followed.new").mkdir()
    with pytest.raises(CloneUnusable, match="Is a directory"):
        await source(origin, tmp_path).newest()


async def test_a_daemon_that_git_leaves_does_not_hold_the_clone(
    origin: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `git credential-cache--daemon` does for a quarter of an hour."""
    origin.commit({"a.yaml": "1"})
    followed = source(origin, tmp_path)
    await followed.newest()
    monkeypatch.setattr("reconciler.source.clone.WAITING", 0.5)
    with followed._clone.held() as clone:
        left = sleeper(clone.git._inherited)
    try:
        assert (await followed.newest()).commit
    finally:
        left.kill()
        left.wait()


def sleeper(inherited: tuple[int, ...]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(["sleep", "60"], pass_fds=inherited, start_new_session=True)


async def test_a_branch_that_goes_back_is_not_followed(origin: Origin, tmp_path: Path) -> None:
    one = origin.commit({"a.yaml": "1"})
    two = origin.commit({"a.yaml": "2"})
    followed = source(origin, tmp_path)
    assert (await followed.newest()).commit == two
    origin.git("reset", "-q", "--hard", one)
    with pytest.raises(BranchRewound, match=f"from {two[:8]} to {one[:8]}.*--allow-rewind"):
        await followed.newest()
    with pytest.raises(BranchRewound):
        await source(origin, tmp_path).newest()
    shutil.rmtree(tmp_path / "clone.git")
    allowed = source(origin, tmp_path, allow_rewind=True)
    assert (await allowed.newest()).commit == one
    assert (await followed.newest()).commit == one, "it is the commit that is followed now"
    assert (await source(origin, tmp_path, two).newest()).commit == two, "a commit never moves"


async def test_only_the_branch_that_is_followed_is_fetched(origin: Origin, tmp_path: Path) -> None:
    origin.commit({"a.yaml": "1"})
    origin.git("branch", "main-2/deep")
    origin.git("tag", "v1")
    followed = source(origin, tmp_path)
    await followed.newest()
    refs = Git(tmp_path / "clone.git").line("for-each-ref", "--format=%(refname)")
    assert refs == "refs/click-up/followed"


async def test_a_pack_that_would_fill_the_disk_is_given_up(origin: Origin, tmp_path: Path) -> None:
    (origin.folder / "large.bin").write_bytes(random.Random(1).randbytes(4 << 20))
    origin.commit({"a.yaml": "a"})
    with pytest.raises(SourceUnreachable, match="cannot fetch"):
        await source(origin, tmp_path, limits=Limits(pack_bytes=1 << 20)).newest()
    assert not any((tmp_path / "clone.git/objects/pack").iterdir())


def test_what_git_starts_is_limited_from_the_beginning(tmp_path: Path) -> None:
    """As what fetches for git is: the limit is there before git, not soon after it began."""
    git = Git(tmp_path, largest_file=3 << 20)
    limits = {git.line("-c", "alias.limit=!ulimit -f", "limit") for _ in range(100)}
    assert limits == {f"{(3 << 20) // 512}"}
