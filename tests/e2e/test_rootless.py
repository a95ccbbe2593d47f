"""Upgrades without root: an unprivileged user upgrades a firewall in a sandbox of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from reconciler.build import Builder
from reconciler.testbed.sandbox import MARKER
from tests.e2e.support.caches import CACHE, ROOT

NOBODY = 65534
COPIED = ("reconciler", "schemas", "element_library", "desired_state", "tests", "pyproject.toml")
# Variables of this run, not of the unprivileged user's.
NOT_OURS = (MARKER, "VIRTUAL_ENV", "PYTEST_DEBUG_TEMPROOT")
TEST = "tests/e2e/test_upgrade.py::test_merges_upgrade_without_loss"


def may_enter(path: Path) -> bool:
    """Return whether any user may reach and read `path`."""
    steps = [path.resolve(), *path.resolve().parents]
    return all(step.stat().st_mode & 0o005 == 0o005 for step in steps)


def interpreter() -> Path | None:
    """Return a Python of this version that any user may run."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    found = [Path(sys.executable), *(Path(place) / version for place in ("/usr/bin", "/bin"))]
    return next((path for path in found if path.exists() and may_enter(path)), None)


@pytest.mark.timeout(170)
def test_upgrade_without_root(builder: Builder) -> None:
    if Path("/proc/self/uid_map").read_text().split()[2] != str(2**32 - 1):
        pytest.skip("this whole run is without root already: root is mapped to another user")
    python, packages = interpreter(), Path(sysconfig.get_path("purelib"))
    if python is None or not may_enter(packages):
        pytest.skip(f"no Python {sys.version_info[:2]} with packages that another user may run")
    home = Path("/tmp") / f"click-up-rootless-{os.getpid()}"
    try:
        for name in COPIED:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            home.mkdir(exist_ok=True)
            copy(ROOT / name, home / name)
        shutil.copytree(CACHE, home / "build/tests/cache", symlinks=True)
        subprocess.run(["chown", "-R", f"{NOBODY}:{NOBODY}", str(home)], check=True)
        seen = subprocess.run(
            [
                *("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"),
                *(str(python), "-m", "reconciler.testbed.sandbox", "--"),
                *(str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", TEST),
            ],
            cwd=home,
            env={
                **{k: v for k, v in os.environ.items() if k not in NOT_OURS},
                "HOME": str(home),
                "TMPDIR": str(home),
                "PYTHONPATH": f"{home}:{packages}",
            },
            capture_output=True,
            text=True,
            timeout=160,
        )
        assert "1 passed" in seen.stdout, seen.stdout + seen.stderr
    finally:
        shutil.rmtree(home, ignore_errors=True)
