"""A private machine for the demo and the tests: network, mounts and processes nobody else sees.

`python -m reconciler.testbed.sandbox -- COMMAND...` runs COMMAND as root of that machine; when it
ends, everything that it left running ends too. Root needs nothing else; any other user needs
unprivileged user namespaces.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

MARKER = "CLICK_UP_SANDBOX"
OWN = ("--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
MAPPED_ROOT = ("--user", "--map-root-user", *OWN)

# Settings that forbid user namespaces: sysctl -> (value that forbids, who sets it).
SYSCTLS = {
    "kernel.unprivileged_userns_clone": ("0", "1"),
    "kernel.apparmor_restrict_unprivileged_userns": ("1", "0"),
    "user.max_user_namespaces": ("0", "15000"),
}


class SandboxError(Exception):
    """Namespaces of our own are not available; the message says what to enable."""


def inside() -> bool:
    """Tell whether this process already runs in a sandbox."""
    return os.environ.get(MARKER) == os.readlink("/proc/self/ns/net")


def command_line(command: Sequence[str]) -> list[str]:
    """Return the command line that runs `command` in a sandbox. Raises SandboxError when this
    machine allows none.
    """
    unshare = shutil.which("unshare")
    if unshare is None:
        raise SandboxError(
            "`unshare` is not on PATH: it makes the network namespaces of the demo and the tests; "
            "install util-linux"
        )
    refusals = []
    for flags in [OWN, MAPPED_ROOT] if os.geteuid() == 0 else [MAPPED_ROOT]:
        trial = subprocess.run([unshare, *flags, "true"], capture_output=True, text=True)
        if trial.returncode == 0:
            init = [sys.executable, "-m", "reconciler.testbed.sandbox", "--init", *command]
            return [unshare, *flags, "--", *init]
        refusals.append(f"unshare {' '.join(flags)}: {trial.stderr.strip()}")
    raise SandboxError(explain(refusals))


def explain(refusals: Sequence[str]) -> str:
    """Return why the kernel refused, and what to enable."""
    hints = []
    for name, (forbids, allows) in SYSCTLS.items():
        path = Path("/proc/sys") / name.replace(".", "/")
        if path.exists() and path.read_text().strip() == forbids:
            hints.append(f"sudo sysctl -w {name}={allows}")
    if not hints:
        hints.append(
            "run as root, or in a container started with --privileged (at least "
            "--cap-add SYS_ADMIN --cap-add NET_ADMIN --security-opt seccomp=unconfined "
            "--security-opt apparmor=unconfined)"
        )
    tried = "\n  ".join(refusals)
    return (
        "cannot make network namespaces of our own, and the packets of the demo and the end-to-end "
        f"tests must not touch this machine's network.\n  {tried}\nenable them with one of:\n  "
        + "\n  ".join(hints)
    )


def enter(command: Sequence[str]) -> None:
    """Replace this process by `command` in a sandbox; return if it already is in one.

    Raises SandboxError.
    """
    if inside():
        return
    sys.stdout.flush()
    line = command_line(command)
    os.execv(line[0], line)


def bring_up_loopback() -> None:
    """Bring the loopback interface up: in a new network namespace it is down (netdevice(7))."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sh14x", b"lo", 0)
        (flags,) = struct.unpack_from("16xh", fcntl.ioctl(control, SIOCGIFFLAGS, request))
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))


def init(command: Sequence[str]) -> NoReturn:
    """Be the first process of the sandbox: run `command`, reap orphans, exit with its status."""
    bring_up_loopback()
    environment = {**os.environ, MARKER: os.readlink("/proc/self/ns/net")}
    child = subprocess.Popen(list(command), env=environment)

    def forward(number: int, _frame: FrameType | None) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child.pid, number)

    signal.signal(signal.SIGTERM, forward)
    # A terminal already sends ^C to the whole foreground group.
    signal.signal(signal.SIGINT, lambda *_: None)
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == child.pid:
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else 128 - code)


def main() -> NoReturn:
    """Enter a sandbox with `-- COMMAND...`; be its first process with `--init COMMAND...`."""
    match sys.argv[1:]:
        case ["--init", *command] if command:
            init(command)
        case ["--", *command] if command:
            try:
                enter(command)
            except SandboxError as error:
                print(f"sandbox: {error}", file=sys.stderr)
                sys.exit(3)
            os.execvp(command[0], command)
    print("usage: python -m reconciler.testbed.sandbox -- COMMAND...", file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    main()
