"""Compiles a test program of this folder with sanitizers and talks to it, a line for a line."""

from __future__ import annotations

import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.objects import FLAGS, LIBRARY, ROOT, CompilationFailed, compiler


def sanitizers() -> str:
    """Those that the compiler has: ziglang ships no address sanitizer."""
    return "undefined" if "ziglang" in compiler() else "address,undefined"


def compile_kernel(
    source: Path,
    layouts: dict[str, str],
    out: Path,
    sanitize: str = "",
    more: tuple[Path, ...] = (),
    library: Path = LIBRARY,
) -> Path:
    """The program `source` with `more` sources, its generated headers below `layouts/`.

    Returns its path in the folder `out`. Raises CompilationFailed.
    """
    for name, text in layouts.items():
        header = out / "layouts" / name
        header.parent.mkdir(parents=True, exist_ok=True)
        header.write_text(text)
    program = out / source.stem
    include = [f"-I{folder}" for folder in (library, ROOT / "tests", out)]
    checks = [f"-fsanitize={sanitize or sanitizers()}", "-fno-sanitize-recover=all"]
    command = [*compiler(), *FLAGS, "-O0", "-g1", *checks, *include, str(source), *map(str, more)]
    done = subprocess.run(
        ["nice", *command, "-o", str(program)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise CompilationFailed(done.stderr)
    return program


class Conversation:
    """A running test program."""

    def __init__(self, program: Path) -> None:
        self._process = subprocess.Popen(
            [str(program)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"ASAN_OPTIONS": "detect_leaks=0"},  # needs ptrace, which sandboxes forbid
        )

    def ask(self, *words: object) -> str:
        return self.ask_all([" ".join(map(str, words))])[0]

    def ask_all(self, commands: list[str]) -> list[str]:
        assert self._process.stdin and self._process.stdout
        answers = []
        for command in commands:
            self._process.stdin.write(command + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
            assert answer, f"the program ended at '{command}'"
            answers.append(answer.rstrip("\n"))
        return answers

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        code = self._process.wait(timeout=10)
        self._process.stdout.close()
        assert kind is not None or code == 0
