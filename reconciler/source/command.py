"""Runs git: without prompts, with a clean environment, and for a limited time."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from threading import Timer

from reconciler.diagnostics import printable
from reconciler.errors import SourceUnreachable
from reconciler.yaml.limits import DEFAULT

QUICK = 30.0
"""Seconds that git may take for what it does without a network."""

NOTHING: Mapping[str, str] = {}

_KEPT = re.compile(r"GIT_(SSH|ASKPASS|SSL_|PROXY_|CONFIG_(GLOBAL|SYSTEM|NOSYSTEM)$|TRACE)")
_ALONE = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "LC_ALL": "C",
    "SSH_ASKPASS_REQUIRE": "never",
}
_SSH = "ssh -oBatchMode=yes -oConnectTimeout=15 -oServerAliveInterval=10 -oServerAliveCountMax=3"
_SETTINGS = (
    "protocol.allow=never",
    *(f"protocol.{name}.allow=always" for name in ("https", "http", "ssh", "git", "file")),
    "transfer.fsckObjects=true",
    "fetch.recurseSubmodules=false",
    # Fewer than 1000 bytes a second for so many seconds: the server has died.
    "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=30",
    "core.hooksPath=/dev/null",
    "log.showSignature=false",
    # In the background it would outlive its time limit.
    "gc.autoDetach=false",
)


# Before git starts, as what it starts has the same limit; in blocks of 512 bytes (POSIX). A lower
# limit of our own stays.
_LIMITED = ("/bin/sh", "-c", 'ulimit -f "$0" 2>/dev/null; exec git "$@"')


class GitFailed(Exception):
    """git ended with an error; the text is the line with which it said why."""


class GitTooSlow(GitFailed):
    """git was killed, since it took longer than it may."""


def clean_environment(given: Mapping[str, str]) -> dict[str, str]:
    """Return an environment for git without what a hook, or whoever called, told another git:
    its folder, index or work tree (`git rev-parse --local-env-vars`); and without the program that
    asks a person for the passwords of ssh.
    """
    kept = {
        name: value
        for name, value in given.items()
        if (not name.startswith("GIT_") or _KEPT.match(name)) and name != "SSH_ASKPASS"
    }
    chosen = {"GIT_SSH", "GIT_SSH_COMMAND"} & kept.keys() or _has_ssh_command()
    return {**kept, **({} if chosen else {"GIT_SSH_COMMAND": _SSH}), **_ALONE}


@cache
def _has_ssh_command() -> bool:
    """Tell whether git's own settings say how to run ssh."""
    command = ("git", "config", "--get", "core.sshCommand")
    with suppress(OSError):
        done = subprocess.run(command, capture_output=True, timeout=QUICK, cwd="/", check=False)
        return done.returncode == 0
    return False


def forget_callers_repository() -> None:
    """Remove from this process what a hook told its programs about its own repository."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        if not _KEPT.match(name):
            del os.environ[name]


class Git:
    """git for one repository. Its processes inherit open files, so that locks last as long as they
    do.
    """

    def __init__(
        self, folder: Path, inherited: Sequence[int] = (), largest_file: int = DEFAULT.pack_bytes
    ) -> None:
        """`largest_file` is in bytes: a pack of a hostile repository would fill disks."""
        self.folder = folder
        self._inherited = tuple(inherited)
        self._largest_file = largest_file

    def run(
        self,
        *arguments: str,
        seconds: float = QUICK,
        feed: bytes = b"",
        environment: Mapping[str, str] = NOTHING,
    ) -> bytes:
        """Return what git prints, given more in its environment. Raises GitFailed."""
        with self._started(arguments, seconds, subprocess.PIPE, environment) as process:
            printed, complaint = process.communicate(feed)
        _check(process.returncode, complaint)
        return printed

    def line(self, *arguments: str) -> str:
        """Return the one line that git prints. Raises GitFailed."""
        return self.run(*arguments).decode(errors="replace").strip()

    def records(self, *arguments: str, seconds: float = QUICK) -> Iterator[bytes]:
        """Yield what git prints up to each NUL, as it comes; whoever stops reading ends git.

        Raises GitFailed.
        """
        with self._started(arguments, seconds, subprocess.DEVNULL) as process:
            assert process.stdout is not None and process.stderr is not None
            rest = b""
            while chunk := os.read(process.stdout.fileno(), 1 << 16):
                *whole, rest = (rest + chunk).split(b"\0")
                yield from whole
            complaint = process.stderr.read()
            process.wait()
        _check(process.returncode, complaint)

    @contextmanager
    def _started(
        self,
        arguments: Sequence[str],
        seconds: float,
        stdin: int,
        environment: Mapping[str, str] = NOTHING,
    ) -> Iterator[subprocess.Popen[bytes]]:
        with self._process(arguments, stdin, environment) as process:
            timer = Timer(seconds, _kill_session, (process.pid,))
            timer.start()
            try:
                yield process
            finally:
                late = not timer.is_alive()
                timer.cancel()
                if process.poll() is None:
                    _kill_session(process.pid)
                    process.wait()
        if late and process.returncode < 0:
            raise GitTooSlow(f"git did not end within {seconds:g} s")

    def _process(
        self, arguments: Sequence[str], stdin: int, environment: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        settings = [word for setting in _SETTINGS for word in ("-c", setting)]
        if shutil.which("git") is None:
            raise SourceUnreachable("git is not on PATH; install it (Debian: git)")
        return subprocess.Popen(
            # The folder is named, as git would else look for one in the folders above it.
            [
                *_LIMITED,
                str(self._largest_file >> 9),
                f"--git-dir={self.folder}",
                *settings,
                *arguments,
            ],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**clean_environment(os.environ), **environment},
            pass_fds=self._inherited,
            start_new_session=True,
        )


def _kill_session(pid: int) -> None:
    """Kill git and the processes that it started."""
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _check(status: int, complaint: bytes) -> None:
    if status == 0:
        return
    lines = complaint.decode(errors="replace").strip().splitlines()
    said = [line for line in lines if line.startswith(("fatal: ", "error: "))] or lines
    raise GitFailed(printable(said[0]) if said else f"git ended with status {status}")
