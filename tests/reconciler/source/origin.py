"""A git repository to follow, changed as a person does."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from reconciler.source import GitSource, parse_reference


class Origin:
    """A repository with a work tree, on its branch main."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        folder.mkdir()
        self.git("init", "-q", "-b", "main", *options)
        self.git("config", "user.email", "a@example.org")
        self.git("config", "user.name", "A")

    def git(self, *words: str) -> str:
        command = ("git", "-C", str(self.folder), *words)
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def git_fed(self, *words: str, text: str) -> str:
        command = ("git", "-C", str(self.folder), *words)
        fed = text.encode(errors="surrogateescape")
        return (
            subprocess.run(command, check=True, capture_output=True, input=fed)
            .stdout.decode()
            .strip()
        )

    def commit(self, files: dict[str, str], folder: Path | None = None) -> str:
        for name, text in files.items():
            path = (folder or self.folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        where = ("-C", str(folder)) if folder else ()
        self.git(*where, "add", "-A")
        self.git(*where, "commit", "-q", "-m", "change")
        return self.git(*where, "rev-parse", "HEAD")


def source(
    origin: Origin, tmp_path: Path, reference: str = "main", path: str = "", **more: Any
) -> GitSource:
    """Return a source that follows the repository."""
    parsed = parse_reference(reference)
    return GitSource(str(origin.folder), parsed, tmp_path / "clone.git", path, **more)
