"""Graphs one after the other, as successive workers run them over the same state: successive.cc.

Also a single graph in the driver: what holds across upgrades must hold without one.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from tests.packets import Capture, read_pcap, write_pcap


@dataclass(frozen=True)
class Ran:
    """A worker's results: frames by file, texts by handler."""

    outputs: dict[str, list[bytes]]
    handlers: dict[str, str]


@dataclass(frozen=True)
class Workers:
    """The program that runs successive workers, and a folder for its files."""

    program: Path
    folder: Path

    def run(
        self, text: str | Sequence[str], parts: Sequence[Sequence[bytes | Capture]],
        outputs: Iterable[str] = ("out",), handlers: Iterable[str] = (), crash: Iterable[int] = (),
        reboot: Iterable[int] = (),
    ) -> list[Ran]:  # fmt: skip
        """Run `text`, or one text per worker, once for each of `parts`.

        A text reads `in :: FromDump({folder}/in.pcap, STOP true)`, of which only `Lone` needs the
        end, and writes to `{folder}/NAME.pcap` for each of `outputs`; the workers whose numbers
        are in `crash` die instead of pausing. Behind those in `reboot` the tables are restored
        after long, in another boot.
        """
        texts = [text] * len(parts) if isinstance(text, str) else text
        kinds = dict.fromkeys(crash, "crash") | dict.fromkeys(reboot, "reboot")
        files = [
            self._laid_out(number, graph, frames, kinds.get(number, "click"))
            for number, (graph, frames) in enumerate(zip(texts, parts, strict=True))
        ]
        told: list[dict[str, str]] = [{} for _ in parts]
        for line in self._said(",".join(handlers), *files).splitlines():
            which, name, value = line.split(" ", 2)
            told[int(which)][name] = value
        return [_ran(file, outputs, texts) for file, texts in zip(files, told, strict=True)]

    def _laid_out(
        self, number: int, graph: str, frames: Iterable[bytes | Capture], kind: str = "click"
    ) -> Path:
        folder = self.folder / str(number)
        folder.mkdir(exist_ok=True)
        write_pcap(folder / "in.pcap", frames)
        file = folder / f"graph.{kind}"
        file.write_text(graph.replace("{folder}", str(folder)))
        return file

    def _said(self, *words: str | Path) -> str:
        said = subprocess.run(
            [self.program, *words], capture_output=True, text=True, timeout=60, check=False,
            env={"ASAN_OPTIONS": "detect_leaks=0"},  # needs ptrace, which sandboxes forbid
        )  # fmt: skip
        assert said.returncode == 0, said.stderr
        return said.stdout


def _ran(file: Path, outputs: Iterable[str], handlers: dict[str, str]) -> Ran:
    captures = {name: read_pcap(file.with_name(f"{name}.pcap")) for name in outputs}
    return Ran({name: [one.data for one in captures[name]] for name in captures}, handlers)


class Lone(Workers):
    """The driver in place of the program: a single worker gets all parts."""

    def run(
        self, text: str | Sequence[str], parts: Sequence[Sequence[bytes | Capture]],
        outputs: Iterable[str] = ("out",), handlers: Iterable[str] = (), crash: Iterable[int] = (),
    ) -> list[Ran]:  # fmt: skip
        """Run the first worker alone; as none follows, `crash` has no effect."""
        first = text if isinstance(text, str) else text[0]
        file = self._laid_out(0, first, chain.from_iterable(parts))
        # Names are printed only with several values.
        words = [word for name in ("version", *handlers) for word in ("-h", name)]
        blocks = self._said(file, *words).split("\n\n")
        told = dict(block.split(":\n", 1) for block in blocks if ":\n" in block)
        return [_ran(file, outputs, told)]
