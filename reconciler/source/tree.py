"""The YAML files of a commit: what they hold, or why they are not read."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import NoReturn

from reconciler.errors import Stalled
from reconciler.source.command import Git, GitFailed
from reconciler.yaml.contents import LINK, SUBMODULE, YAML_ENDINGS, Contents, Unread
from reconciler.yaml.limits import Limits

READING = 60.0
"""Seconds that listing or reading the files of a commit may take."""

_LONGEST_PATH = 4096
_LINK, _SUBMODULE = "120000", "160000"  # modes of entries of a tree


@dataclass(frozen=True)
class _Item:
    """A file as `git ls-tree --long` lists it."""

    mode: str
    digest: str
    size: int
    path: str


def read_files(git: Git, commit: str, folder: str, limits: Limits) -> dict[str, Contents]:
    """Return the YAML files of a commit below a folder, by path; for one that is a link, a
    submodule or too large, why it is not read.

    Raises Stalled when there is no such folder, or more than anybody could review; GitFailed.
    """
    items = list(_items(git, commit, folder, limits))
    links = _links_elsewhere(git, commit, items, limits)
    found: dict[str, Contents] = dict.fromkeys(links, LINK)
    wanted: list[_Item] = []
    for item in items:
        if item.path.endswith(YAML_ENDINGS) or item.mode == _SUBMODULE:
            unread = _why_not_read(item, limits)
            if unread is not None:
                found[item.path] = unread
            else:
                wanted.append(item)
    _check_total({item.path: item.size for item in wanted}, limits)
    return {**found, **_contents(git, wanted)}


def _links_elsewhere(
    git: Git, commit: str, items: Sequence[_Item], limits: Limits
) -> Iterator[str]:
    """Yield the links to what is neither among the items nor a file of the commit: there may have
    been a folder with objects before.
    """
    links = [item for item in items if item.mode == _LINK and item.size < _LONGEST_PATH]
    _check_total({item.digest: item.size for item in links}, limits)
    known = {item.path for item in items}
    known |= {str(parent) for path in known for parent in PurePosixPath(path).parents}
    for link, target in _contents(git, links).items():
        place = posixpath.join(posixpath.dirname(link), target.decode(errors="replace"))
        place = posixpath.normpath(place)
        if place not in known and not _is_file(git, f"{commit}:{place}"):
            yield link


def _is_file(git: Git, name: str) -> bool:
    try:
        return git.line("cat-file", "-t", name) == "blob"
    except GitFailed:
        return False


def _check_total(sizes: Mapping[str, int], limits: Limits) -> None:
    total = sum(sizes.values())
    if total > limits.total_bytes:
        _refuse(f"all YAML files together have {total} bytes", limits.told("total_bytes"))


def _refuse(what: str, most: str) -> NoReturn:
    raise Stalled(
        f"{what}, more than {most}; move what is not desired state out of the folder, or raise the"
        " limit with --limit"
    )


def _items(git: Git, commit: str, folder: str, limits: Limits) -> Iterator[_Item]:
    """Yield all files below a folder."""
    inside = f"{folder}/" if folder else ""
    tree = _tree(git, commit, folder)
    listed = git.records("ls-tree", "-r", "-z", "--long", tree, seconds=READING)
    for count, line in enumerate(listed, start=1):
        if count > limits.tree_entries:
            _refuse(f"the tree of {commit[:8]} has {count} entries", limits.told("tree_entries"))
        fields, _, name = line.partition(b"\t")
        mode, _, digest, size = fields.decode().split()
        if size == "BAD":
            raise GitFailed(f"object {digest} is missing")
        path = inside + name.decode(errors="backslashreplace")
        yield _Item(mode, digest, 0 if size == "-" else int(size), path)


def _tree(git: Git, commit: str, folder: str) -> str:
    if not folder:
        return git.line("rev-parse", f"{commit}^{{tree}}")
    try:
        found = git.line("rev-parse", "--verify", "--quiet", f"{commit}:{folder}")
        if git.line("cat-file", "-t", found) == "tree":
            return found
    except GitFailed:
        git.run("cat-file", "-e", commit)  # else the clone is broken
    raise Stalled(f"there is no folder {folder!r}; correct --path")


def _why_not_read(item: _Item, limits: Limits) -> Unread | None:
    if item.mode == _LINK:
        return LINK
    if item.mode == _SUBMODULE:
        return SUBMODULE
    return limits.larger_than_a_file(item.size)


def _contents(git: Git, items: Sequence[_Item]) -> dict[str, bytes]:
    """Return what the files hold, as `git cat-file --batch` prints one after another."""
    sizes = {item.digest: item.size for item in items}
    asked = "".join(f"{digest}\n" for digest in sizes).encode()
    printed = git.run("cat-file", "--batch", feed=asked, seconds=READING)
    blobs: dict[str, bytes] = {}
    place = 0
    for digest, size in sizes.items():
        place = printed.index(b"\n", place) + 1
        blobs[digest] = printed[place : place + size]
        place += size + 1
    return {item.path: blobs[item.digest] for item in items}
