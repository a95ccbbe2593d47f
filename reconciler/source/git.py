"""A bare clone of the desired-state repository, and the YAML files in it at a revision."""

from __future__ import annotations

import asyncio
import posixpath
import re
from dataclasses import dataclass
from pathlib import Path

import git
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_exponential

from reconciler.errors import CloneUnusable, RevisionNotFound, SourceUnreachable, Stalled
from reconciler.source.reference import Kind, Reference, newest_tag

# Desired state is text that people review; a larger file is a mistake, and would be read on every
# commit.
LARGEST_FILE = 1 << 20
LARGEST_TOTAL = 32 << 20
YAML = (".yaml", ".yml")
# Everything but refs/remotes: forks' pull requests are not desired state until merged.
REFSPECS = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")


@dataclass(frozen=True)
class Revision:
    """A commit and the reference that named it: `str()` is `main@sha1:<40 hex>`."""

    name: str
    commit: str

    def __str__(self) -> str:
        return f"{self.name}@sha1:{self.commit}"


class GitSource:
    """A repository followed at one reference; `path` limits what is read to one of its folders."""

    def __init__(self, url: str, reference: Reference, clone: Path, path: str = "") -> None:
        """`url` is as for git clone; `clone` is the folder of the bare clone."""
        # git runs in the clone, where a relative path would have another meaning.
        self.url = str(Path(url).absolute()) if Path(url).is_dir() else url
        self._reference = reference
        self._clone = clone
        self._path = posixpath.normpath(path).strip("/") if path.strip("/") else ""
        if self._path == ".":
            self._path = ""

    async def newest(self) -> Revision:
        """Fetch and resolve the reference. Raises SourceUnreachable, RevisionNotFound."""
        return await asyncio.to_thread(self._newest)

    async def files(self, revision: Revision) -> dict[str, str]:
        """Return every YAML file at `revision`, as path -> text. Raises Stalled when there is more
        than anybody could review.
        """
        return await asyncio.to_thread(self._files, revision)

    def _newest(self) -> Revision:
        repository = self._fetch()
        try:
            return Revision(*self._resolve(repository))
        finally:
            repository.close()

    @retry(
        retry=retry_if_exception_type(SourceUnreachable),
        stop=stop_after_attempt(3),
        wait=wait_exponential(multiplier=0.2, max=1),
        reraise=True,
    )
    def _fetch(self) -> git.Repo:
        try:
            if not (self._clone / "HEAD").exists():
                repository = git.Repo.init(self._clone, bare=True, mkdir=True)
            else:
                repository = git.Repo(self._clone)
            repository.git.fetch("--quiet", "--prune", "--force", self.url, *REFSPECS)
        except git.GitCommandError as error:
            raise SourceUnreachable(
                f"cannot fetch {self.url}: {_git_message(error)}; check the address and access"
            ) from error
        except (git.InvalidGitRepositoryError, OSError) as error:
            why = getattr(error, "strerror", None) or "it is not a git repository"
            raise CloneUnusable(
                f"{self._clone} cannot be used as a clone of {self.url}: {why}; remove it, and it"
                " will be cloned again"
            ) from error
        return repository

    def _resolve(self, repository: git.Repo) -> tuple[str, str]:
        reference = self._reference
        if reference.kind is Kind.COMMIT:
            return reference.name[:8], self._commit(repository, reference.name)
        if reference.kind is Kind.BRANCH:
            return reference.name, self._commit(repository, f"refs/heads/{reference.name}")
        tag = reference.name
        if reference.kind is Kind.SEMVER:
            tag = newest_tag((tag.name for tag in repository.tags), reference)
        return tag, self._commit(repository, f"refs/tags/{tag}")

    def _commit(self, repository: git.Repo, name: str) -> str:
        try:
            return str(repository.git.rev_parse("--verify", "--quiet", f"{name}^{{commit}}"))
        except git.GitCommandError as error:
            kind = self._reference.kind.value
            raise RevisionNotFound(
                f"{self.url} has no {kind} {self._reference.name!r}; push it or correct --reference"
            ) from error

    def _files(self, revision: Revision) -> dict[str, str]:
        repository = git.Repo(self._clone)
        try:
            blobs = list(self._blobs(repository, revision))
            total = sum(blob.size for blob in blobs)
            large = next((blob for blob in blobs if blob.size > LARGEST_FILE), None)
            if large is not None or total > LARGEST_TOTAL:
                what = (
                    f"{large.path} has {large.size}" if large else f"all YAML together has {total}"
                )
                raise Stalled(
                    f"{self.url} at {revision}: {what} bytes; at most {LARGEST_FILE} a file and"
                    f" {LARGEST_TOTAL}"
                    " in all are read; move what is not desired state out of the folder"
                )
            return {
                str(blob.path): blob.data_stream.read().decode("utf-8", errors="replace")
                for blob in blobs
            }
        finally:
            repository.close()

    def _blobs(self, repository: git.Repo, revision: Revision) -> list[git.Blob]:
        tree = repository.commit(revision.commit).tree
        if self._path:
            tree = self._folder(tree, revision)
        blobs = [item for item in tree.traverse() if isinstance(item, git.Blob)]
        return [blob for blob in blobs if str(blob.path).endswith(YAML) and blob.mode != 0o120000]

    def _folder(self, tree: git.Tree, revision: Revision) -> git.Tree:
        try:
            item = tree / self._path
        except KeyError:
            item = None
        if not isinstance(item, git.Tree):
            raise Stalled(f"{self.url} at {revision} has no folder {self._path!r}; correct --path")
        return item


def _git_message(error: git.GitCommandError) -> str:
    lines = re.sub(r"^\s*stderr: '?|'$", "", str(error.stderr).strip()).strip().splitlines()
    return lines[0] if lines else f"git ended with status {error.status}"
