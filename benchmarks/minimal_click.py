"""Click's minimal driver for what the example's firewall does, built in a copy of a Click.

`click-mkmindriver` chooses the sources, Click's own Makefile compiles them. The make rules are
those of `kohler/click`; FastClick needs LLVM's headers unless the program is made by name, as here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

FIREWALL = (
    *("Classifier", "Counter", "Discard", "FromDevice", "IPFilter", "IPPrint", "IPRewriter"),
    *("MarkIPHeader", "Queue", "ToDevice"),
)
"""Classes that receive, dissect, keep sessions, filter, count, log, drop and send, as ours do."""
PACKAGE = "firewall"


class NotAClick(Exception):
    """The folder does not hold sources of Click that were configured with their tools."""


@dataclass(frozen=True)
class MinimalClick:
    """A private copy of Click, in `folder`."""

    folder: Path
    jobs: int

    @classmethod
    def copied(cls, tree: Path, folder: Path) -> MinimalClick:
        """Copy the Click that was configured in `tree`. Raises NotAClick."""
        if not (tree / "userlevel" / "Makefile").exists() or not _tool(tree).exists():
            raise NotAClick(
                f"{tree} is no folder of Click's sources that was configured, with its tools: run"
                " `./configure --enable-userlevel --disable-linuxmodule && make` in it"
            )
        shutil.copytree(tree, folder, symlinks=True)
        copy = cls(folder, len(os.sched_getaffinity(0)))
        copy._run(folder, "make", "share/click/elementmap.xml")
        copy.choose()
        return copy

    def choose(self, *more: str) -> None:
        """Build the driver from the firewall's classes and `more` from now on."""
        (self._userlevel / f"elements_{PACKAGE}.mk").unlink(missing_ok=True)
        self._run(self._userlevel, str(_tool(self.folder)), "-p", PACKAGE, "-E",
                  " ".join((*FIREWALL, *more)))  # fmt: skip

    def forget(self) -> None:
        """Remove everything that was compiled."""
        for pattern in ("*.o", "*.d", "*.a", f"{PACKAGE}click"):
            for path in self._userlevel.glob(pattern):
                path.unlink()

    def build(self) -> Path:
        """Build what is missing; return the driver."""
        self._run(self._userlevel, "make", f"-j{self.jobs}", f"{PACKAGE}click",
                  f"MINDRIVER={PACKAGE}")  # fmt: skip
        return self._userlevel / f"{PACKAGE}click"

    @property
    def _userlevel(self) -> Path:
        return self.folder / "userlevel"

    def _run(self, folder: Path, *command: str) -> None:
        env = {**os.environ, "CLICKPATH": str(self.folder), "MAKEFLAGS": ""}
        done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)
        if done.returncode != 0:
            raise NotAClick(f"`{' '.join(command)}` fails in {folder}: {done.stderr[-500:]}")


def _tool(tree: Path) -> Path:
    return tree / "bin" / "click-mkmindriver"
