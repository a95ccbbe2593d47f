"""A pipeline that needs no network: a source of packets, a counter, a sink; and its repository."""

from __future__ import annotations

import subprocess
from pathlib import Path

import element_library

SOURCE = """
atom: Generate
summary: Makes packets.
parameters:
  rate: {type: int, required: true, minimum: 1, unit: packets a second, summary: how many}
ports:
  outputs:
    out: {type: frame, summary: frames}
expands:
  - elements:
      self: {class: RatedSource, arguments: ["0", "$rate"]}
example: |
  made: {use: Generate, with: {rate: 100}}
"""
DEVICE = """
apiVersion: click-up/v1alpha1
kind: Device
metadata: {name: box}
spec: {interfaces: {}}
"""
ROLLOUT = """
apiVersion: click-up/v1alpha1
kind: Rollout
metadata: {name: all}
spec:
  element: stream
  devices: {names: [box]}
  verify: {settle: %(settle)s, soak: %(soak)s, interval: 20ms, probes: ["%(probe)s"]}
  confirm_timeout: %(confirm)s
  drift: %(drift)s
"""
ELEMENT = """
apiVersion: click-up/v1alpha1
kind: NetworkElement
metadata: {name: stream}
spec:
  version: %(version)s
  atoms:
    made: {use: Generate, with: {rate: %(rate)s}}
    %(counter)s: {use: Count}
    gone: {use: Discard}
  flow:
    - made -> %(counter)s -> gone
"""
KEY = "box/stream"


def library_root(folder: Path) -> Path:
    """Copy the element library and add an atom; return its root."""
    installed = Path(element_library.__file__).parent
    folder.mkdir()
    for entry in installed.iterdir():
        if entry.name != "atoms":
            (folder / entry.name).symlink_to(entry)
    (folder / "atoms").mkdir()
    for atom in (installed / "atoms").glob("*.yaml"):
        (folder / "atoms" / atom.name).symlink_to(atom)
    (folder / "atoms" / "Generate.yaml").write_text(SOURCE)
    return folder


class Repository:
    """A real git repository with one instance in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.values: dict[str, object] = {
            "version": "1.0.0", "rate": 1000, "counter": "seen", "settle": "500ms",
            "soak": "50ms", "probe": "gone.count >= 0", "confirm": "20s", "drift": "heal",
        }  # fmt: skip
        folder.mkdir()
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.email", "operator@example.org")
        self.git("config", "user.name", "Operator")

    def git(self, *words: str) -> str:
        done = subprocess.run(
            ("git", "-C", str(self.folder), *words), check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def commit(self, **changes: object) -> str:
        """Write all files with these changes; return the revision."""
        self.values |= changes
        (self.folder / "device.yaml").write_text(DEVICE)
        (self.folder / "rollout.yaml").write_text(ROLLOUT % self.values)
        (self.folder / "element.yaml").write_text(ELEMENT % self.values)
        return self.commit_all()

    def commit_all(self) -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "change")
        return f"main@sha1:{self.git('rev-parse', 'HEAD')}"
