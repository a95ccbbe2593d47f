"""Writes and runs a ninja file for the objects that are missing.

Objects are named by content, so an existing object is never out of date: the file lists only what
has to be built, and modification times do not matter.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import ninja

from reconciler.build.background import background
from reconciler.errors import BuildFailed, Transient

# Called with the number of finished edges, that of all edges, and the name of the one finished.
Progress = Callable[[int, int, str], None]
STATUS = re.compile(r"^\[(\d+)/(\d+)\] (.*)$")
ERROR_LINES = 30


@dataclass(frozen=True)
class Edge:
    """One command of `rule` (precompile, compile or link) that builds `output` from `inputs`, once
    the files in `after` exist.
    """

    rule: str
    output: Path
    inputs: tuple[Path, ...]
    description: str
    after: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Commands:
    """The command of each rule: its words before the inputs, and for the linker after them."""

    precompile: Sequence[str]
    compile: Sequence[str]
    link: Sequence[str]
    link_flags: Sequence[str]


def ninja_text(commands: Commands, edges: Sequence[Edge]) -> str:
    """Return the text of the ninja file. Outputs appear by rename, so a killed build leaves none
    half-written; each command writes to a name of its own, since a compiler may outlive its ninja.
    """
    rules = {
        "precompile": f"{_command(commands.precompile)} $in",
        "compile": f"{_command(commands.compile)} -c $in",
        "link": f"{_command(commands.link)} $in {_command(commands.link_flags)}",
    }
    lines = ["ninja_required_version = 1.5"]
    for rule, command in rules.items():
        lines.append(f"rule {rule}")
        lines.append(f"  command = {command} -o $out.$$$$ && mv $out.$$$$ $out")
        lines.append("  description = $what")
    for edge in edges:
        inputs, after = (" ".join(map(_path, paths)) for paths in (edge.inputs, edge.after))
        order = f" || {after}" if after else ""
        lines.append(f"build {_path(edge.output)}: {edge.rule} {inputs}{order}")
        lines.append(f"  what = {edge.description}")
    return "\n".join(lines) + "\n"


async def run_ninja(folder: Path, text: str, jobs: int, progress: Progress | None) -> None:
    """Build everything in `text`, at low priority: packets come first.

    Raises BuildFailed with the compiler's messages.
    """
    (folder / "build.ninja").write_text(text)
    command = [str(Path(ninja.BIN_DIR) / "ninja"), "-C", str(folder), "-j", str(jobs)]
    process = await asyncio.create_subprocess_exec(
        *background(command),
        start_new_session=True,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "NINJA_STATUS": "[%f/%t] ", "LC_ALL": "C"},
        limit=1 << 20,
    )
    try:
        output = await _read(process, progress)
        status = await process.wait()
    except asyncio.CancelledError:
        process.terminate()
        await process.wait()
        raise
    if status < 0:
        raise Transient(
            f"ninja was ended by signal {-status} while building in {folder}; it is tried again"
        )
    if status != 0:
        raise BuildFailed(first_errors(output))


async def _read(process: asyncio.subprocess.Process, progress: Progress | None) -> list[str]:
    assert process.stdout is not None
    lines: list[str] = []
    async for raw in process.stdout:
        line = raw.decode(errors="replace").rstrip()
        lines.append(line)
        match = STATUS.match(line)
        if match and progress is not None:
            progress(int(match[1]), int(match[2]), match[3])
    return lines


def first_errors(output: Sequence[str]) -> str:
    """Return the compiler's first messages, without ninja's own lines and long command lines."""
    start = next((i for i, line in enumerate(output) if line.startswith("FAILED:")), None)
    if start is None:
        return "the build failed: " + "\n".join(output[-ERROR_LINES:])
    # Skip two lines of ninja's: the output that failed, and the command.
    said = [line for line in output[start + 2 :] if not line.startswith(("ninja:", "FAILED:"))]
    what = next((m[3] for line in reversed(output[:start]) if (m := STATUS.match(line))), "sources")
    return f"the compiler refused {what}:\n" + "\n".join(said[:ERROR_LINES])


def _command(words: Sequence[str]) -> str:
    return " ".join(_word(word) for word in words)


def _word(word: str) -> str:
    quoted = (
        word if re.fullmatch(r"[\w@%+=:,./-]+", word) else "'" + word.replace("'", "'\\''") + "'"
    )
    return quoted.replace("$", "$$")


def _path(path: Path) -> str:
    return re.sub(r"([$ :])", r"$\1", str(path))
