"""The bare clone of a repository. It is only a cache: what a killed git left behind is removed, and
what git calls broken is made anew.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential
from tenacity.stop import stop_after_delay

from reconciler.errors import CloneUnusable, SourceUnreachable
from reconciler.source.address import Address
from reconciler.source.command import Git, GitFailed, GitTooSlow
from reconciler.yaml.limits import Limits

CHECKING = 60.0
"""Seconds that looking for damage may take."""
WAITING = 20.0
"""Seconds to wait for a git that a killed reconciler left running."""

NO_SUCH_REFERENCE = "couldn't find remote ref"
NO_DEPTH = "does not support shallow"
"""What git says of servers that are only folders of files (dumb http)."""

_FORMATS = {"algorithms: client sha1; server sha256": "sha256",
            "algorithms: client sha256; server sha1": "sha1"}  # fmt: skip
_LEFTOVERS = ("**/*.lock", "objects/pack/tmp_*", "objects/pack/*.keep", "objects/??/tmp_obj_*")
_OF_A_CLONE = frozenset({
    "HEAD", "FETCH_HEAD", "ORIG_HEAD", "branches", "config", "description", "gc.log", "gc.pid",
    "hooks", "index", "info", "logs", "objects", "packed-refs", "refs", "shallow",
})  # fmt: skip


class Clone:
    """A clone in `folder`; one process works with it at a time."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self.folder = folder
        self.limits = limits

    @contextmanager
    def held(self) -> Iterator[Held]:
        """Hold the clone for one piece of work.

        Raises SourceUnreachable when another process holds it for long, CloneUnusable.
        """
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            lock = os.open(f"{self.folder}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _unusable(self.folder, error.strerror or str(error)) from error
        try:
            _lock(lock, self.folder)
            yield Held(self.folder, lock, self.limits)
        except OSError as error:
            raise _unusable(self.folder, error.strerror or str(error)) from error
        finally:
            # Also for what git may have left running that is not at work in the clone, such as a
            # cache of credentials.
            fcntl.flock(lock, fcntl.LOCK_UN)
            os.close(lock)


class Held:
    """The clone while no other process works with it; `git` runs in it.

    It is made unless it is there, and what a killed git left in it is removed.
    """

    def __init__(self, folder: Path, lock: int, limits: Limits) -> None:
        self._folder = folder
        self._seconds = float(limits.fetch_seconds)
        self.git = Git(folder, (lock,), limits.pack_bytes)
        if (folder / "HEAD").exists():
            self._remove_leftovers()
        else:
            self._make("sha1")

    def _remove_leftovers(self) -> None:
        for pattern in _LEFTOVERS:
            for path in self._folder.glob(pattern):
                path.unlink(missing_ok=True)

    def fetch(self, address: Address, refspecs: Sequence[str], *options: str) -> None:
        """Fetch what the refspecs name. Raises GitFailed when the repository has none of it or
        refuses, SourceUnreachable, CloneUnusable.
        """
        for attempt in Retrying(
            retry=retry_if_exception(_may_pass),
            stop=stop_after_attempt(3) | stop_after_delay(self._seconds / 3),
            wait=wait_exponential(multiplier=0.2, max=1),
            reraise=True,
        ):
            with attempt:
                self._fetch(address, refspecs, options)

    def _fetch(self, address: Address, refspecs: Sequence[str], options: Sequence[str]) -> None:
        how = ("--quiet", "--prune", "--force", "--update-shallow", *options)
        command = (*address.options(), "fetch", *how, "--", address.bare, *refspecs)
        secret = address.environment(os.environ)
        try:
            self.git.run(*command, seconds=self._seconds, environment=secret)
        except GitTooSlow:
            raise
        except GitFailed as error:
            self._remove_leftovers()
            deep = [option for option in options if not option.startswith("--depth=")]
            if NO_DEPTH in str(error) and len(deep) < len(options):
                return self._fetch(address, refspecs, deep)
            other = next((name for told, name in _FORMATS.items() if told in str(error)), None)
            if other is None:
                raise
            self.make_anew(other)
            self.git.run(*command, seconds=self._seconds, environment=secret)

    def is_sound(self) -> bool:
        """Tell whether git finds no damage in the clone."""
        try:
            self.git.run("fsck", "--connectivity-only", "--no-dangling", seconds=CHECKING)
        except GitTooSlow:
            return True
        except GitFailed:
            return False
        return True

    def make_anew(self, algorithm: str = "sha1") -> None:
        """Remove the clone and make it again, empty. Raises CloneUnusable."""
        self._refuse_foreign()
        shutil.rmtree(self._folder)
        self._make(algorithm)

    def _make(self, algorithm: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._refuse_foreign()
        how = ("--quiet", "--bare", "--template=", f"--object-format={algorithm}")
        try:
            self.git.run("init", *how)
        except GitFailed as error:
            raise _unusable(self._folder, str(error)) from error

    def _refuse_foreign(self) -> None:
        names = {path.name for path in self._folder.iterdir()}
        foreign = sorted(name for name in names - _OF_A_CLONE if not name.endswith(".lock"))
        if foreign:
            raise _unusable(self._folder, f"it holds {foreign[0]!r}, which is not part of a clone")


def _may_pass(error: BaseException) -> bool:
    """Tell whether a fetch may succeed when it is tried again at once."""
    lasting = isinstance(error, GitTooSlow) or NO_SUCH_REFERENCE in str(error)
    return isinstance(error, GitFailed) and not lasting


def _lock(lock: int, folder: Path) -> None:
    deadline = time.monotonic() + WAITING
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise SourceUnreachable(
                    f"another process works with the clone {folder} for more than {WAITING:g} s;"
                    " it is tried again"
                ) from None
            time.sleep(0.1)


def _unusable(folder: Path, why: str) -> CloneUnusable:
    return CloneUnusable(
        f"{folder} cannot be used as a clone: {why}; remove it, and it will be cloned again"
    )
