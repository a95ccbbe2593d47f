"""Copies of the element library as it was in other releases."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from functools import cache
from pathlib import Path

from ruamel.yaml import YAML

from reconciler.library import Library, load_library
from tests.objects import CACHE, LIBRARY, ROOT

OVERLAYS = ROOT / "tests" / "cases" / "libraries"


@cache
def todays_library() -> Library:
    """Read the library once for each process, as reading it takes about a second."""
    return load_library(LIBRARY)


def pcap(folder: Path) -> Path:
    """Copy the library with atoms that read and write pcap files into `folder`; return its root."""
    root = folder / "pcap"
    shutil.copytree(LIBRARY, root, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(OVERLAYS / "pcap", root, dirs_exist_ok=True)
    return root


def kept_sessions_1() -> Path:
    """Return the root of `sessions_1`, the same for every run, so that it is compiled only once."""
    sources = [LIBRARY, OVERLAYS / "sessions-1"]
    files = [path for root in sources for path in sorted(root.rglob("*")) if path.is_file()]
    texts = [path.read_bytes() for path in files if "__pycache__" not in path.parts]
    digest = hashlib.sha256(b"\0".join(texts)).hexdigest()[:20]
    kept = CACHE / "libraries" / digest
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
            unfinished = sessions_1(Path(folder))
            try:
                unfinished.rename(kept)
            except OSError:
                assert kept.exists(), "another run was first, or the copy failed"
    return kept


def sessions_1(folder: Path) -> Path:
    """Copy the library from before layout 2 of SessionTable into `folder`; return its root.

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
