"""A repository of desired state that is followed at one reference."""

from __future__ import annotations

import asyncio
import posixpath
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from reconciler.errors import RevisionNotFound, SourceUnreachable, Stalled
from reconciler.source.address import Address, without_credentials
from reconciler.source.clone import NO_SUCH_REFERENCE, Clone, Held
from reconciler.source.command import GitFailed, GitTooSlow
from reconciler.source.reference import Kind, Reference, newest_tag
from reconciler.source.rewind import follow
from reconciler.source.tree import read_files
from reconciler.yaml.contents import Contents
from reconciler.yaml.limits import DEFAULT, Limits

T = TypeVar("T")

FOLLOWED = "refs/click-up/followed"
"""Where the clone keeps the one commit that is followed, whatever its branch is called."""
EVERYTHING = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
DEPTH = 50
"""Commits that are fetched of a branch: enough to see that it went back."""


@dataclass(frozen=True)
class Revision:
    """A commit and the reference that named it: `str()` is `main@sha1:<40 hex>`."""

    name: str
    commit: str

    def __str__(self) -> str:
        algorithm = "sha1" if len(self.commit) == 40 else "sha256"
        return f"{self.name}@{algorithm}:{self.commit}"


class GitSource:
    """A repository followed at one reference; `path` limits what is read to one of its folders."""

    def __init__(
        self,
        url: str,
        reference: Reference,
        clone: Path,
        path: str = "",
        limits: Limits = DEFAULT,
        allow_rewind: bool = False,
    ) -> None:
        """`url` is as for git clone; `clone` is the folder of the bare clone."""
        # So that it names the same place in every message, whatever the folder we run in.
        self.url = str(Path(url).absolute()) if Path(url).is_dir() else url
        self._address = Address(self.url)
        self._reference = reference
        self._clone = Clone(clone, limits)
        self._memory = clone.with_name(f"{clone.name}.followed")
        self._path = posixpath.normpath(path).strip("/") if path.strip("/") else ""
        if self._path == ".":
            self._path = ""
        self.limits = limits
        self._allow_rewind = allow_rewind

    async def newest(self) -> Revision:
        """Fetch and resolve the reference. Raises SourceUnreachable, Stalled."""
        return await asyncio.to_thread(self._held, self._newest)

    async def files(self, revision: Revision) -> dict[str, Contents]:
        """Return every YAML file at `revision`, by path. Raises Stalled when there is more than
        anybody could review.
        """
        return await asyncio.to_thread(self._held, lambda clone: self._files(clone, revision))

    def _held(self, work: Callable[[Held], T]) -> T:
        """Do something with the clone, once more if that finds it broken."""
        with self._clone.held() as clone:
            try:
                return work(clone)
            except GitFailed as error:
                if isinstance(error, GitTooSlow) or clone.is_sound():
                    raise self._unreachable(error) from error
            clone.make_anew()
            try:
                return work(clone)
            except GitFailed as error:
                raise self._unreachable(error) from error

    def _unreachable(self, error: GitFailed) -> SourceUnreachable:
        said = without_credentials(str(error))
        return SourceUnreachable(
            f"cannot fetch {self._address}: {said}; check the address and access"
        )

    def _newest(self, clone: Held) -> Revision:
        reference = self._reference
        if reference.kind is Kind.COMMIT:
            return Revision(reference.name[:8], self._fetched_commit(clone))
        if reference.kind is Kind.SEMVER:
            tags = f"refs/tags/{reference.prefix}*"
            clone.fetch(self._address, (f"+{tags}:{tags}",), "--depth=1")
            names = clone.git.run("for-each-ref", "--format=%(refname:lstrip=2)", "refs/tags")
            tag = newest_tag(names.decode(errors="replace").splitlines(), reference)
            return Revision(tag, clone.git.line("rev-parse", f"refs/tags/{tag}^{{commit}}"))
        folder = "heads" if reference.kind is Kind.BRANCH else "tags"
        self._fetch_one(clone, f"refs/{folder}/{reference.name}", f"--depth={DEPTH}")
        commit = clone.git.line("rev-parse", f"{FOLLOWED}^{{commit}}")
        if reference.kind is Kind.BRANCH:
            source = f"branch {reference.name} of {self._address}"
            follow(clone.git, source, commit, self._memory, self._allow_rewind)
        return Revision(reference.name, commit)

    def _fetch_one(self, clone: Held, name: str, *options: str) -> None:
        try:
            clone.fetch(self._address, (f"+{name}:{FOLLOWED}",), "--no-tags", *options)
        except GitFailed as error:
            if NO_SUCH_REFERENCE not in str(error):
                raise
            raise self._not_found() from error

    def _fetched_commit(self, clone: Held) -> str:
        """Return the commit that is followed, which never changes once it is there."""
        name = self._reference.name
        if not _holds(clone, name):
            try:
                self._fetch_one(clone, name, "--depth=1")
            except GitFailed:
                # The server gives only what a branch or tag names.
                clone.fetch(self._address, EVERYTHING, "--depth=2147483647")
        if not _holds(clone, name):
            raise self._not_found()
        return name

    def _not_found(self) -> RevisionNotFound:
        kind, name = self._reference.kind.value, self._reference.name
        return RevisionNotFound(
            f"{self._address} has no {kind} {name!r}; push it or correct --reference"
        )

    def _files(self, clone: Held, revision: Revision) -> dict[str, Contents]:
        if not _holds(clone, revision.commit):
            self._newest(clone)  # the clone was made anew
        try:
            return read_files(clone.git, revision.commit, self._path, self.limits)
        except Stalled as error:
            raise Stalled(f"{self._address} at {revision}: {error}") from error


def _holds(clone: Held, commit: str) -> bool:
    try:
        clone.git.run("cat-file", "-e", f"{commit}^{{commit}}")
    except GitFailed:
        return False
    return True
