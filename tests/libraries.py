"""Copies of the element library as other releases of it were."""

from __future__ import annotations

import shutil
from pathlib import Path

from ruamel.yaml import YAML

from tests.cpp import LIBRARY, ROOT

OVERLAYS = ROOT / "tests" / "cases" / "libraries"


def pcap(folder: Path) -> Path:
    """The library with atoms that read and write pcap files, copied into `folder`; its root."""
    root = folder / "pcap"
    shutil.copytree(LIBRARY, root, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(OVERLAYS / "pcap", root, dirs_exist_ok=True)
    return root


def sessions_1(folder: Path) -> Path:
    """The library before layout 2 of SessionTable, copied into `folder`; returns its root.

    Everything else is as it is today: the copy differs in the layout and what follows from it.
    """
    root = folder / "sessions-1"
    shutil.copytree(LIBRARY, root, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(OVERLAYS / "sessions-1", root, dirs_exist_ok=True)
    manifest = root / "elements" / "SessionTable" / "manifest.yaml"
    yaml = YAML()
    yaml.width = 1000
    said = yaml.load(manifest.read_text())
    (table,) = said["states"]
    table["layouts"] = [layout for layout in table["layouts"] if layout["version"] == 1]
    del table["reserved"]
    with manifest.open("w") as file:
        yaml.dump(said, file)
    return root
