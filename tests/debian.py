"""Programs of Debian packages that some tests compare with; those tests are skipped without them.

`python -m tests.debian` installs what is missing, before the tests enter their sandbox, which has
no way out: as root of a machine with apt-get. Elsewhere it says why it does not.
"""

from __future__ import annotations

import os
import shutil
import subprocess

PACKAGES = {"nft": "nftables", "turnserver": "coturn", "turnutils_natdiscovery": "coturn"}
INSTALL = ["apt-get", "install", "--yes", "--no-install-recommends"]


def missing(*programs: str) -> str:
    """Return why tests that need these programs cannot run; empty when all are there."""
    absent = sorted(program for program in programs if shutil.which(program) is None)
    packages = sorted({PACKAGES[program] for program in absent})
    return (
        f"{', '.join(absent)}: not on PATH, Debian has {' and '.join(packages)}" if absent else ""
    )


def main() -> None:
    """Install the packages of programs that are missing; never fails."""
    if not (reason := missing(*PACKAGES)):
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        print(f"tests that need them are skipped: {reason}; installing takes root and apt-get")
        return
    packages = sorted({name for program, name in PACKAGES.items() if missing(program)})
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update"], [*INSTALL, *packages]):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"tests that need them are skipped: {reason}; {' '.join(command)}: {done.stderr}")
            return


if __name__ == "__main__":
    main()
