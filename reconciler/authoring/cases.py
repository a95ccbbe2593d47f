"""Golden cases of element classes: a configuration, packets that go in, packets that come out.

A case is a folder with `config.click` and `case.yaml`. The configuration reads `in.pcap` and ends
by itself (FromDump STOP). case.yaml:

- `frames`: name -> expression in the words of packets.py, or of frames before;
- `input`: names in the order in which the frames go in; all of them when left out;
- `outputs`: pcap file that the configuration writes -> expressions of the packets in it;
- `handlers`: read handler -> its text at the end;
- `log`: lines on standard error;
- `click`: why Click itself does not do the same.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from reconciler.authoring import packets
from reconciler.authoring.packets import read_pcap, write_pcap

SECONDS = 60
KNOWN = {"frames", "input", "outputs", "handlers", "log", "click"}


class CaseBroken(Exception):
    """The case cannot be read; the message says where and what to do."""


@dataclass(frozen=True)
class Case:
    """One golden case; packets are bytes."""

    name: str
    config: str
    input: tuple[bytes, ...]
    outputs: Mapping[str, tuple[bytes, ...]]
    handlers: Mapping[str, str]
    log: tuple[str, ...]
    not_click: str = ""

    @property
    def handler_output(self) -> str:
        """The output of Click's -h: the bare text of a single handler, else each under its name."""
        if len(self.handlers) == 1:
            return "".join(f"{text}\n" for text in self.handlers.values())
        return "".join(f"{name}:\n{text}\n\n" for name, text in self.handlers.items())


def read_case(folder: Path) -> Case:
    """Read the case in `folder`. Raises CaseBroken."""
    written = _written(folder / "case.yaml")
    frames = frames_of(written.get("frames", {}))
    names = written.get("input", list(frames))
    missing = [name for name in names if name not in frames]
    if missing:
        raise CaseBroken(f"{folder.name}: input names {missing[0]!r}, which is not in frames")
    outputs = {
        file: tuple(frame(text, frames) for text in texts)
        for file, texts in written.get("outputs", {}).items()
    }
    return Case(
        name=folder.name,
        config=_text(folder / "config.click"),
        input=tuple(frames[name] for name in names),
        outputs=outputs,
        handlers={name: str(text) for name, text in written.get("handlers", {}).items()},
        log=tuple(written.get("log", ())),
        not_click=written.get("click", ""),
    )


def frames_of(expressions: Mapping[str, str]) -> dict[str, bytes]:
    """Evaluate named frames, from expressions that may use packets.py and the frames before."""
    frames: dict[str, bytes] = {}
    for name, expression in expressions.items():
        frames[name] = frame(expression, frames)
    return frames


def frame(expression: str, frames: Mapping[str, bytes]) -> bytes:
    """Evaluate one frame, such as `syn` or `syn[14:] + b"x"`. Raises CaseBroken.

    Expressions are Python, and as trusted as the element beside which they lie.
    """
    try:
        value = eval(expression, dict(vars(packets)), dict(frames))
    except Exception as error:  # noqa: BLE001 - whatever an author's expression raises
        raise CaseBroken(f"`{expression}`: {type(error).__name__}: {error}") from None
    if not isinstance(value, bytes):
        raise CaseBroken(f"`{expression}` is {type(value).__name__}, not bytes")
    return value


def run_case(case: Case, program: Path, folder: Path) -> tuple[str, ...]:
    """Run `program` on the case in the empty `folder`; return every difference, in words."""
    write_pcap(folder / "in.pcap", case.input)
    (folder / "config.click").write_text(case.config)
    command = [str(program), "config.click"]
    for handler in case.handlers:
        command += ["-h", handler]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return (f"it did not end within {SECONDS} s: FromDump needs STOP true",)
    if done.returncode != 0:
        return (f"the driver ended with {done.returncode}\n{done.stderr.rstrip()}",)
    found = [
        *(line for file, frames in case.outputs.items() for line in _output(folder, file, frames)),
        *_difference("log", "\n".join(case.log), done.stderr.rstrip("\n")),
        *_difference("handlers", case.handler_output, done.stdout),
    ]
    return tuple(found)


def _output(folder: Path, file: str, expected: tuple[bytes, ...]) -> list[str]:
    path = folder / file
    if not path.exists():
        return [f"{file}: the configuration writes no such file"]
    found = [record.data for record in read_pcap(path)]
    if len(found) != len(expected):
        return [f"{file}: {len(found)} packets, expected {len(expected)}"]
    return [
        f"{file}: packet {number}\n  found    {one.hex()}\n  expected {wanted.hex()}"
        for number, (one, wanted) in enumerate(zip(found, expected, strict=True), 1)
        if one != wanted
    ]


def _difference(what: str, expected: str, found: str) -> list[str]:
    if expected == found:
        return []
    return [f"{what}\n  found    {found!r}\n  expected {expected!r}"]


def _written(path: Path) -> dict[str, Any]:
    try:
        written = YAML(typ="safe").load(_text(path))
    except YAMLError as error:
        raise CaseBroken(f"{path}: {error}") from None
    unknown = sorted(set(written or {}) - KNOWN)
    if unknown:
        raise CaseBroken(f"{path}: unknown key {unknown[0]}. Known: {', '.join(sorted(KNOWN))}.")
    return dict(written or {})


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError as error:
        raise CaseBroken(
            f"{path}: {error.strerror}; a case has config.click and case.yaml"
        ) from None
