"""Creates the files of a new element class from templates. Pure but for reading the templates."""

from __future__ import annotations

import re
from pathlib import Path
from string import Template

TEMPLATES = Path(__file__).parent / "templates"
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def scaffold(name: str, *, stateful: bool) -> dict[str, str]:
    """Return path below a library folder -> text, for the element class `name` with its atom and a
    case.

    A stateful one has a second class, the state, which owns the table.
    """
    words = {"NAME": name, "snake": snake_case(name)}
    root = TEMPLATES / ("stateful" if stateful else "stateless")
    files = {
        _placed(path.relative_to(root).as_posix(), words): Template(path.read_text()).substitute(
            words
        )
        for path in root.rglob("*")
        if path.is_file()
    }
    return dict(sorted(files.items()))


def snake_case(name: str) -> str:
    """Return `PortKnock` as `port_knock`."""
    return _WORD.sub("_", name).lower()


def _placed(path: str, words: dict[str, str]) -> str:
    return path.replace("NAME", words["NAME"]).replace("SNAKE", words["snake"])
