"""Reading revisions from real repositories, with real git."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from reconciler.errors import CloneUnusable, RevisionNotFound, SourceUnreachable, Stalled
from reconciler.source import GitSource, Watch, parse_reference
from reconciler.source.watch import local_refs
from reconciler.yaml.contents import Unread
from reconciler.yaml.limits import Limits
from tests.reconciler.source.origin import Origin, source


async def test_reads_yaml_at_the_newest_revision_of_a_branch(
    origin: Origin, tmp_path: Path
) -> None:
    one = origin.commit({"a.yaml": "a", "sub/b.yml": "é", "README.md": "no"})
    followed = source(origin, tmp_path)
    revision = await followed.newest()
    assert str(revision) == f"main@sha1:{one}"
    assert await followed.files(revision) == {"a.yaml": b"a", "sub/b.yml": "é".encode()}
    two = origin.commit({"a.yaml": "changed"})
    assert (await followed.newest()).commit == two
    assert (await followed.files(revision))["a.yaml"] == b"a"


async def test_follows_rewritten_branches(origin: Origin, tmp_path: Path) -> None:
    origin.commit({"a.yaml": "a"})
    followed = source(origin, tmp_path)
    await followed.newest()
    origin.git("commit", "-q", "--amend", "-m", "other")
    assert (await followed.newest()).commit == origin.git("rev-parse", "HEAD")


async def test_tags_ranges_and_commits(origin: Origin, tmp_path: Path) -> None:
    one = origin.commit({"a.yaml": "1"})
    origin.git("tag", "-a", "v1.0.0", "-m", "one")
    two = origin.commit({"a.yaml": "2"})
    origin.git("tag", "v1.1.0")
    origin.commit({"a.yaml": "3"})
    assert (await source(origin, tmp_path, "tag:v1.0.0").newest()).commit == one
    newest = await source(origin, tmp_path, "semver:^1.0").newest()
    assert str(newest) == f"v1.1.0@sha1:{two}"
    assert (await source(origin, tmp_path, one).newest()).commit == one


async def test_only_the_chosen_folder_is_read(origin: Origin, tmp_path: Path) -> None:
    origin.commit({"lab/a.yaml": "a", "b.yaml": "b"})
    followed = source(origin, tmp_path, path="./lab/")
    assert await followed.files(await followed.newest()) == {"lab/a.yaml": b"a"}
    elsewhere = source(origin, tmp_path, path="nowhere")
    with pytest.raises(Stalled, match="--path"):
        await elsewhere.files(await elsewhere.newest())


async def test_files_that_are_not_read_are_told(origin: Origin, tmp_path: Path) -> None:
    (origin.folder / "link.yaml").symlink_to("/etc/hostname")
    other = Origin(tmp_path / "other")
    other.commit({"b.yaml": "b"})
    origin.git(
        "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(other.folder), "sub"
    )
    origin.commit({"a.yaml": "a", "big.yaml": "#" * 200})
    followed = source(origin, tmp_path, limits=Limits(file_bytes=100))
    files = await followed.files(await followed.newest())
    assert files.pop("a.yaml") == b"a"
    why = {path: unread.why for path, unread in files.items() if isinstance(unread, Unread)}
    assert why == {
        "link.yaml": "it is a symbolic link, which is not followed",
        "sub": "it is a submodule, whose files are not read",
        "big.yaml": "it has 200 bytes, more than 100 (limit file-bytes)",
    }


async def test_more_than_anybody_reviews_stops_the_revision(origin: Origin, tmp_path: Path) -> None:
    origin.commit({f"{n}.yaml": "a" * 10 for n in range(20)})
    for limits, name in (
        (Limits(total_bytes=199), "total-bytes"),
        (Limits(tree_entries=19), "tree-entries"),
    ):
        followed = source(origin, tmp_path, limits=limits)
        with pytest.raises(Stalled, match=f"limit {name}.*--limit"):
            await followed.files(await followed.newest())


async def test_mistakes_of_address_and_name_are_told_apart(origin: Origin, tmp_path: Path) -> None:
    origin.commit({"a.yaml": "a"})
    with pytest.raises(RevisionNotFound, match="no branch 'mian'"):
        await source(origin, tmp_path, "mian").newest()
    gone = GitSource(str(tmp_path / "gone"), parse_reference("main"), tmp_path / "other.git")
    with pytest.raises(SourceUnreachable, match="check the address"):
        await gone.newest()


@pytest.mark.parametrize("kind", ["work tree", "bare", "linked work tree"])
async def test_commit_to_a_local_repository_wakes_at_once(
    origin: Origin, tmp_path: Path, kind: str
) -> None:
    origin.commit({"a.yaml": "a"})
    followed, linked = origin.folder, tmp_path / "linked"
    if kind == "bare":
        followed = tmp_path / "bare.git"
        origin.git("clone", "-q", "--bare", str(origin.folder), str(followed))
    elif kind == "linked work tree":
        origin.git("worktree", "add", "-q", "-b", "side", str(linked))
        followed = linked
    async with Watch(str(followed), interval=30) as watch:
        waiting = asyncio.create_task(watch.wait())
        await asyncio.sleep(0.05)
        assert not waiting.done()
        origin.commit({"a.yaml": "b"}, linked if kind == "linked work tree" else None)
        if kind == "bare":
            origin.git("push", "-q", str(followed), "main")
        # Long before the next poll.
        await asyncio.wait_for(waiting, 15)


async def test_packed_refs_wake_too(origin: Origin) -> None:
    origin.commit({"a.yaml": "a"})
    async with Watch(str(origin.folder), interval=30) as watch:
        waiting = asyncio.create_task(watch.wait())
        await asyncio.sleep(0.05)
        assert not waiting.done()
        origin.git("pack-refs", "--all")
        done, _ = await asyncio.wait({waiting}, timeout=15)
        assert done == {waiting}


async def test_remote_repositories_are_polled(tmp_path: Path) -> None:
    assert local_refs("https://example.org/x.git") is None
    async with Watch("https://example.org/x.git", interval=0.05) as watch:
        began = time.monotonic()
        await asyncio.wait_for(watch.wait(), 15)
        assert time.monotonic() - began >= 0.04, "not before its time"


@pytest.mark.parametrize("path", ["elements/a.yaml", "../..", "nowhere"])
async def test_a_path_that_is_no_folder_is_explained(
    origin: Origin, tmp_path: Path, path: str
) -> None:
    origin.commit({"elements/a.yaml": "a"})
    followed = source(origin, tmp_path, path=path)
    with pytest.raises(Stalled, match="correct --path"):
        await followed.files(await followed.newest())


@pytest.mark.parametrize("path", ["./.hidden/", "/.hidden", ".hidden/deep/.."])
async def test_a_folder_may_begin_with_a_dot(origin: Origin, tmp_path: Path, path: str) -> None:
    origin.commit({".hidden/a.yaml": "a", "hidden/b.yaml": "b"})
    followed = source(origin, tmp_path, path=path)
    assert await followed.files(await followed.newest()) == {".hidden/a.yaml": b"a"}


async def test_a_folder_of_something_else_is_not_made_a_clone(
    origin: Origin, tmp_path: Path
) -> None:
    origin.commit({"a.yaml": "a"})
    (tmp_path / "clone.git").mkdir()
    (tmp_path / "clone.git" / "letter.txt").write_text("mine")
    with pytest.raises(CloneUnusable, match=r"'letter\.txt'.*remove it"):
        await source(origin, tmp_path).newest()
    assert (tmp_path / "clone.git" / "letter.txt").read_text() == "mine"
