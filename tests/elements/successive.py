"""Graphs one after the other, as successive workers run them over the same state: successive.cc."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.cpp import compile_program
from tests.packets import Capture, read_pcap, write_pcap

SOURCE = Path(__file__).with_name("successive.cc")


@dataclass(frozen=True)
class Ran:
    """What a worker left: frames by file, texts by handler."""

    outputs: dict[str, list[bytes]]
    handlers: dict[str, str]


@dataclass(frozen=True)
class Workers:
    """The program, and a folder for its files."""

    program: Path
    folder: Path

    @classmethod
    def of(cls, classes: Iterable[str], folder: Path) -> Workers:
        """Graphs of these element classes."""
        program = compile_program(folder / "successive", [SOURCE], [*classes, "FromDump", "ToDump"])
        return cls(program, folder)

    def run(
        self, text: str | Sequence[str], parts: Sequence[Sequence[bytes | Capture]],
        outputs: Iterable[str] = ("out",), handlers: Iterable[str] = (), crash: Iterable[int] = (),
        reboot: Iterable[int] = (),
    ) -> list[Ran]:  # fmt: skip
        """Run `text`, or one text a worker, once for each of `parts`.

        A text reads `in :: FromDump({folder}/in.pcap)` and writes to `{folder}/NAME.pcap` for each
        of `outputs`; the workers whose numbers are in `crash` die instead of pausing. Behind those
        in `reboot` the tables are restored after long, in another boot.
        """
        texts = [text] * len(parts) if isinstance(text, str) else text
        files, folders = [], []
        for number, (graph, frames) in enumerate(zip(texts, parts, strict=True)):
            folder = self.folder / str(number)
            folder.mkdir(exist_ok=True)
            write_pcap(folder / "in.pcap", frames)
            end = "crash" if number in crash else "reboot" if number in reboot else "click"
            file = folder / f"graph.{end}"
            file.write_text(graph.replace("{folder}", str(folder)))
            folders.append(folder)
            files.append(file)
        said = subprocess.run(
            [self.program, ",".join(handlers), *files],
            capture_output=True, text=True, timeout=60, check=False,
            env={"ASAN_OPTIONS": "detect_leaks=0"},  # needs ptrace, which sandboxes forbid
        )  # fmt: skip
        assert said.returncode == 0, said.stderr
        texts_of: list[dict[str, str]] = [{} for _ in parts]
        for line in said.stdout.splitlines():
            which, name, value = line.split(" ", 2)
            texts_of[int(which)][name] = value
        return [
            Ran({n: [r.data for r in read_pcap(folder / f"{n}.pcap")] for n in outputs}, texts)
            for folder, texts in zip(folders, texts_of, strict=True)
        ]
