"""A sandbox is a machine of its own, passes on the command's status and reaps orphans."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.testbed import sandbox


def sandboxed(*command: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "reconciler.testbed.sandbox", "--", *command]
    environment = {k: v for k, v in os.environ.items() if k != sandbox.MARKER}
    return subprocess.run(line, capture_output=True, text=True, env=environment, timeout=30)


def test_network_and_processes_are_its_own() -> None:
    seen = sandboxed("sh", "-c", "readlink /proc/self/ns/net; ls /proc | grep -c '^[0-9]'; id -u")
    namespace, processes, user = seen.stdout.split()
    assert namespace != os.readlink("/proc/self/ns/net")
    assert int(processes) < 6
    assert user == "0"


def test_exit_status_is_the_command_s() -> None:
    assert sandboxed("sh", "-c", "exit 7").returncode == 7
    assert sandboxed("sh", "-c", "kill -9 $$").returncode == 128 + 9


def test_what_is_left_running_ends_with_it() -> None:
    seen = sandboxed("sh", "-c", "sleep 60 & echo $!")
    assert seen.returncode == 0


def test_orphans_leave_no_zombies() -> None:
    script = "sh -c 'sh -c \"exit 0\" & echo $!' >/dev/null; sleep 0.3; cat /proc/[0-9]*/stat"
    assert " Z " not in sandboxed("sh", "-c", script).stdout


def test_refusal_says_what_to_enable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refusing = tmp_path / "unshare"
    refusing.write_text("#!/bin/sh\necho 'unshare failed: Operation not permitted' >&2\nexit 1\n")
    refusing.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(sandbox.SandboxError, match=r"(?s)Operation not permitted.*enable") as error:
        sandbox.command_line(["true"])
    assert "--privileged" in str(error.value) or "sysctl -w" in str(error.value)


def test_missing_unshare_names_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(sandbox.SandboxError, match="util-linux"):
        sandbox.command_line(["true"])
